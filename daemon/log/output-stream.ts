/**
 * The way of a child's output: from its FIFO to a sink. Whatever goes wrong with the sink stays here: the
 * bytes wait in the FIFO, which is bounded, so the child waits when it is full, and nothing is lost.
 *
 * Bytes that nobody needs to see are spliced: the kernel moves and consumes them in one step, and a daemon
 * killed at any instant has neither lost nor doubled one. Where they must be seen, they are looked at,
 * written, and only then consumed.
 */
import { errorCode } from '../../conf/error-code.ts';
import type { Epoll, Load, ReadyListener } from '../host/epoll.ts';
import { bytesIn } from '../host/libc/bytes.ts';
import { EAGAIN, EINTR, EINVAL, errnoName } from '../host/libc/call.ts';
import { EPOLLIN } from '../host/libc/readiness.ts';
import { discard, discardSink } from './discard.ts';
import type { OutputFilter } from './output-filter.ts';
import { peekPipe, pipeCapacity } from './pipe-peek.ts';
import { neverRotate, type Rotation, type Sink } from './sink.ts';

export interface OutputStreamOptions {
  /** The daemon's end of the FIFO, non-blocking. The stream does not close it. */
  readonly pipe: number;
  readonly epoll: Epoll;
  /** Whose output it is, for messages: `'web' stdout`. */
  readonly owner: string;
  readonly filter?: OutputFilter | undefined;
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
  /** The sink takes bytes by splice, as far as is known. */
  #canSplice = false;
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
    this.#flushFilter();
    this.#stopWaiting();
    this.#release();
    this.#sink = sink;
    this.#rotation = rotation;
    this.#isHeld = true;
    this.#isRunning = true;
    this.#canSplice = true;
    this.#watch();
  }

  /**
   * Goes on with the output of a child that runs already. A sink that cannot be opened is tried again until it
   * can, as if it had failed in between.
   */
  resume(sink: Sink, rotation: Rotation): void {
    this.#sink = sink;
    this.#rotation = rotation;
    this.#isRunning = true;
    this.#canSplice = true;
    this.#watch();
    this.flush();
  }

  /**
   * The child has ended: moves what it left in the pipe. What grandchildren write later is moved as it
   * comes, and one that never stops writing does not keep us here.
   */
  end(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.flush();
  }

  /** Puts words of the daemon itself into the log. Only between `begin` and `end`. */
  write(text: string): void {
    this.#keep(Buffer.from(text));
    this.flush();
  }

  /** Moves what there is now, unless it waits for the sink. */
  flush(): void {
    if (this.#cancelWait === undefined) this.#move();
  }

  ready(): Load {
    return this.#move() >= fullFlow ? 'busy' : 'quiet';
  }

  /** Stops for good, after a last look at the pipe, and says if anything is left that the sink did not take. */
  close(): void {
    this.end();
    if (this.#cancelWait !== undefined) {
      this.#stopWaiting();
      this.#sink.hurry?.();
      this.#move();
      this.#stopWaiting();
      this.#tellLost();
    }
    this.#release();
    this.#unwatch();
  }

  /** Stops for good, and leaves what is in the pipe to whoever comes next. */
  leave(): void {
    this.#stopWaiting();
    if (this.#unwritten.length > 0) this.#move();
    this.#stopWaiting();
    const { owner, log } = this.#options;
    if (this.#unwritten.length > 0) {
      const lost = this.#unwritten.length;
      log('error', `${lost} bytes of output of ${owner} are lost: '${this.#sink.path}' did not take them`);
    }
    this.#release();
    this.#unwatch();
  }

  #tellLost(): void {
    const lost = this.#unwritten.length + Math.max(0, bytesIn(this.#options.pipe));
    if (lost === 0) return;
    const { owner, log } = this.#options;
    log('error', `${lost} bytes of output of ${owner} are lost: '${this.#sink.path}' did not take them`);
  }

  #keep(bytes: Buffer): void {
    this.#unwritten = Buffer.concat([this.#unwritten, bytes]);
  }

  /** The output of a child has ended: what the filter held back of it is to be written. */
  #flushFilter(): boolean {
    const bytes = this.#options.filter?.flush() ?? nothing;
    if (bytes.length > 0) this.#keep(bytes);
    return bytes.length > 0;
  }

  /** One turn: moves what there is, then waits for the pipe, or for the sink. @returns bytes moved */
  #move(): number {
    let total = 0;
    let moved: Moved = this.#hold();
    while (typeof moved === 'number' && total < turn) {
      moved = this.#moveSome();
      if (moved === 'empty' && !this.#isRunning && this.#flushFilter()) moved = 0;
      if (typeof moved !== 'number') break;
      total += moved;
      if (moved > 0) this.#recover();
    }
    if (moved === 'full') this.#waitUntilWritable();
    else if (typeof moved === 'object') this.#fail(moved.failed);
    else if (!this.#isRunning) this.#release();
    return total;
  }

  #moveSome(): Moved {
    if (this.#unwritten.length > 0) return this.#writeUnwritten();
    const { filter } = this.#options;
    const seenBy = filter?.isNeeded() ? filter : undefined;
    if (seenBy === undefined && this.#canSplice) {
      const count = this.#sink.splice(this.#options.pipe, pipeCapacity, this.#rotation);
      // Some file systems, and files opened for appending, take no splice.
      if (count !== -EINVAL) return this.#moved(count);
      this.#canSplice = false;
    }
    const bytes = peekPipe(this.#options.pipe);
    if (typeof bytes !== 'number') return this.#moveSeen(bytes, seenBy);
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

  #moveSeen(bytes: Buffer, filter: OutputFilter | undefined): Moved {
    if (filter === undefined) {
      const count = this.#sink.write(bytes, this.#rotation);
      if (count > 0) this.#consume(count);
      return count === -EAGAIN ? 'full' : this.#moved(count);
    }
    // A filter must see each byte once: what the sink does not take now is kept for it.
    const output = filter.push(bytes);
    const count = output.length === 0 ? 0 : this.#sink.write(output, this.#rotation);
    if (count < output.length) this.#unwritten = Buffer.from(output.subarray(Math.max(count, 0)));
    this.#consume(bytes.length);
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
