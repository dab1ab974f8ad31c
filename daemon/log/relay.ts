/**
 * A second FIFO on the way of output from the FIFO of a child to its log, while the child writes as fast as it can.
 *
 * A splice into a file keeps the pipe locked while the kernel copies, and the child stands still. A splice into another
 * pipe only hands over pages: the child writes on at once, and the copying is done out of the second one. What is in
 * there comes before all that is in the first. The process that keeps FIFOs open has both, so that a daemon which is
 * killed leaves each byte in one of them or in the log. And both are wide, which makes fewer wake-ups.
 *
 * @see docs/decisions/0014-logs-at-full-speed.md
 */
import { closeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { ensureFifo, inodeOf, isFifo, openForDaemon, removeOwnFifo } from '../host/fifo.ts';
import { bytesIn, splice } from '../host/libc/bytes.ts';
import { checked } from '../host/libc/call.ts';
import { pipeSize, resizePipe } from '../host/libc/descriptors.ts';
import type { PipeKeeper } from '../host/pipe-keeper.ts';
import { pipeCapacity } from './pipe-peek.ts';
import type { Rotation, Sink } from './sink.ts';

/** What the names of relays end with. */
export const relayEnding = '.relay';
/** The most that a pipe can hold without privileges. */
const fullWidth = 1_048_576;
/** A child that has so many bytes moved in so many milliseconds is in full flow. */
const fullFlow = { bytes: 4_194_304, ms: 40 };
/** One that has fewer moved between two looks has calmed down. */
const calm = { bytes: 100_000_000, ms: 10_000 };
/** A user without privileges may have 64 pipes of full width, and all other pipes of that user share in it. */
const most = 8;

/** What keeps FIFOs open beside the daemon. */
export type FifoKeeper = Pick<PipeKeeper, 'add' | 'remove' | 'sync' | 'keeps' | 'removedFifo'>;

/** The relays of all outputs. */
export class Relays {
  readonly keeper: FifoKeeper;
  readonly #open = new Set<Relay>();
  #looking: NodeJS.Timeout | undefined;

  constructor(keeper: FifoKeeper) {
    this.keeper = keeper;
  }

  get areTooMany(): boolean {
    return this.#open.size >= most;
  }

  add(relay: Relay): void {
    this.#open.add(relay);
    this.#looking ??= setInterval(() => {
      for (const each of this.#open) each.closeIfCalm();
    }, calm.ms).unref();
  }

  remove(relay: Relay): void {
    this.#open.delete(relay);
    if (this.#open.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}

/** Where the relay of an output is. */
export interface RelayPlace {
  readonly path: string;
  readonly relays: Relays;
}

/** That of one output. It is there only while the child is in full flow. */
export class Relay {
  readonly #pipe: number;
  readonly #path: string;
  readonly #relays: Relays;
  #fd: number | undefined;
  /** Bytes since the last look; before it is open, since `#since`. */
  #moved = 0;
  #since = 0;
  /** By the clock of `performance`: before, there is none to be had. */
  #retryAt = 0;

  /** @param pipe the FIFO of the child */
  constructor(pipe: number, { path, relays }: RelayPlace) {
    this.#pipe = pipe;
    this.#path = path;
    this.#relays = relays;
  }

  /**
   * The one that an earlier daemon has left; `undefined`: none.
   *
   * @throws an error with `code`: descriptors are short. What is in it must be read before anything else
   */
  static ofEarlierDaemon(pipe: number, place: RelayPlace): Relay | undefined {
    const path = pathOfEarlier(pipe, place);
    if (path === undefined) return undefined;
    const relay = new Relay(pipe, place);
    relay.#open(path);
    return relay;
  }

  /** Bytes in it: they come before those in the FIFO of the child. */
  get length(): number {
    return this.#fd === undefined ? 0 : Math.max(0, bytesIn(this.#fd));
  }

  /** Where the next bytes are. */
  get front(): number {
    return this.#fd !== undefined && this.length > 0 ? this.#fd : this.#pipe;
  }

  /** Moves bytes into a sink. @returns how many, or a negated errno */
  splice(sink: Sink, rotation: Rotation): number {
    const fd = this.#fd;
    if (fd === undefined) return this.#spliceDirectly(sink, rotation);
    let length = this.length;
    if (length === 0) {
      const { keeper } = this.#relays;
      if (sink.position === undefined || !keeper.keeps(fd)) return this.#spliceDirectly(sink, rotation);
      length = splice(this.#pipe, fd, fullWidth);
      if (length <= 0) return length;
      this.#moved += length;
    }
    let total = 0;
    while (total < length) {
      const count = sink.splice(fd, length - total, rotation);
      if (count <= 0) return total > 0 ? total : count;
      total += count;
    }
    return total;
  }

  /** Closes it when the child has calmed down since it was last asked. */
  closeIfCalm(): void {
    const isCalm = this.#moved < calm.bytes;
    this.#moved = 0;
    if (isCalm && this.length === 0) this.close();
  }

  /** Gives it up, with what is in it. */
  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    this.#moved = 0;
    this.#relays.remove(this);
    this.#relays.keeper.remove(fd);
    try {
      removeOwnFifo(this.#path, inodeOf(fd));
    } catch {
      // Nobody needs what is in it.
    }
    closeSync(fd);
    // Unless there is more in it than that: then its next relay will see to it.
    resizePipe(this.#pipe, pipeCapacity);
  }

  /** Leaves what is in it to the next daemon. */
  leave(): void {
    if (this.#fd === undefined || this.length === 0) {
      this.close();
      return;
    }
    const { keeper } = this.#relays;
    this.#relays.remove(this);
    if (!keeper.keeps(this.#fd)) keeper.sync();
    // The process that has it goes on; the number may soon be that of something else.
    keeper.remove(this.#fd);
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  #spliceDirectly(sink: Sink, rotation: Rotation): number {
    const count = sink.splice(this.#pipe, pipeCapacity, rotation);
    if (count > 0 && this.#fd === undefined && sink.position !== undefined) this.#measure(count);
    return count;
  }

  #measure(count: number): void {
    if (this.#moved === 0) this.#since = performance.now();
    this.#moved += count;
    if (this.#moved < fullFlow.bytes) return;
    this.#moved = 0;
    const now = performance.now();
    const isFull = now - this.#since < fullFlow.ms;
    if (isFull && now >= this.#retryAt && !this.#relays.areTooMany) this.#make();
  }

  /** Without one it is slower. */
  #make(): void {
    try {
      ensureFifo(this.#path, undefined);
      const fd = this.#open(this.#path);
      this.#relays.keeper.sync();
      for (const pipe of [fd, this.#pipe]) checked(resizePipe(pipe, fullWidth), 'fcntl');
    } catch {
      this.close();
      this.#retryAt = performance.now() + calm.ms;
    }
  }

  /** @throws an error with `code` */
  #open(path: string): number {
    const fd = openForDaemon(path);
    this.#fd = fd;
    this.#relays.add(this);
    this.#relays.keeper.add(fd);
    return fd;
  }
}

function pathOfEarlier(pipe: number, { path, relays }: RelayPlace): string | undefined {
  if (isFifo(path)) return path;
  // Somebody may have removed it. Only where there was one, the FIFO of the child is wide.
  return pipeSize(pipe) > pipeCapacity ? relays.keeper.removedFifo(path) : undefined;
}
