import { ConflictingIdError } from './errors.ts';
import { addAll, changeAll, groupSize } from './groups.ts';
import type { Job } from './job.ts';
import type { JobChange, JobStore } from './job-store.ts';
import type { Turns } from './turns.ts';

/** What a job becomes that is there already. */
export type Replace = (existing: Job) => Job;

interface Arrival {
  readonly job: Job;
  readonly replace: Replace | undefined;
  readonly resolve: (job: Job) => void;
  readonly reject: (error: unknown) => void;
}

/** A job that takes the place of another one, which it was made of. */
interface Replacement {
  readonly arrival: Arrival;
  readonly job: Job;
  readonly change: JobChange;
}

/** Jobs on their way into a store. Those that come while others have their turn are written together. */
export class Arrivals {
  readonly #store: JobStore;
  readonly #turns: Turns;
  /** Changes a job that is there, however often others are faster. */
  readonly #change: (id: string, change: Replace) => Promise<Job>;
  readonly #waiting: Arrival[] = [];

  constructor(store: JobStore, turns: Turns, change: (id: string, change: Replace) => Promise<Job>) {
    this.#store = store;
    this.#turns = turns;
    this.#change = change;
  }

  /**
   * @returns the job as it is in the store
   * @throws {ConflictingIdError} its id is taken, and nothing was said of replacing
   */
  add(job: Job, replace: Replace | undefined): Promise<Job> {
    const { promise, resolve, reject } = Promise.withResolvers<Job>();
    this.#waiting.push({ job, replace, resolve, reject });
    void this.#turns.take(() => this.#addWaiting());
    return promise;
  }

  async #addWaiting(): Promise<void> {
    const group = this.#waiting.splice(0, groupSize(this.#store));
    try {
      const fresh: Arrival[] = [];
      const replacements: Replacement[] = [];
      for (const arrival of group) {
        const existing = arrival.replace && (await this.#store.lookupJob(arrival.job.id));
        if (arrival.replace === undefined || existing === undefined) {
          fresh.push(arrival);
          continue;
        }
        const job = arrival.replace(existing);
        replacements.push({ arrival, job, change: replacement(existing, job) });
      }
      const isAdded = await addAll(
        this.#store,
        fresh.map(({ job }) => job),
      );
      for (const [nth, arrival] of fresh.entries()) {
        if (isAdded[nth]) arrival.resolve(arrival.job);
        else await this.#addAfterAll(arrival);
      }
      const isReplaced = await changeAll(
        this.#store,
        replacements.map(({ change }) => change),
      );
      for (const [nth, { arrival, job }] of replacements.entries()) {
        if (isReplaced[nth]) arrival.resolve(job);
        else await this.#addAfterAll(arrival);
      }
    } catch (error) {
      // It is nothing to those who have their answer.
      for (const { reject } of group) reject(error);
    }
  }

  /** Somebody was faster: another node, or one of the same id in the same group. */
  async #addAfterAll({ job, replace, resolve, reject }: Arrival): Promise<void> {
    if (replace) await this.#change(job.id, replace).then(resolve, reject);
    else reject(new ConflictingIdError(job.id));
  }
}

/** Makes one job of another, if nobody has changed that one meanwhile. */
export function replacement({ id, nextRunTime, modified }: Job, job: Job): JobChange {
  return { jobId: id, expect: { nextRunTime: nextRunTime ?? null, modified }, job, runs: [] };
}
