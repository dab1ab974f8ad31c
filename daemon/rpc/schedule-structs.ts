/**
 * Jobs and runs as they are sent. A time is a double, seconds since 1970, and beside it a text; what has no time
 * is 0 and ''. There is no nil, and 32 bits are for nothing that counts seconds.
 */
import { Double, type Encodable } from '../../rpc/xmlrpc.ts';
import { isActive, type Run } from '../../schedule/run.ts';
import { formatInstant } from '../../schedule/wall-clock/date-text.ts';
import { signalName } from '../process/signal-names.ts';
import type {
  JobView,
  RunLogPage,
  SchedulerControl,
  SchedulerStateName,
  SchedulerView,
  TriggerPreview,
} from '../schedule/control.ts';
import { wholeCharacters } from './whole-characters.ts';

/** A struct whose members are named here. */
export type Struct = { readonly [member: string]: Encodable };

/** The first three are APScheduler's. */
const stateCodes = {
  STOPPED: 0,
  RUNNING: 1,
  PAUSED: 2,
  UNAVAILABLE: 3,
} satisfies Record<SchedulerStateName, number>;

/** The scheduler. */
export function schedulerStruct(view: SchedulerView): Struct {
  return {
    statecode: stateCodes[view.state],
    statename: view.state,
    problem: view.problem ?? '',
    node: view.node,
    timezone: view.timezone,
    store: view.store,
    jobs: view.jobs,
    active_runs: view.activeRuns,
  };
}

/** A job; with its keys, if it has them. @param now seconds since 1970 */
export function jobStruct(job: JobView, now: number): Struct {
  const { timezone, keys } = job;
  return {
    id: job.id,
    name: job.spec.name,
    source: job.source,
    origin: job.origin,
    action: job.action,
    trigger: job.trigger,
    timezone,
    state: job.state,
    paused: job.isPaused,
    ...moment('next_run_time', job.nextRunTime, timezone),
    ...moment('due_time', job.dueTime, timezone),
    last_run: job.lastRun === undefined ? {} : runStruct(job.lastRun, { timezone, now }),
    active_runs: job.activeRuns.map((run) => runStruct(run, { timezone, now })),
    ...(keys && { keys: new Map([...keys].map(([key, { value, origin }]) => [key, { value, origin }])) }),
  };
}

interface Telling {
  readonly timezone: string;
  /** Seconds since 1970: until then a run that has not ended has taken its time. */
  readonly now: number;
}

/** An attempt of a run. */
export function runStruct(run: Run, { timezone, now }: Telling): Struct {
  const { started, ended, dueTime } = run;
  return {
    id: run.id,
    job_id: run.jobId,
    attempt: run.attempt,
    cause: run.cause,
    state: run.state,
    active: isActive(run),
    count: run.count,
    node: run.node,
    ...moment('fire_time', run.fireTime, timezone),
    ...moment('last_fire_time', run.lastFireTime, timezone),
    ...moment('due_time', dueTime, timezone),
    ...moment('start_time', started, timezone),
    ...moment('end_time', ended, timezone),
    late: new Double(started === undefined ? 0 : seconds(started) - seconds(dueTime)),
    duration: new Double(
      started === undefined ? 0 : Math.max(0, (ended ? seconds(ended) : now) - seconds(started)),
    ),
    exitstatus: run.exitStatus ?? -1,
    signal: run.signal ?? 0,
    signalname: run.signal === undefined ? '' : signalName(run.signal),
    stop_requested: run.isStopRequested,
    error: run.error ?? '',
  };
}

/** Runs, whose times are told in the zones of their jobs; of jobs that are gone, in the scheduler's. */
export async function runStructs(
  scheduler: SchedulerControl,
  runs: readonly Run[],
  now: number,
): Promise<readonly Struct[]> {
  const zones = await scheduler.zonesOf(new Set(runs.map(({ jobId }) => jobId)));
  return runs.map((run) => runStruct(run, { timezone: zones.get(run.jobId) ?? 'UTC', now }));
}

/** A run: its last attempt, and all of them. */
export async function attemptsStruct(
  scheduler: SchedulerControl,
  attempts: readonly Run[],
  now: number,
): Promise<Struct> {
  const structs = await runStructs(scheduler, attempts, now);
  return { ...structs.at(-1), attempts: structs };
}

/** What a trigger says. */
export function previewStruct({ trigger, timezone, times }: TriggerPreview): Struct {
  return {
    trigger,
    timezone,
    fire_times: times.map((time) => new Double(seconds(time))),
    fire_times_iso: times.map((time) => formatInstant(time, timezone)),
  };
}

/** A page of output. A character that is not there as a whole is left for the next page. */
export function pageStruct({ bytes, offset, size, isComplete, isTruncated }: RunLogPage): Struct {
  const isLast = isComplete && offset >= size;
  const characters = isLast ? bytes : wholeCharacters(bytes);
  // Who asks for less than a character gets on all the same.
  const whole = characters.length === 0 && offset < size ? bytes : characters;
  return {
    text: whole.toString('utf8'),
    offset: new Double(offset - (bytes.length - whole.length)),
    size: new Double(size),
    complete: isLast,
    truncated: isTruncated,
  };
}

function moment(name: string, time: Date | undefined, timezone: string): Struct {
  return {
    [name]: new Double(time === undefined ? 0 : seconds(time)),
    [`${name}_iso`]: time === undefined ? '' : formatInstant(time, timezone),
  };
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}
