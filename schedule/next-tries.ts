/** Whether a run that has not ended well is tried again, and when. */
import type { Job } from './job.ts';
import type { JobStore } from './job-store.ts';
import type { Run } from './run.ts';
import { leaseUntil, mayRun, nextAttempt } from './run-steps.ts';

export class NextTries {
  readonly #store: JobStore;
  readonly #node: string;
  /** The time that all schedulers of the store go by. */
  readonly #now: () => Promise<Date>;

  constructor(store: JobStore, node: string, now: () => Promise<Date>) {
    this.#store = store;
    this.#node = node;
    this.#now = now;
  }

  /** The next try of a run that has ended; `undefined`: there is none. */
  async after(run: Run): Promise<Run | undefined> {
    if (run.state !== 'FAILED' && run.state !== 'SPAWN_ERROR' && run.state !== 'LOST') return undefined;
    const job = await this.#store.lookupJob(run.jobId);
    const now = await this.#now();
    return run.state === 'LOST' ? this.afterLoss(run, job, now) : await this.#afterFailure(run, job, now);
  }

  /** Of a run of which nobody knows how it ended, unless somebody wanted it to end. @param run as it was until then */
  afterLoss(run: Run, job: Job | undefined, now: Date): Run | undefined {
    if (job === undefined || run.isStopRequested || !mayRun(job, this.#node)) return undefined;
    // What was only claimed was never started: another try is not a second run.
    const isRerun = job.onLost === 'rerun' || run.state === 'CLAIMED';
    return isRerun ? this.#next(run, now, now, 'rerun') : undefined;
  }

  async #afterFailure(run: Run, job: Job | undefined, now: Date): Promise<Run | undefined> {
    if (job === undefined || run.attempt > job.retries) return undefined;
    const dueTime = new Date(now.getTime() + job.retryDelay * 1000);
    // A try that is still to come would take the place of the next fire.
    const active = await this.#store.getActiveRuns(job.id);
    const isFull = job.overlap === 'skip' && active.length >= job.maxInstances;
    if (isFull && job.dueTime !== undefined && job.dueTime <= dueTime) return undefined;
    return this.#next(run, now, dueTime, 'retry');
  }

  #next(run: Run, now: Date, dueTime: Date, cause: 'retry' | 'rerun'): Run {
    const lease = leaseUntil(this.#store, now);
    return nextAttempt(run, { cause, node: this.#node, dueTime, claimed: now, leaseUntil: lease });
  }
}
