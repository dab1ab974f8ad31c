/**
 * The output of a child, out of its FIFO. Bytes that nobody needs to see are spliced into the log: the kernel moves
 * and consumes them in one step, and a daemon killed at any instant has neither lost nor doubled one. The others take
 * the way of `SeenOutput`.
 */
import { bytesIn } from '../host/libc/bytes.ts';
import { EINVAL } from '../host/libc/call.ts';
import { type Moved, moved, type OutputSource } from './output-source.ts';
import { pipeCapacity } from './pipe-peek.ts';
import { Relay, type RelayPlace } from './relay.ts';
import { SeenOutput } from './seen-output.ts';
import type { Rotation, Sink } from './sink.ts';
import { Staging, type StagingOptions } from './staging.ts';

/** Pipefuls of a child that has ended which are told from what others write later. */
const maxLastWords = 32;
/** Who writes less at a time is not in full flow. */
const page = 4096;

export interface PipeSourceOptions extends StagingOptions {
  readonly pipe: number;
  /** Where its relay is, if it may have one. */
  readonly relay?: RelayPlace;
}

/** The way of bytes that are looked at. */
interface Detour {
  readonly staging: Staging;
  readonly seen: SeenOutput;
}

export class PipeSource implements OutputSource {
  readonly pipe: number;
  readonly #options: PipeSourceOptions;
  /** Most outputs never need it. */
  #detour: Detour | undefined;
  #relay: Relay | undefined;
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
    this.#options = options;
    const staging = new Staging(options);
    const detour = { staging, seen: new SeenOutput(staging, options.filter) };
    if (!staging.isUnused || !detour.seen.isEmpty) this.#detour = detour;
    try {
      const { pipe, relay } = options;
      if (relay !== undefined) this.#relay = Relay.ofEarlierDaemon(pipe, relay);
    } catch (error) {
      staging.close();
      throw error;
    }
  }

  get left(): number {
    return (this.#detour?.seen.left ?? 0) + this.#inRelay + Math.max(0, bytesIn(this.pipe));
  }

  get mayHaveMore(): boolean {
    return this.#mayHaveMore;
  }

  get hasRest(): boolean {
    return this.#inRelay > 0 || (this.#detour?.seen.hasRest ?? false);
  }

  get unkept(): number {
    return this.#detour?.seen.unkept ?? 0;
  }

  move(sink: Sink, rotation: Rotation): Moved {
    if (this.#isNothingSeen) {
      if (sink !== this.#unspliceable && !this.#options.filter?.isNeeded()) {
        const count = this.#splice(sink, rotation);
        if (count !== -EINVAL) {
          this.#mayHaveMore = count >= pipeCapacity;
          return this.#moved(count, sink);
        }
        this.#unspliceable = sink;
      }
      this.#mayHaveMore = true;
      const count = this.#takeDetour().staging.take(this.#front);
      if (count <= 0) return this.#moved(count, sink);
    }
    const { seen, staging } = this.#takeDetour();
    const result = seen.move(sink, rotation);
    if (seen.isEmpty) staging.empty();
    return result;
  }

  put(text: Buffer): void {
    this.#takeDetour().seen.put(text);
  }

  endChild(): boolean {
    if (this.#isNothingSeen && !this.#options.filter?.isNeeded()) return false;
    const { seen, staging } = this.#takeDetour();
    for (let left = maxLastWords; left > 0 && staging.takeLasting(this.#front) > 0; left -= 1);
    const hasMore = seen.endChild();
    // Nothing may come for long.
    if (seen.isEmpty) staging.empty({ ifWorth: 1 });
    return hasMore;
  }

  close(): void {
    this.#detour?.staging.close();
    this.#relay?.close();
  }

  leave(): void {
    this.#detour?.staging.close();
    this.#relay?.leave();
  }

  get #inRelay(): number {
    return this.#relay?.length ?? 0;
  }

  /** Where the next bytes are. */
  get #front(): number {
    return this.#relay?.front ?? this.pipe;
  }

  #splice(sink: Sink, rotation: Rotation): number {
    if (this.#relay !== undefined) return this.#relay.splice(sink, rotation);
    const count = sink.splice(this.pipe, pipeCapacity, rotation);
    const { relay } = this.#options;
    if (count >= page && relay !== undefined) this.#relay = new Relay(this.pipe, relay);
    return count;
  }

  get #isNothingSeen(): boolean {
    return this.#detour?.seen.isEmpty ?? true;
  }

  #takeDetour(): Detour {
    if (this.#detour === undefined) {
      // What an earlier daemon may have left was looked for at the beginning.
      const staging = new Staging(this.#options, { isLookedFor: true });
      this.#detour = { staging, seen: new SeenOutput(staging, this.#options.filter) };
    }
    return this.#detour;
  }

  #moved(count: number, sink: Sink): Moved {
    const result = moved(count);
    return result === 'empty' && sink.canBeFull && bytesIn(this.#front) > 0 ? 'full' : result;
  }
}
