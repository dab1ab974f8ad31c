/**
 * The output of a child, out of its FIFO. Bytes that nobody needs to see are spliced into the log: the kernel moves
 * and consumes them in one step, and a daemon killed at any instant has neither lost nor doubled one. The others take
 * the way of `SeenOutput`.
 */
import { bytesIn } from '../host/libc/bytes.ts';
import { EINVAL } from '../host/libc/call.ts';
import type { OutputFilter } from './output-filter.ts';
import { type Moved, moved, type OutputSource } from './output-source.ts';
import { pipeCapacity } from './pipe-peek.ts';
import { SeenOutput } from './seen-output.ts';
import type { Rotation, Sink } from './sink.ts';
import { Staging, type StagingOptions } from './staging.ts';

/** Pipefuls of a child that has ended which are told from what others write later. */
const maxLastWords = 16;

export class PipeSource implements OutputSource {
  readonly pipe: number;
  readonly #filter: OutputFilter | undefined;
  readonly #staging: Staging;
  readonly #seen: SeenOutput;
  /** A sink that takes no splice: some file systems do not, and files opened for appending. */
  #unspliceable: Sink | undefined;

  constructor(options: StagingOptions) {
    this.pipe = options.pipe;
    this.#filter = options.filter;
    this.#staging = new Staging(options);
    this.#seen = new SeenOutput(this.#staging, options.filter);
  }

  get left(): number {
    return this.#seen.left + Math.max(0, bytesIn(this.pipe));
  }

  get hasRest(): boolean {
    return this.#seen.hasRest;
  }

  get unkept(): number {
    return this.#seen.unkept;
  }

  move(sink: Sink, rotation: Rotation): Moved {
    if (this.#seen.isEmpty) {
      if (sink !== this.#unspliceable && !this.#filter?.isNeeded()) {
        const count = sink.splice(this.pipe, pipeCapacity, rotation);
        if (count !== -EINVAL) return this.#moved(count, sink);
        this.#unspliceable = sink;
      }
      const count = this.#staging.take();
      if (count <= 0) return this.#moved(count, sink);
    }
    const result = this.#seen.move(sink, rotation);
    if (this.#seen.isEmpty) this.#staging.empty();
    return result;
  }

  put(text: Buffer): void {
    this.#seen.put(text);
  }

  endChild(): boolean {
    if (this.#seen.isEmpty && !this.#filter?.isNeeded()) return false;
    for (let left = maxLastWords; left > 0 && this.#staging.takeLasting() > 0; left -= 1);
    const hasMore = this.#seen.endChild();
    // Nothing may come for long.
    if (this.#seen.isEmpty) this.#staging.empty({ ifWorth: 1 });
    return hasMore;
  }

  close(): void {
    this.#staging.close();
  }

  #moved(count: number, sink: Sink): Moved {
    const result = moved(count);
    return result === 'empty' && sink.canBeFull && bytesIn(this.pipe) > 0 ? 'full' : result;
  }
}
