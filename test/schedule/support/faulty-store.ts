import { JobStoreError } from '../../../schedule/errors.ts';
import type { Job } from '../../../schedule/job.ts';
import type { DueJob, JobChange, JobStore, JobStoreContext, RunQuery } from '../../../schedule/job-store.ts';
import type { Run } from '../../../schedule/run.ts';
import { MemoryJobStore } from '../../../schedule/stores/memory.ts';
import type { ManualClock } from './manual-clock.ts';

/**
 * What becomes of an operation: the store cannot be reached; what it did is not known, and is all of it or, of several
 * changes, the first half; or the program that asked is gone, before or after the store did it.
 */
export type Fault = 'refused' | 'answer lost' | 'half done' | 'killed before' | 'killed after';

/** Data that outlives the schedulers that use it. */
export class StoredData {
  readonly memory = new MemoryJobStore();
  readonly views = new Set<FaultyStore>();
}

/** A store of that data, of which every operation can go wrong. */
export class FaultyStore implements JobStore {
  /** What is to go wrong with an operation, by its number. */
  faultOf: (operation: number) => Fault | undefined = () => undefined;
  operations = 0;
  /** Whether a change is the last one that is made before the program is gone. */
  killAfterChange: (change: JobChange) => boolean = () => false;
  /** What happens just before changes are made, each by itself or several together. */
  beforeChange: (changes: readonly JobChange[]) => Promise<void> | void = () => undefined;
  readonly leaseSeconds?: number;
  readonly now?: () => Promise<Date>;
  readonly changeAll?: NonNullable<JobStore['changeAll']>;
  readonly addJobs?: NonNullable<JobStore['addJobs']>;
  readonly #data: StoredData;
  #isDead = false;
  #context: JobStoreContext | undefined;

  constructor(
    data: StoredData,
    { shared, isGrouping = false }: { readonly shared?: ManualClock; readonly isGrouping?: boolean } = {},
  ) {
    this.#data = data;
    if (isGrouping) {
      this.changeAll = (changes) => this.#changeAll(changes);
      this.addJobs = (jobs) => this.#addJobs(jobs);
    }
    if (shared) {
      this.leaseSeconds = 30;
      this.now = () => this.#do(async () => shared.now());
    }
  }

  /** The program that uses it is gone: nothing comes of what it asks for any more. */
  kill(): void {
    this.#isDead = true;
    this.#data.views.delete(this);
  }

  open(context: JobStoreContext): Promise<void> {
    this.#context = context;
    this.#data.views.add(this);
    return this.#do(async () => undefined);
  }

  async close(): Promise<void> {
    this.#data.views.delete(this);
  }

  addJob(job: Job): Promise<void> {
    return this.#write((memory) => memory.addJob(job));
  }

  updateJob(job: Job): Promise<void> {
    return this.#write((memory) => memory.updateJob(job));
  }

  removeJob(id: string): Promise<void> {
    return this.#write((memory) => memory.removeJob(id));
  }

  removeAllJobs(): Promise<void> {
    return this.#write((memory) => memory.removeAllJobs());
  }

  lookupJob(id: string): Promise<Job | undefined> {
    return this.#do((memory) => memory.lookupJob(id));
  }

  getAllJobs(): Promise<Job[]> {
    return this.#do((memory) => memory.getAllJobs());
  }

  getDueJobs(now: Date): Promise<DueJob[]> {
    return this.#do((memory) => memory.getDueJobs(now));
  }

  getNextDueTime(after: Date): Promise<Date | undefined> {
    return this.#do((memory) => memory.getNextDueTime(after));
  }

  change(change: JobChange): Promise<boolean> {
    return this.#write(async (memory) => {
      await this.beforeChange([change]);
      const isMade = await memory.change(change);
      if (this.killAfterChange(change)) this.kill();
      return isMade;
    });
  }

  getRun(id: string): Promise<Run[]> {
    return this.#do((memory) => memory.getRun(id));
  }

  getRuns(query: RunQuery): Promise<Run[]> {
    return this.#do((memory) => memory.getRuns(query));
  }

  getActiveRuns(jobId?: string): Promise<Run[]> {
    return this.#do((memory) => memory.getActiveRuns(jobId));
  }

  getUnsettledRuns(): Promise<Run[]> {
    return this.#do((memory) => memory.getUnsettledRuns());
  }

  renewLeases(until: Date): Promise<void> {
    return this.#do(async (memory) => {
      for (const run of await memory.getActiveRuns()) {
        if (run.node !== this.#context?.node) continue;
        await memory.change({ jobId: run.jobId, expect: {}, runs: [{ ...run, leaseUntil: until }] });
      }
    });
  }

  pruneRuns(jobId: string, keep: { readonly limit: number; readonly since: Date | undefined }) {
    return this.#do((memory) => memory.pruneRuns(jobId, keep));
  }

  #addJobs(jobs: readonly Job[]): Promise<readonly boolean[]> {
    return this.#write(async (memory) => {
      const isAdded: boolean[] = [];
      for (const job of jobs) {
        const isTaken = (await memory.lookupJob(job.id)) !== undefined;
        if (!isTaken) await memory.addJob(job);
        isAdded.push(!isTaken);
      }
      return isAdded;
    });
  }

  #changeAll(changes: readonly JobChange[]): Promise<readonly boolean[]> {
    const isHalfDone = this.faultOf(this.operations + 1) === 'half done';
    const reached = isHalfDone ? changes.slice(0, Math.floor(changes.length / 2)) : changes;
    return this.#write(async (memory) => {
      await this.beforeChange(changes);
      const isMade: boolean[] = [];
      for (const change of reached) {
        isMade.push(await memory.change(change));
        if (this.killAfterChange(change)) this.kill();
      }
      return isMade;
    });
  }

  async #write<T>(work: (memory: MemoryJobStore) => Promise<T>): Promise<T> {
    const result = await this.#do(work);
    if (this.leaseSeconds !== undefined) {
      for (const view of this.#data.views) if (view !== this) view.#context?.onChange();
    }
    return result;
  }

  async #do<T>(work: (memory: MemoryJobStore) => Promise<T>): Promise<T> {
    if (this.#isDead) return new Promise(() => undefined);
    this.operations += 1;
    const fault = this.faultOf(this.operations);
    if (fault === 'killed before') this.kill();
    if (fault === 'refused') throw new JobStoreError('connection refused');
    if (this.#isDead) return new Promise(() => undefined);
    const result = await work(this.#data.memory);
    if (fault === 'answer lost' || fault === 'half done') throw new JobStoreError('connection reset');
    if (fault === 'killed after') this.kill();
    if (this.#isDead) return new Promise(() => undefined);
    return result;
  }
}
