import type { RunOutcome } from '../../schedule/run.ts';
import type { EpochSeconds } from '../host/clock.ts';

/** What `status` and `getProcessInfo` tell of a schedule, kept up to date as it changes. */
export interface ScheduleStatus {
  readonly isPaused: boolean;
  /** `text` is ISO 8601, with the offset of its zone; `undefined`: it will not fire any more by itself. */
  readonly nextRun: { readonly time: EpochSeconds; readonly text: string } | undefined;
  /** The last one that has ended, or could not be started. */
  readonly lastRun: EndedRun | undefined;
  /** The newest run under way. */
  readonly runId: string | undefined;
  /** Why nothing is started by itself, such as a store that cannot be opened; `undefined`: nothing is wrong. */
  readonly problem: string | undefined;
}

export interface EndedRun {
  readonly id: string;
  readonly outcome: RunOutcome;
  /** `undefined`: it never was. */
  readonly started: EpochSeconds | undefined;
  readonly ended: EpochSeconds;
}

/** What a schedule is to one of its processes. */
export interface ProcessSchedule {
  /** `runs`: each start of the process is a run. `starts`: it runs without the schedule too, which starts it. */
  readonly role: 'runs' | 'starts';
  readonly status: ScheduleStatus;
}

/** Beside the state of a process that waits for its schedule, such as `next run …; last SUCCESS in 2m03s, 09:12 ago`. */
export function describeSchedule(
  { isPaused, nextRun, lastRun, problem }: ScheduleStatus,
  now: EpochSeconds,
): string {
  const next = isPaused ? 'paused' : nextRun && `next run ${nextRun.text}`;
  return [problem, next ?? 'no next run', lastRun && describeRun(lastRun, now)]
    .filter((part) => part !== undefined)
    .join('; ');
}

/** What is added for a process that the schedule starts, such as `next run …; last start SUCCESS, 09:12 ago`. */
export function describeStarts(
  { isPaused, nextRun, lastRun, problem }: ScheduleStatus,
  now: EpochSeconds,
): string {
  const next = isPaused ? 'schedule paused' : nextRun && `next run ${nextRun.text}`;
  // How the program has ended is another matter.
  const last = lastRun && `last start ${lastRun.outcome}, ${ageText(now - lastRun.ended)} ago`;
  return [problem, next ?? 'no next run', last].filter((part) => part !== undefined).join('; ');
}

function describeRun({ outcome, started, ended }: EndedRun, now: EpochSeconds): string {
  const duration = started === undefined ? '' : ` in ${durationText(ended - started)}`;
  return `last ${outcome}${duration}, ${ageText(now - ended)} ago`;
}

/** `0.4s`, `41s`, `2m03s`, `1h02m03s`. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)}s`;
  const total = Math.round(seconds);
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60)];
  const rest = `${pad(total % 60)}s`;
  if (hours > 0) return `${hours}h${pad(minutes)}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : `${total}s`;
}

/** `00:41`, `09:12`, `3:09:12`, `2 days, 3:09:12`; never less than nothing, which a clock set back would make of it. */
function ageText(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3600);
  const time = `${pad(Math.floor((total % 3600) / 60))}:${pad(total % 60)}`;
  if (days > 0) return `${days} ${days === 1 ? 'day' : 'days'}, ${hours}:${time}`;
  return hours > 0 ? `${hours}:${time}` : time;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
