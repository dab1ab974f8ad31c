import { open, readFile, rename } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { type Job, type JobChange, MemoryJobStore, type Run } from 'supervisord-ts/schedule';

/** Keeps jobs and runs in one file, which is written anew for each change: good for a few hundred of them. */
export class FileJobStore extends MemoryJobStore {
  // Other programs read it, which cannot know a function without a name.
  override readonly isVolatile = false;
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    super();
    this.#path = path;
  }

  override async open(): Promise<void> {
    await this.#load();
  }

  override async addJob(job: Job): Promise<void> {
    await this.#write(() => super.addJob(job));
  }

  override async updateJob(job: Job): Promise<void> {
    await this.#write(() => super.updateJob(job));
  }

  override async removeJob(id: string): Promise<void> {
    await this.#write(() => super.removeJob(id));
  }

  override async removeAllJobs(): Promise<void> {
    await this.#write(() => super.removeAllJobs());
  }

  override async change(change: JobChange): Promise<boolean> {
    return this.#write(() => super.change(change));
  }

  override async pruneRuns(...options: Parameters<MemoryJobStore['pruneRuns']>): Promise<readonly Run[]> {
    return this.#write(() => super.pruneRuns(...options));
  }

  override async pruneRemoved(limit: number): Promise<readonly Run[]> {
    return this.#write(() => super.pruneRemoved(limit));
  }

  async #load(): Promise<void> {
    await super.close();
    const bytes = await readFile(this.#path).catch((error) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (bytes === undefined) return;
    const { jobs, runs }: { jobs: readonly Job[]; runs: readonly Run[] } = deserialize(bytes);
    for (const job of jobs) await super.addJob(job);
    for (const run of runs) await super.change({ jobId: run.jobId, expect: {}, runs: [run] });
  }

  /** A change counts when it is on the disk, and only then; one comes after another. */
  #write<T>(change: () => Promise<T>): Promise<T> {
    const written = this.#last.then(async () => {
      const result = await change();
      try {
        await this.#save();
      } catch (error) {
        await this.#load();
        throw error;
      }
      return result;
    });
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #save(): Promise<void> {
    const runs = await this.getRuns({});
    const file = await open(`${this.#path}.new`, 'w', 0o600);
    try {
      await file.writeFile(serialize({ jobs: await this.getAllJobs(), runs: runs.reverse() }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${this.#path}.new`, this.#path);
  }
}
