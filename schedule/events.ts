import type { Json } from './json.ts';
import type { Run } from './run.ts';

/** What listeners are told. Names and codes are those of APScheduler. @see apscheduler/events.py */
export const EVENT_SCHEDULER_STARTED = 1;
export const EVENT_SCHEDULER_SHUTDOWN = 2;
export const EVENT_SCHEDULER_PAUSED = 4;
export const EVENT_SCHEDULER_RESUMED = 8;
export const EVENT_EXECUTOR_ADDED = 16;
export const EVENT_EXECUTOR_REMOVED = 32;
export const EVENT_JOBSTORE_ADDED = 64;
export const EVENT_JOBSTORE_REMOVED = 128;
export const EVENT_ALL_JOBS_REMOVED = 256;
export const EVENT_JOB_ADDED = 512;
export const EVENT_JOB_REMOVED = 1024;
export const EVENT_JOB_MODIFIED = 2048;
/** A run has ended well. */
export const EVENT_JOB_EXECUTED = 4096;
/** A run has ended in any other way, unless somebody has cancelled it. */
export const EVENT_JOB_ERROR = 8192;
/** A run would have started too late. */
export const EVENT_JOB_MISSED = 16384;
/** There are runs of a job that start, or wait for their start. */
export const EVENT_JOB_SUBMITTED = 32768;
/** Fires were skipped, because too many runs of the job were under way. */
export const EVENT_JOB_MAX_INSTANCES = 65536;
/** All of the above. A listener hears these unless it asks for others. */
export const EVENT_ALL = 131071;

/** From here on what APScheduler has no event for. A run has begun. */
export const EVENT_RUN_STARTED = 1 << 17;
/** A run has ended because it took too long; a {@link EVENT_JOB_ERROR} follows. */
export const EVENT_RUN_TIMEOUT = 1 << 18;
/** Nobody knows how a run has ended; a {@link EVENT_JOB_ERROR} follows. */
export const EVENT_RUN_LOST = 1 << 19;
/** A run was ended by somebody, or to make room. */
export const EVENT_RUN_CANCELLED = 1 << 20;
/** Fires were left out in favour of another one. */
export const EVENT_RUN_COALESCED = 1 << 21;
/** Everything that follows of the outcome of a run was seen to. */
export const EVENT_RUN_SETTLED = 1 << 22;
/** Records of runs that were too many or too old are gone. */
export const EVENT_RUNS_PRUNED = 1 << 23;
/** Beside a {@link EVENT_JOB_MODIFIED}: a job was paused. */
export const EVENT_JOB_PAUSED = 1 << 24;
/** Beside a {@link EVENT_JOB_MODIFIED}: a job that was paused goes on. */
export const EVENT_JOB_RESUMED = 1 << 25;
/** The trigger of a job has no more fire times. */
export const EVENT_JOB_FINISHED = 1 << 26;
/** A job store has lost everything that was in it, as a Redis that keeps nothing on disk does. */
export const EVENT_JOBSTORE_LOST = 1 << 27;
/** A job store does not do what it is asked to, so that nothing of it is started; it is asked again. */
export const EVENT_JOBSTORE_FAILED = 1 << 28;
/** A job store that has failed works again. */
export const EVENT_JOBSTORE_RECOVERED = 1 << 29;
/** All events, those that APScheduler does not have among them. */
export const EVENT_EVERY = (1 << 30) - 1;

/** Something about the scheduler, or about a job store or an executor by the name of `alias`. */
export interface StateEvent {
  readonly code: number;
  readonly alias: string | undefined;
}

/** A job store has failed. */
export interface StoreFailureEvent extends StateEvent {
  /** In one line. */
  readonly problem: string;
}

/** Something about a job. */
export interface JobEvent extends StateEvent {
  readonly jobId: string;
  readonly jobStore: string;
}

/** Some fires of a job. */
export interface SubmissionEvent extends JobEvent {
  /** Of more than 100 fires only the first and the last one. */
  readonly scheduledRunTimes: readonly Date[];
  readonly runs: readonly Run[];
}

/** What has become of a run. */
export interface ExecutionEvent extends JobEvent {
  readonly scheduledRunTime: Date;
  readonly run: Run;
  /** What a function has returned. */
  readonly retval: Json | undefined;
  /** What a function has thrown, or the error of another executor. */
  readonly exception: unknown;
  /** Where an exception comes from, in text. */
  readonly traceback: string | undefined;
}

/** Records of runs that are gone. */
export interface PrunedEvent extends JobEvent {
  readonly runs: readonly Run[];
}

export type SchedulerEvent =
  | StateEvent
  | StoreFailureEvent
  | JobEvent
  | SubmissionEvent
  | ExecutionEvent
  | PrunedEvent;
