/** What happens to schedules, as the activity log and event listeners are told. */
import type { LogLevel } from '../../conf/settings.ts';
import type { JobSource } from '../../schedule/job.ts';
import type { Run } from '../../schedule/run.ts';
import type { ScheduleEvent } from '../event/event.ts';
import { runDataOf } from './run-data.ts';
import { durationText } from './status.ts';

export interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

type Token = ScheduleEvent['tokens'][number];

/** `isoOf` tells times in the zone of the schedule. */
type IsoOf = (time: Date) => string;

/** A run has been started. */
export function startedLine(run: Run): Line {
  const { id, jobId, cause, attempt } = run;
  const tries = attempt > 1 ? `, attempt ${attempt}` : '';
  const text = `started: run ${id} of schedule '${jobId}' (${cause}${tries}, ${seconds(lateness(run))} s late)`;
  return { level: 'info', text };
}

/** A run has ended, or could not be started. */
export function endedLine(run: Run): Line {
  const { id, jobId, state, started, ended, exitStatus, signal, error } = run;
  const how = [
    state,
    signal === undefined ? exitStatus !== undefined && `exit status ${exitStatus}` : `signal ${signal}`,
    started !== undefined && ended !== undefined && `after ${durationText(secondsBetween(started, ended))}`,
  ].filter((part) => part !== false);
  // That of an exit status says nothing that is not there already.
  const why = error === undefined || exitStatus !== undefined || signal !== undefined ? '' : `: ${error}`;
  const level = state === 'SUCCESS' || state === 'CANCELLED' || state === 'SKIPPED' ? 'info' : 'warn';
  return { level, text: `ended: run ${id} of schedule '${jobId}' (${how.join(', ')})${why}` };
}

/** Fire times that nothing was started for. */
export function unstartedLine(run: Run, isoOf: IsoOf): Line {
  const { jobId, state, fireTime, lastFireTime, count } = run;
  const when =
    count === 1
      ? `at ${isoOf(fireTime)}`
      : `${count} times from ${isoOf(fireTime)} to ${isoOf(lastFireTime)}`;
  const text = `${state.toLowerCase()}: schedule '${jobId}' ${when} (${whyUnstarted(run)})`;
  return { level: state === 'COALESCED' ? 'debug' : 'warn', text };
}

function whyUnstarted({ state, error }: Run): string {
  if (state === 'MISSED') return 'nobody could start it within its misfire_grace_time';
  if (state === 'COALESCED') return 'another fire time stands for it';
  return error ?? 'too many of its runs are under way';
}

export function jobEvent(
  type: Extract<ScheduleEvent['type'], `SCHEDULE_JOB_${string}`>,
  job: { readonly id: string; readonly source: JobSource },
  code: number,
): ScheduleEvent {
  return {
    type,
    tokens: [
      ['schedule', job.id],
      ['source', job.source],
      ['code', code],
    ],
  };
}

export function stateEvent(
  type: Extract<ScheduleEvent['type'], `SCHEDULE_STATE_${string}`>,
  node: string,
  code: number,
): ScheduleEvent {
  return {
    type,
    tokens: [
      ['node', node],
      ['code', code],
    ],
  };
}

/** With an origin where it may be told once more by the next daemon. */
export function runEvent(
  type: Extract<ScheduleEvent['type'], `SCHEDULE_RUN_${string}`>,
  run: Run,
  code: number,
): ScheduleEvent {
  const tokens: Token[] = [
    ['schedule', run.jobId],
    ['run', run.id],
    ['scheduled', seconds(run.fireTime.getTime() / 1000)],
    ['cause', run.cause],
    ['attempt', run.attempt],
    ['node', run.node],
    ['code', code],
  ];
  if (type === 'SCHEDULE_RUN_MISSED' || type === 'SCHEDULE_RUN_MAX_INSTANCES')
    tokens.push(['count', run.count]);
  else if (type !== 'SCHEDULE_RUN_SUBMITTED') tokens.push(...startTokens(run), ...endTokens(run));
  return { type, tokens, ...(run.ended && { origin: `${type} ${run.id} ${run.attempt}` }) };
}

function* startTokens(run: Run): Iterable<Token> {
  if (run.started === undefined) return;
  yield ['late', seconds(lateness(run))];
  const pid = runDataOf(run)?.processes.find((process) => process.pid > 0)?.pid;
  if (pid !== undefined) yield ['pid', pid];
}

function* endTokens({ state, started, ended, exitStatus, signal }: Run): Iterable<Token> {
  if (ended === undefined) return;
  yield ['outcome', state];
  if (exitStatus !== undefined) yield ['exitstatus', exitStatus];
  if (signal !== undefined) yield ['signal', signal];
  yield ['expected', state === 'SUCCESS' ? 1 : 0];
  if (started !== undefined) yield ['duration', seconds(secondsBetween(started, ended))];
}

/** Seconds from when it was to start until it did. */
function lateness({ dueTime, started }: Run): number {
  return started === undefined ? 0 : Math.max(0, secondsBetween(dueTime, started));
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}

function seconds(value: number): string {
  return value.toFixed(3);
}
