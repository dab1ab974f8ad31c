/**
 * What the rest of the daemon (RPC methods above all) may ask of schedules, whether or not there are any: the
 * library behind it is only loaded when it is needed.
 */
import type { JobSource, JobSpec } from '../../schedule/job.ts';
import type { RunQuery } from '../../schedule/job-store.ts';
import type { Run } from '../../schedule/run.ts';
import type { Channel } from '../host/host.ts';

/** Keys of a `[schedule:x]` by name, with values as a file would have them. */
export type ScheduleKeys = ReadonlyMap<string, string>;

/**
 * Where the scheduler stands. `PAUSED`: nothing is started by itself. `UNAVAILABLE`: the store cannot be opened, and
 * is tried again. `STOPPED`: there are no schedules, or the daemon shuts down.
 */
export type SchedulerStateName = 'STOPPED' | 'RUNNING' | 'PAUSED' | 'UNAVAILABLE';

/** The scheduler at one moment. */
export interface SchedulerView {
  readonly state: SchedulerStateName;
  /** Why it is UNAVAILABLE, or what failed last; `undefined`: nothing is wrong. */
  readonly problem: string | undefined;
  /** Its name among those that share the store. */
  readonly node: string;
  /** Zone of triggers that name none. */
  readonly timezone: string;
  /** Which kind of store, and where, such as `sqlite:/var/log/schedule.db`. */
  readonly store: string;
  readonly jobs: number;
  /** Runs under way, waiting ones included. */
  readonly activeRuns: number;
}

/** Where the value of a key comes from. */
export interface KeyOrigin {
  readonly value: string;
  /** `FILE:LINE`, `rpc` or `default`. */
  readonly origin: string;
}

/** A job at one moment. */
export interface JobView {
  readonly id: string;
  readonly source: JobSource;
  /** `FILE:LINE` of its section; `rpc` for one that was made by a client. */
  readonly origin: string;
  readonly spec: JobSpec;
  /** What it runs, for people: the command, or such as `restart web`. */
  readonly action: string;
  /** The trigger as APScheduler prints it. */
  readonly trigger: string;
  /** Zone in which its times are told. */
  readonly timezone: string;
  /** FINISHED: it will never fire again by itself. */
  readonly state: 'WAITING' | 'RUNNING' | 'PAUSED' | 'FINISHED';
  /** Also while a run is under way, which it does not end. */
  readonly isPaused: boolean;
  readonly nextRunTime: Date | undefined;
  /** With jitter. */
  readonly dueTime: Date | undefined;
  /** The last one that has ended and was started. */
  readonly lastRun: Run | undefined;
  /** Those under way. */
  readonly activeRuns: readonly Run[];
  /** All keys with where they come from; only of one job that was asked for. */
  readonly keys?: ReadonlyMap<string, KeyOrigin>;
}

/** A page of the output of one run. */
export interface RunLogPage {
  /** Bytes as they are in the log; decoded by who asked. */
  readonly bytes: Buffer;
  /** Where to go on reading. */
  readonly offset: number;
  /** Bytes that there are so far. */
  readonly size: number;
  /** The run has ended: there will be no more. */
  readonly isComplete: boolean;
  /** The beginning is not to be found any more: the log was rotated away, or cleared. */
  readonly isTruncated: boolean;
  /** Files in which there may be more when they change; none once the run has ended. */
  readonly growing: readonly string[];
}

/** What a trigger says, for somebody who tries it out. */
export interface TriggerPreview {
  readonly trigger: string;
  readonly timezone: string;
  readonly times: readonly Date[];
}

/**
 * Why a request was refused. `invalid`: the message says which key and what was expected. `from-file`: it belongs to
 * a configuration file, which is named with the line. `unavailable`: the store cannot be used.
 */
export type ScheduleRefusal =
  | 'unknown-job'
  | 'unknown-run'
  | 'conflict'
  | 'from-file'
  | 'invalid'
  | 'max-instances'
  | 'not-running'
  | 'no-log'
  | 'unavailable'
  | 'shutting-down';

/** A request to the scheduler that was refused. To be told by its name: there may be two copies of this class. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
  readonly refusal: ScheduleRefusal;

  constructor(refusal: ScheduleRefusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

/** Whether an error is a {@link ScheduleError}. */
export function isScheduleError(error: unknown): error is ScheduleError {
  return error instanceof Error && error.name === 'ScheduleError' && 'refusal' in error;
}

/** All methods that change something reject with a {@link ScheduleError} when they are refused. */
export interface SchedulerControl {
  view(): Promise<SchedulerView>;

  /** Sorted by next run time, then id; those without one last. */
  getJobs(): Promise<readonly JobView[]>;
  /** With its keys. @throws {ScheduleError} `unknown-job` */
  getJob(id: string): Promise<JobView>;
  /** Makes a job that is kept in the store. @throws {ScheduleError} `conflict`, `invalid`, `from-file` */
  addJob(id: string, keys: ScheduleKeys): Promise<JobView>;
  /** Changes keys; an empty value takes one back to its default. */
  modifyJob(id: string, keys: ScheduleKeys): Promise<JobView>;
  /** Replaces all keys of the trigger, next from now. It goes on if it was paused. */
  rescheduleJob(id: string, keys: ScheduleKeys): Promise<JobView>;
  removeJob(id: string): Promise<void>;
  /** Removes all that clients have made; @returns how many */
  removeAllJobs(): Promise<number>;
  pauseJob(id: string): Promise<JobView>;
  /** Next from now. */
  resumeJob(id: string): Promise<JobView>;

  /**
   * Has a job run now, beside its schedule.
   *
   * @param options.force at once, however many runs are under way
   * @returns the id of the run, once it is claimed
   * @throws {ScheduleError} `max-instances`
   */
  runJob(id: string, options?: { readonly force?: boolean }): Promise<string>;
  /** Ends a run, and waits for that: it is CANCELLED. @throws {ScheduleError} `unknown-run`, `not-running` */
  stopRun(runId: string): Promise<Run>;
  /** All attempts, the first one first. @throws {ScheduleError} `unknown-run` */
  getRun(runId: string): Promise<readonly Run[]>;
  getRuns(query: RunQuery): Promise<readonly Run[]>;
  /** The time zone of each of these jobs; of one that is gone, that of the scheduler. */
  zonesOf(jobIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>>;
  /** Resolves when a run is final, retries included: its last attempt. `abortSignal` ends only the waiting. */
  waitForRun(runId: string, abortSignal?: AbortSignal): Promise<Run>;
  /**
   * What exactly that run has written, as far as it is still there.
   *
   * @param range.offset from the beginning of the run's own output
   * @throws {ScheduleError} `unknown-run`, `no-log`
   */
  readRunLog(
    runId: string,
    channel: Channel,
    range: { readonly offset: number; readonly length: number; readonly attempt?: number },
  ): Promise<RunLogPage>;

  /** Of a job, or of keys that could make one. */
  getNextFireTimes(
    of: string | ScheduleKeys,
    options: { readonly count: number; readonly from?: Date },
  ): Promise<TriggerPreview>;
  /** Checks keys as {@link addJob} would. @throws {ScheduleError} `invalid` */
  validate(id: string, keys: ScheduleKeys): Promise<TriggerPreview>;

  /** Nothing is started by itself from now on, until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}
