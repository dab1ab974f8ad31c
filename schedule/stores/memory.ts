import { ConflictingIdError, JobLookupError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { DueJob, JobChange, JobStore, RunQuery } from '../job-store.ts';
import { failures, isActive, type Run } from '../run.ts';
import { DueHeap } from './due-heap.ts';

/** The runs of one job, also after the job is gone. */
interface Records {
  readonly active: Map<string, Run>;
  /** In the order in which they ended. */
  readonly ended: Map<string, Run>;
  /** Fire times of which there is a record. */
  readonly fires: Set<number>;
}

/** Jobs and runs in memory: nothing outlives the scheduler. */
export class MemoryJobStore implements JobStore {
  readonly isVolatile: boolean = true;
  readonly #jobs = new Map<string, Job>();
  readonly #due = new DueHeap<{ readonly id: string; readonly dueTime: Date }>();
  readonly #records = new Map<string, Records>();
  /** Jobs that are gone, but not their records. */
  readonly #gone = new Set<string>();
  readonly #jobOfRun = new Map<string, string>();
  readonly #unsettled = new Map<string, Run>();

  async open(): Promise<void> {}

  async close(): Promise<void> {
    this.#jobs.clear();
    this.#due.clear();
    this.#records.clear();
    this.#gone.clear();
    this.#jobOfRun.clear();
    this.#unsettled.clear();
  }

  async addJob(job: Job): Promise<void> {
    if (this.#jobs.has(job.id)) throw new ConflictingIdError(job.id);
    this.#put(job);
  }

  async updateJob(job: Job): Promise<void> {
    if (!this.#jobs.has(job.id)) throw new JobLookupError(job.id);
    this.#put(job);
  }

  async removeJob(id: string): Promise<void> {
    if (!this.#jobs.has(id)) throw new JobLookupError(id);
    this.#remove(id);
  }

  async removeAllJobs(): Promise<void> {
    for (const id of [...this.#jobs.keys()]) this.#remove(id);
  }

  async lookupJob(id: string): Promise<Job | undefined> {
    return this.#jobs.get(id);
  }

  async getAllJobs(): Promise<Job[]> {
    return [...this.#jobs.values()].sort(byNextRunTime);
  }

  async getDueJobs(now: Date): Promise<DueJob[]> {
    return this.#due.due(now).flatMap(({ id }) => {
      const job = this.#jobs.get(id);
      return job ? [{ job, active: [...(this.#records.get(id)?.active.values() ?? [])] }] : [];
    });
  }

  async getNextDueTime(after: Date): Promise<Date | undefined> {
    return this.#due.nextAfter(after);
  }

  async change({ jobId, expect, job, runs }: JobChange): Promise<boolean> {
    const stored = this.#jobs.get(jobId);
    const active = [...(this.#records.get(jobId)?.active.values() ?? [])];
    const { nextRunTime, modified } = expect;
    const isAboutJob = [job, nextRunTime, modified].some((part) => part !== undefined);
    if (stored === undefined && isAboutJob) return false;
    if (nextRunTime !== undefined && !isSameTime(stored?.nextRunTime, nextRunTime)) return false;
    if (modified !== undefined && !isSameTime(stored?.modified, modified)) return false;
    if (expect.active && !isSameActive(active, expect.active)) return false;
    if (runs.some((run) => this.#isTaken(run))) return false;
    if (job === 'removed') this.#remove(jobId);
    else if (job !== undefined) this.#put(job);
    for (const run of runs) this.#record(run, this.#recordsOf(run.jobId));
    return true;
  }

  async getRun(id: string): Promise<Run[]> {
    const records = this.#records.get(this.#jobOfRun.get(id) ?? '');
    if (records === undefined) return [];
    return [...records.ended.values(), ...records.active.values()]
      .filter((run) => run.id === id)
      .sort((one, other) => one.attempt - other.attempt);
  }

  async getRuns({ jobId, states, offset = 0, limit }: RunQuery): Promise<Run[]> {
    const records = jobId === undefined ? [...this.#records.values()] : [this.#records.get(jobId)];
    return records
      .flatMap((of) => (of ? [...of.ended.values(), ...of.active.values()] : []))
      .filter(
        (run) => states?.some((state) => (state === 'active' ? isActive(run) : run.state === state)) ?? true,
      )
      .sort(newestFirst)
      .slice(offset, limit === undefined ? undefined : offset + limit);
  }

  async getActiveRuns(jobId?: string): Promise<Run[]> {
    if (jobId !== undefined) return [...(this.#records.get(jobId)?.active.values() ?? [])];
    return [...this.#records.values()].flatMap(({ active }) => [...active.values()]);
  }

  async getUnsettledRuns(): Promise<Run[]> {
    return [...this.#unsettled.values()];
  }

  async renewLeases(): Promise<void> {}

  async pruneRuns(
    jobId: string,
    { limit, since }: { readonly limit: number; readonly since: Date | undefined },
  ): Promise<readonly Run[]> {
    const records = this.#records.get(jobId);
    if (records === undefined || (records.ended.size <= limit && since === undefined)) return [];
    const newestFirst = [...records.ended.values()].filter(({ isSettled }) => isSettled).reverse();
    let others = 0;
    let failed = 0;
    const removed = newestFirst.filter((run) => {
      const isTooMany = failures.some((state) => state === run.state) ? ++failed > limit : ++others > limit;
      return isTooMany || (since !== undefined && run.ended !== undefined && run.ended < since);
    });
    for (const run of removed) this.#forget(run, records);
    return removed.reverse();
  }

  async pruneRemoved(limit: number): Promise<readonly Run[]> {
    const gone = [...this.#gone].map((jobId) => [jobId, this.#recordsOf(jobId)] as const);
    const settled = gone.flatMap(([, { ended }]) => [...ended.values()].filter(({ isSettled }) => isSettled));
    const removed = settled.sort(newestFirst).slice(limit);
    for (const run of removed) this.#forget(run, this.#recordsOf(run.jobId));
    for (const [jobId, { active, ended }] of gone) {
      if (active.size + ended.size > 0) continue;
      this.#records.delete(jobId);
      this.#gone.delete(jobId);
    }
    return removed.reverse();
  }

  #put(job: Job): void {
    this.#jobs.set(job.id, job);
    this.#gone.delete(job.id);
    if (job.dueTime === undefined) this.#due.delete(job.id);
    else this.#due.set({ id: job.id, dueTime: job.dueTime });
  }

  #remove(id: string): void {
    this.#jobs.delete(id);
    if (this.#records.has(id)) this.#gone.add(id);
    this.#due.delete(id);
  }

  /** Whether there is another record of the same fire. */
  #isTaken(run: Run): boolean {
    const records = this.#records.get(run.jobId);
    const key = keyOf(run);
    if (records === undefined || !isFire(run) || records.active.has(key) || records.ended.has(key))
      return false;
    return records.fires.has(run.fireTime.getTime());
  }

  #record(run: Run, records: Records): void {
    const key = keyOf(run);
    records.active.delete(key);
    if (isActive(run)) records.active.set(key, run);
    else records.ended.set(key, run);
    if (isFire(run)) records.fires.add(run.fireTime.getTime());
    this.#jobOfRun.set(run.id, run.jobId);
    if (!this.#jobs.has(run.jobId)) this.#gone.add(run.jobId);
    if (isActive(run) || run.isSettled) this.#unsettled.delete(key);
    else this.#unsettled.set(key, run);
  }

  #forget(run: Run, records: Records): void {
    records.ended.delete(keyOf(run));
    if (isFire(run)) records.fires.delete(run.fireTime.getTime());
    const isElsewhere = [...records.ended.values(), ...records.active.values()].some(
      ({ id }) => id === run.id,
    );
    if (!isElsewhere) this.#jobOfRun.delete(run.id);
  }

  #recordsOf(jobId: string): Records {
    const known = this.#records.get(jobId);
    if (known) return known;
    const records = { active: new Map(), ended: new Map(), fires: new Set<number>() };
    this.#records.set(jobId, records);
    return records;
  }
}

/** Whether no other record may be of the same fire time. */
function isFire({ cause, attempt }: Run): boolean {
  return attempt === 1 && (cause === 'schedule' || cause === 'catchup');
}

function keyOf({ id, attempt }: Pick<Run, 'id' | 'attempt'>): string {
  return `${id}/${attempt}`;
}

function isSameTime(one: Date | undefined, other: Date | null): boolean {
  return (one?.getTime() ?? null) === (other?.getTime() ?? null);
}

type Stand = Pick<Run, 'id' | 'attempt' | 'state' | 'isStopRequested'>;

function isSameActive(stored: readonly Stand[], expected: readonly Stand[]): boolean {
  if (stored.length !== expected.length) return false;
  const stands = new Set(stored.map(standOf));
  return expected.every((run) => stands.has(standOf(run)));
}

function standOf(run: Stand): string {
  return `${keyOf(run)} ${run.state} ${run.isStopRequested}`;
}

function newestFirst(one: Run, other: Run): number {
  if (one.id !== other.id) return one.id < other.id ? 1 : -1;
  return other.attempt - one.attempt;
}

function byNextRunTime(one: Job, other: Job): number {
  const [first, second] = [
    one.nextRunTime?.getTime() ?? Number.POSITIVE_INFINITY,
    other.nextRunTime?.getTime() ?? Number.POSITIVE_INFINITY,
  ];
  if (first !== second) return first < second ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
