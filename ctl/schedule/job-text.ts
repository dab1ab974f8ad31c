/** What people are told about jobs and runs. */
import type { JobInfo, Moment, RunInfo } from './scheduler-api.ts';
import { distanceText, spanText } from './spans.ts';

/** ISO 8601 to the second. */
export function timeText({ iso }: Moment): string {
  return iso.replace(/\.\d+/, '');
}

/** `2026-11-23T03:30:00+01:00 (in 3h)`, or `-`. How far away it is counts with jitter: so long nothing happens. */
export function nextText({ next, due = next }: JobInfo, now: number): string {
  if (next === undefined || due === undefined) return '-';
  return `${timeText(next)} (${distanceText(now, due.seconds)})`;
}

/** `SUCCESS in 2m03s, 9h ago`, or `-`. */
export function lastText({ lastRun }: JobInfo, now: number): string {
  if (lastRun === undefined) return '-';
  const { state, start, end, duration } = lastRun;
  const took = start === undefined ? '' : ` in ${spanText(duration)}`;
  return `${state}${took}${end === undefined ? '' : `, ${distanceText(now, end.seconds)}`}`;
}

/** What follows a change of a job: `next run 2026-11-23T03:30:00+01:00`. */
export function prospectText({ next, isPaused }: JobInfo): string {
  if (next !== undefined) return `next run ${timeText(next)}`;
  return isPaused ? 'paused' : 'no next run';
}

/** How a run has ended: `FAILED (exit status 3) in 2m03s`. */
export function outcomeText(run: RunInfo): string {
  const { state, start, duration } = run;
  const reasons = [exitText(run), errorText(run)].filter((reason) => reason !== '');
  const because = state === 'SUCCESS' || reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  return `${state}${because}${start === undefined ? '' : ` in ${spanText(duration)}`}`;
}

/** What went wrong, apart from the exit. */
export function errorText(run: RunInfo): string {
  return run.error === exitText(run) ? '' : run.error;
}

function exitText({ exitstatus, signal }: RunInfo): string {
  if (signal !== undefined) return signal.name;
  return exitstatus === undefined ? '' : `exit status ${exitstatus}`;
}

/** The id of a run, with the attempt if it is not the first: `01J…#2`. */
export function runName({ id, attempt }: RunInfo): string {
  return attempt === 1 ? id : `${id}#${attempt}`;
}

/** What {@link runName} writes. `attempt` is `undefined` if it names none. */
export function readRunName(name: string): { readonly id: string; readonly attempt: number | undefined } {
  const [, id = name, attempt] = /^(.*)#(\d+)$/s.exec(name) ?? [];
  return { id, attempt: attempt === undefined ? undefined : Number(attempt) };
}
