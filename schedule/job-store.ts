import type { Job } from './job.ts';
import type { Run, RunOutcome } from './run.ts';

/** What a store is told when its scheduler starts. */
export interface JobStoreContext {
  /** The name by which the scheduler knows the store. */
  readonly alias: string;
  /** The name of the scheduler among those that share the store. */
  readonly node: string;
  /** To be called when another scheduler has changed a job or a run, in a store that is shared. */
  readonly onChange: () => void;
  /** To be called when everything that was in the store is gone. */
  readonly onLoss: () => void;
  /** For what goes wrong and is dealt with. */
  readonly warn: (text: string) => void;
}

/** A job that is due, with its runs that have not ended, by any node. */
export interface DueJob {
  readonly job: Job;
  readonly active: readonly Run[];
}

/**
 * What one move of the scheduler changes about a job: all of it or nothing, and only if the job is still as it was
 * when the move was decided.
 */
export interface JobChange {
  readonly jobId: string;
  /** What must still hold; what is missing is not looked at. */
  readonly expect: {
    /** `null`: the job has none. */
    readonly nextRunTime?: Date | null;
    /** That nobody has changed the job since. */
    readonly modified?: Date;
    /** What these say of all runs of the job that are active, by any node, in any order. */
    readonly active?: readonly Pick<Run, 'id' | 'attempt' | 'state' | 'isStopRequested'>[];
  };
  /** The job from now on; `undefined`: as it was; `removed`: gone, its runs are kept. */
  readonly job?: Job | 'removed';
  /** Runs that are new or have changed, by `id` and `attempt`. */
  readonly runs: readonly Run[];
}

/** Which runs to list; those of {@link RunQuery.jobId}, or of all jobs. Newest first. */
export interface RunQuery {
  readonly jobId?: string;
  readonly states?: readonly (RunOutcome | 'active')[];
  readonly offset?: number;
  readonly limit?: number;
}

/**
 * Keeps jobs and the records of their runs. A store does nothing by itself: which job is due, and what becomes of
 * it, is decided by the scheduler. Anybody can write another one; `test/schedule/stores/conformance.ts` says what it
 * must do.
 *
 * What cannot be read is kept and reported, never removed.
 */
export interface JobStore {
  /**
   * Seconds for which a node that is not heard of keeps its active runs. There in a store that several schedulers
   * may share: the scheduler gives a run that becomes active a lease of this length, and renews it in time.
   */
  readonly leaseSeconds?: number;
  /** What is in it is gone with the process, so that a job may be any function, not only one that has a name. */
  readonly isVolatile?: boolean;

  /** @throws {JobStoreError} it cannot be opened: it says why in one line */
  open(context: JobStoreContext): Promise<void>;
  /** Lets go of everything. What was stored stays, but in memory. */
  close(): Promise<void>;
  /** The time all schedulers of a shared store go by; without it each goes by its own clock. */
  now?(): Promise<Date>;

  /** @throws {ConflictingIdError} the id is taken */
  addJob(job: Job): Promise<void>;
  /**
   * Adds several jobs, each as {@link JobStore.addJob} would, waiting for the disk once. After an error any of them may
   * have been added.
   *
   * @returns of each whether it was added; `false`: its id is taken
   */
  addJobs?(jobs: readonly Job[]): Promise<readonly boolean[]>;
  /** @throws {JobLookupError} there is none of that id */
  updateJob(job: Job): Promise<void>;
  /** The records of its runs are kept. @throws {JobLookupError} there is none of that id */
  removeJob(id: string): Promise<void>;
  removeAllJobs(): Promise<void>;
  lookupJob(id: string): Promise<Job | undefined>;
  /** By next run time, then id; those without one last. */
  getAllJobs(): Promise<Job[]>;
  /** Jobs whose due time is `now` or earlier, by due time, then id. */
  getDueJobs(now: Date): Promise<DueJob[]>;
  /** The earliest due time of a job that is later than `after`. What is due by then is known, or is for others to run. */
  getNextDueTime(after: Date): Promise<Date | undefined>;

  /**
   * @returns whether the change was made; `false`: something that it expects does not hold, or a fire of this job at
   *   one of these fire times has been recorded before (cause `schedule` or `catchup`, attempt 1)
   */
  change(change: JobChange): Promise<boolean>;
  /**
   * Makes several changes, in this order, each as {@link JobStore.change} would: what one expects is looked at when
   * those before it have been made, and one that is refused takes no other with it. There in a store that waits for a
   * disk, so that it waits once. After an error any of them may have been made.
   *
   * @returns of each whether it was made
   */
  changeAll?(changes: readonly JobChange[]): Promise<readonly boolean[]>;

  /** All attempts of a run, the first one first; none if it is not known. */
  getRun(id: string): Promise<Run[]>;
  getRuns(query: RunQuery): Promise<Run[]>;
  /** Of all jobs, or of one. */
  getActiveRuns(jobId?: string): Promise<Run[]>;
  /** Final runs whose outcome has not been seen to. */
  getUnsettledRuns(): Promise<Run[]>;
  /** Has active runs of this node live on until then, where a store is shared. */
  renewLeases(until: Date): Promise<void>;
  /** Removes final, settled runs of a job that are too many or too old. */
  pruneRuns(
    jobId: string,
    keep: { readonly limit: number; readonly since: Date | undefined },
  ): Promise<readonly Run[]>;
  /**
   * Removes final, settled runs of jobs that are gone, but for the newest `limit` of them all. Without this the
   * records of jobs that are gone are kept for ever.
   */
  pruneRemoved?(limit: number): Promise<readonly Run[]>;
}
