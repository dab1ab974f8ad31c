import type { Job } from '../job.ts';
import type { JobStoreContext } from '../job-store.ts';
import type { Run } from '../run.ts';
import { fromRecord, jobFields, runFields } from './records.ts';

/**
 * Reads what a store keeps. What cannot be read is reported once, and left as it is: whoever has written it may be
 * back, or somebody may mend it.
 */
export class RecordReader {
  readonly #context: JobStoreContext;
  readonly #reported = new Set<string>();

  constructor(context: JobStoreContext) {
    this.#context = context;
  }

  /** @param record makes the record; what it throws is why it cannot be read */
  job(id: unknown, record: () => unknown): Job | undefined {
    return this.#read(`job "${id}"`, () => fromRecord(jobFields, record()));
  }

  /** @param record makes the record; what it throws is why it cannot be read */
  run(id: unknown, record: () => unknown): Run | undefined {
    return this.#read(`run ${id}`, () => fromRecord(runFields, record()));
  }

  #read<T>(what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const reason = Error.isError(error) ? error.message : String(error);
      const text = `Job store "${this.#context.alias}": ${what} cannot be read and is left alone: ${reason}`;
      if (!this.#reported.has(text)) this.#context.warn(text);
      this.#reported.add(text);
      return undefined;
    }
  }
}
