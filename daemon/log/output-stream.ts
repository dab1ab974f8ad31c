/**
 * The way of a child's output: from its FIFO to a sink. Whatever goes wrong with the sink stays here: the
 * bytes wait in the FIFO, which is bounded, so the child waits when it is full, and nothing is lost.
 *
 * Bytes that nobody needs to see are spliced: the kernel moves and consumes them in one step, and a daemon
 * killed at any instant has neither lost nor doubled one. Where they must be seen, they are looked at,
 * written, and only then consumed.
 */
import type { Epoll, Load, ReadyListener } from '../host/epoll.ts';
import { bytesIn } from '../host/libc/bytes.ts';
import { EAGAIN, EINTR, EINVAL, errnoName, errorCode } from '../host/libc/call.ts';
import { EPOLLIN } from '../host/libc/readiness.ts';
import { discard, discardSink } from './discard.ts';
import { peekPipe, pipeCapacity } from './pipe-peek.ts';
import { neverRotate, type Rotation, type Sink } from './sink.ts';
import type { OutputFilter } from './strip-ansi.ts';

export interface OutputStreamOptions {
  /** The daemon's end of the FIFO, non-blocking. The stream does not close it. */
  readonly pipe: number;
  readonly epoll: Epoll;
  /** Whose output it is, for messages: `'web' stdout`. */
  readonly owner: string;
  readonly filter?: OutputFilter | undefined;
  /** Shown each chunk as it is logged. The bytes are valid only during the call. */
  readonly observe?: ((bytes: Buffer) => void) | undefined;
  log(level: 'error' | 'info', text: string): void;
}

/** Bytes for one turn; the next stream has its turn then. */
const turn = 16 * pipeCapacity;
/** What was found in one turn from which on the child is in full flow. */
const fullFlow = pipeCapacity / 4;
/** How long until a sink that failed is tried again. */
const retryMs = 1000;
const nothing = Buffer.alloc(0);

/** How many bytes were moved, or why none. */
type Moved = number | 'empty' | 'full' | { readonly failed: string };

export class OutputStream implements ReadyListener {
  readonly #options: OutputStreamOptions;
  #sink: Sink;
  #rotation: Rotation;
  #isSpliced = false;
  /** Between `begin` and `end`: the sink stays open. */
  #isRunning = false;
  #isHeld = false;
  #isWatched = false;
  #isFailing = false;
  /** Set while the stream waits for the sink instead of the pipe; cancels that. */
  #cancelWait: (() => void) | undefined;
  /** Consumed from the pipe, or put in by the daemon, and not yet taken by the sink. */
  #unwritten: Buffer = nothing;

  constructor(options: OutputStreamOptions) {
    this.#options = options;
    this.#sink = discardSink;
    this.#rotation = neverRotate;
  }

  /**
   * A child is about to start, whose output goes to `sink`.
   *
   * @throws an error with `code` when the sink cannot be opened; the stream goes on as before
   */
  begin(sink: Sink, rotation: Rotation): void {
    sink.hold();
    this.#stopWaiting();
    this.#release();
    this.#sink = sink;
    this.#rotation = rotation;
    this.#isHeld = true;
    this.#isRunning = true;
    this.#isSpliced = this.#options.filter === undefined && this.#options.observe === undefined;
    this.#watch();
  }

