import * as events from './events.ts';
import type { Job } from './job.ts';
import type { JobStore } from './job-store.ts';
import type { Reports } from './reports.ts';
import type { Run } from './run.ts';
import { isFinished, keyOf } from './run-steps.ts';
import type { Surroundings } from './surroundings.ts';
import type { Turns } from './turns.ts';

/** Most records that are kept of jobs that are gone, of all together. */
const keptOfRemoved = 1000;

/** Sees to what follows of outcomes: what the scheduler's owner makes of them, and which records and jobs may go. */
export class Settlement {
  readonly #alias: string;
  readonly #store: JobStore;
  readonly #turns: Turns;
  readonly #surroundings: Surroundings;
  readonly #reports: Reports;
  readonly #time: () => Promise<Date>;
  /** Outcomes that are being seen to. */
  readonly #settling = new Set<string>();
  /** Outcomes that were seen to, while that is still to be noted in the store, or is, and records are to be removed. */
  readonly #seenTo = new Map<string, 'to note' | 'noted'>();

  constructor(options: {
    readonly alias: string;
    readonly store: JobStore;
    readonly turns: Turns;
    readonly surroundings: Surroundings;
    readonly reports: Reports;
    readonly time: () => Promise<Date>;
  }) {
    this.#alias = options.alias;
    this.#store = options.store;
    this.#turns = options.turns;
    this.#surroundings = options.surroundings;
    this.#reports = options.reports;
    this.#time = options.time;
  }

  /**
   * Sees to everything that follows of an outcome. It takes its own turns: what follows may ask the scheduler for more.
   *
   * @param snapshot the job as it was, for the case that it is gone
   * @returns `false`: that is under way already
   */
  async settle(run: Run, snapshot: Job | undefined): Promise<boolean> {
    const key = keyOf(run);
    if (this.#settling.has(key)) return false;
    this.#settling.add(key);
    try {
      if (!run.isSettled) await this.#seeTo(run, snapshot);
      await this.#turns.take(() => this.#cleanUp(run, snapshot));
      this.#seenTo.delete(key);
    } finally {
      this.#settling.delete(key);
    }
    this.#reports.run(events.EVENT_RUN_SETTLED, run);
    return true;
  }

  /** Removes records of a job that are too many or too old. */
  async prune({ id, historyLimit, historyMaxAge }: Job): Promise<void> {
    const since =
      historyMaxAge === null ? undefined : new Date((await this.#time()).getTime() - historyMaxAge * 1000);
    this.#reports.pruned(await this.#store.pruneRuns(id, { limit: historyLimit, since }));
  }

  /** The same for records of jobs that are gone. */
  async pruneRemoved(): Promise<void> {
    const runs = (await this.#store.pruneRemoved?.(keptOfRemoved)) ?? [];
    for (const run of runs) this.#reports.pruned([run]);
  }

  /** Removes a job that has no more fire times, unless it has runs or is to stay. */
  async removeFinished(job: Job): Promise<void> {
    if (this.#surroundings.keepFinished || !isFinished(job)) return;
    const expect = { nextRunTime: null, active: [] };
    if (!(await this.#store.change({ jobId: job.id, expect, job: 'removed', runs: [] }))) return;
    this.#surroundings.onRemoved(job);
    this.#reports.job(events.EVENT_JOB_REMOVED, job.id);
    await this.pruneRemoved();
  }

  async #seeTo(run: Run, snapshot: Job | undefined): Promise<void> {
    const { onOutcome, logger } = this.#surroundings;
    const key = keyOf(run);
    if (!this.#seenTo.has(key)) {
      const next = (await this.#store.getRun(run.id)).find(({ attempt }) => attempt > run.attempt);
      const job = (await this.#store.lookupJob(run.jobId)) ?? snapshot;
      try {
        await onOutcome?.(run, { job, jobStore: this.#alias, next });
      } catch (error) {
        logger.error(`What follows of run ${run.id} of job "${run.jobId}" has failed`, error);
      }
      this.#seenTo.set(key, 'to note');
    }
    if (this.#seenTo.get(key) === 'noted') return;
    await this.#store.change({ jobId: run.jobId, expect: {}, runs: [{ ...run, isSettled: true }] });
    this.#seenTo.set(key, 'noted');
  }

  async #cleanUp(run: Run, snapshot: Job | undefined): Promise<void> {
    const job = (await this.#store.lookupJob(run.jobId)) ?? snapshot;
    if (job === undefined) return;
    await this.prune(job);
    await this.removeFinished(job);
  }
}
