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
import type { Relay } from './relay.ts';
import { SeenOutput } from './seen-output.ts';
import type { Rotation, Sink } from './sink.ts';
import { Staging, type StagingOptions } from './staging.ts';

/** Pipefuls of a child that has ended which are told from what others write later. */
const maxLastWords = 16;

export interface PipeSourceOptions extends StagingOptions {
  readonly pipe: number;
  /** The way to the log of a child in full flow; by default it has none of its own. */
  readonly relay?: Relay;
}

export class PipeSource implements OutputSource {
  readonly pipe: number;
  readonly #filter: OutputFilter | undefined;
  readonly #staging: Staging;
  readonly #seen: SeenOutput;
  readonly #relay: Relay | undefined;
  #mayHaveMore = true;
  /** A sink that takes no splice: some file systems do not, and files opened for appending. */
  #unspliceable: Sink | undefined;

  /**
   * Goes on with what an earlier daemon has left.
   *
   * @throws an error with `code`, such as `EMFILE`
   */
  constructor(options: PipeSourceOptions) {
    this.pipe = options.pipe;
    this.#relay = options.relay;
    this.#filter = options.filter;
    this.#staging = new Staging(options);
    this.#seen = new SeenOutput(this.#staging, options.filter);
    try {
      this.#relay?.resume();
    } catch (error) {
      this.#staging.close();
      throw error;
    }
  }

  get left(): number {
    return this.#seen.left + this.#inRelay + Math.max(0, bytesIn(this.pipe));
  }

  get mayHaveMore(): boolean {
    return this.#mayHaveMore;
  }

  get hasRest(): boolean {
    return this.#seen.hasRest || this.#inRelay > 0;
  }

  get unkept(): number {
    return this.#seen.unkept;
  }

  move(sink: Sink, rotation: Rotation): Moved {
    if (this.#seen.isEmpty) {
      if (sink !== this.#unspliceable && !this.#filter?.isNeeded()) {
        const count = this.#relay?.splice(sink, rotation) ?? sink.splice(this.pipe, pipeCapacity, rotation);
        if (count !== -EINVAL) {
          this.#mayHaveMore = count >= pipeCapacity;
          return this.#moved(count, sink);
        }
        this.#unspliceable = sink;
      }
      this.#mayHaveMore = true;
      const count = this.#staging.take(this.#front);
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
    for (let left = maxLastWords; left > 0 && this.#staging.takeLasting(this.#front) > 0; left -= 1);
    const hasMore = this.#seen.endChild();
    // Nothing may come for long.
    if (this.#seen.isEmpty) this.#staging.empty({ ifWorth: 1 });
    return hasMore;
  }

  close(): void {
    this.#staging.close();
    this.#relay?.close();
  }

  leave(): void {
    this.#staging.close();
    this.#relay?.leave();
  }

  get #inRelay(): number {
    return this.#relay?.length ?? 0;
  }

  get #front(): number {
    return this.#relay?.front ?? this.pipe;
  }

  #moved(count: number, sink: Sink): Moved {
    const result = moved(count);
    return result === 'empty' && sink.canBeFull && bytesIn(this.#front) > 0 ? 'full' : result;
  }
}