  /**
   * The child has ended: moves what it left in the pipe. What grandchildren write later is moved as it
   * comes, and one that never stops writing does not keep us here.
   */
  end(): void {
    if (!this.#isRunning) return;
    this.flush();
    this.#put(this.#options.filter?.flush() ?? nothing);
    this.#isRunning = false;
    if (this.#cancelWait === undefined) this.#release();
  }

  /** Puts words of the daemon itself into the log. Only between `begin` and `end`. */
  write(text: string): void {
    this.#put(Buffer.from(text));
  }

  /** Moves what there is now, unless it waits for the sink. */
  flush(): void {
    if (this.#cancelWait === undefined) this.#move();
  }

  ready(): Load {
    return this.#move() >= fullFlow ? 'busy' : 'quiet';
  }

  /** Stops for good, after a last look at the pipe. */
  close(): void {
    this.end();
    this.#stopWaiting();
    this.#release();
    this.#unwatch();
  }

  #put(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#unwritten = Buffer.concat([this.#unwritten, bytes]);
    this.flush();
  }

  /** One turn: moves what there is, then waits for the pipe, or for the sink. @returns bytes moved */
  #move(): number {
    let total = 0;
    let moved: Moved = this.#hold();
    while (typeof moved === 'number' && total < turn) {
      moved = this.#moveSome();
      if (typeof moved !== 'number') break;
      total += moved;
      this.#recover();
    }
    if (moved === 'full') this.#waitUntilWritable();
    else if (typeof moved === 'object') this.#fail(moved.failed);
    else if (!this.#isRunning) this.#release();
    return total;
  }

  #moveSome(): Moved {
    if (this.#unwritten.length > 0) return this.#writeUnwritten();
    if (this.#isSpliced) {
      const count = this.#sink.splice(this.#options.pipe, pipeCapacity, this.#rotation);
      // Some file systems, and files opened for appending, take no splice.
      if (count !== -EINVAL) return this.#moved(count);
      this.#isSpliced = false;
    }
    const bytes = peekPipe(this.#options.pipe);
    if (typeof bytes !== 'number') return this.#moveSeen(bytes);
    return bytes === 0 || bytes === -EAGAIN ? 'empty' : this.#moved(bytes);
  }

  #moved(count: number): Moved {
    if (count > 0) return count;
    if (count === -EINTR) return 0;
    if (count !== 0 && count !== -EAGAIN) return { failed: errnoName(-count) };
    return this.#sink.canBeFull && bytesIn(this.#options.pipe) > 0 ? 'full' : 'empty';
  }

  #writeUnwritten(): Moved {
    const count = this.#sink.write(this.#unwritten, this.#rotation);
    if (count < 0) return count === -EAGAIN ? 'full' : { failed: errnoName(-count) };
    this.#unwritten = this.#unwritten.subarray(count);
    return count;
  }

  #moveSeen(bytes: Buffer): Moved {
    const { filter, observe } = this.#options;
    if (filter === undefined && observe === undefined) {
      const count = this.#sink.write(bytes, this.#rotation);
      if (count > 0) this.#consume(count);
      return count === -EAGAIN ? 'full' : this.#moved(count);
    }
    // A filter must see each byte once: what the sink does not take now is kept for it.
    const output = filter?.push(bytes) ?? bytes;
    const count = output.length === 0 ? 0 : this.#sink.write(output, this.#rotation);
    if (count < output.length) this.#unwritten = Buffer.from(output.subarray(Math.max(count, 0)));
    this.#consume(bytes.length);
    if (output.length > 0) observe?.(output);
    return bytes.length;
  }

  #consume(length: number): void {
    for (let left = length; left > 0; ) {
      const count = discard(this.#options.pipe, left);
      if (count <= 0) return;
      left -= count;
    }
  }

  #waitUntilWritable(): void {
    try {
      this.#cancelWait = this.#sink.onWritable(() => this.#resume());
      this.#unwatch();
    } catch (error) {
      this.#fail(errorCode(error));
    }
  }

  /** One line for each spell of failure; then the pipe fills, and the child waits. */
  #fail(code: string): void {
    if (!this.#isFailing) {
      this.#isFailing = true;
      this.#options.log(
        'error',
        `cannot write output of ${this.#options.owner} to '${this.#sink.path}': ${code}; it waits until that works again`,
      );
    }
    this.#unwatch();
    const timeout = setTimeout(() => this.#resume(), retryMs);
    this.#cancelWait = () => clearTimeout(timeout);
  }

  #recover(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.log('info', `output of ${this.#options.owner} is written to '${this.#sink.path}' again`);
  }

  #resume(): void {
    this.#cancelWait = undefined;
    this.#watch();
    this.#move();
  }

  #stopWaiting(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  #watch(): void {
    if (this.#isWatched) return;
    this.#options.epoll.add(this.#options.pipe, EPOLLIN, this);
    this.#isWatched = true;
  }

  #unwatch(): void {
    if (!this.#isWatched) return;
    this.#options.epoll.remove(this.#options.pipe);
    this.#isWatched = false;
  }

  /** Output of a grandchild, after the child has ended, opens the sink for itself. */
  #hold(): Moved {
    if (this.#isHeld) return 0;
    try {
      this.#sink.hold();
      this.#isHeld = true;
      return 0;
    } catch (error) {
      return { failed: errorCode(error) };
    }
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#sink.unhold();
  }
}
