/**
 * The way of a child's output: from its FIFO to a sink. Whatever goes wrong with the sink stays here: the
 * bytes wait in the FIFO, and a short spell loses nothing. A FIFO is bounded, so the child would have to wait
 * when it is full: in a longer spell the oldest lines are thrown away and counted instead. A sink that is
 * merely full, because its reader is slow, is waited for.
 *
 * Bytes that nobody needs to see are spliced: the kernel moves and consumes them in one step, and a daemon
 * killed at any instant has neither lost nor doubled one. Where they must be seen, they are looked at,
 * written, and only then consumed.
 */
import { errorCode } from '../../conf/error-code.ts';
import type { Epoll, Load, ReadyListener } from '../host/epoll.ts';
import { bytesIn, isWritable } from '../host/libc/bytes.ts';
import { EAGAIN, EINTR, EINVAL, errnoName } from '../host/libc/call.ts';
import { EPOLLIN } from '../host/libc/readiness.ts';
import { discard, discardSink } from './discard.ts';
import { oldestLines } from './oldest-lines.ts';
import type { OutputFilter } from './output-filter.ts';
import { peekPipe, pipeCapacity } from './pipe-peek.ts';
import { neverRotate, type Rotation, type Sink } from './sink.ts';

export interface OutputStreamOptions {
  /** The daemon's end of the FIFO, non-blocking, for reading and writing. The stream does not close it. */
  readonly pipe: number;
  readonly epoll: Epoll;
  /** Whose output it is, for messages: `'web' stdout`. */
  readonly owner: string;
  readonly filter?: OutputFilter | undefined;
  /** Milliseconds for which a sink may fail before output is dropped for a child that has to wait; by default 5,000. */
  readonly patienceMs?: number;
  log(level: 'error' | 'warn' | 'info', text: string): void;
  /** Told how many bytes do not get to the sink, each time some are given up. */
  countDropped?(bytes: number): void;
}

/** Bytes for one turn; the next stream has its turn then. */
const turn = 16 * pipeCapacity;
/** What was found in one turn from which on the child is in full flow. */
const fullFlow = pipeCapacity / 4;
/** How long until a sink that failed is tried again. */
const retryMs = 1000;
const defaultPatienceMs = 5000;
const nothing = Buffer.alloc(0);

/** How many bytes were moved, or why none. */
type Moved = number | 'empty' | 'full' | { readonly failed: string };

/** A spell in which the sink takes nothing. */
interface Failure {
  readonly code: string;
  /** By the clock of `performance`. */
  readonly since: number;
  /** The pipe has been full for a child that would have to wait: see `#overflow`. */
  isOverflowing: boolean;
  /** Bytes. */
  dropped: number;
}

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
  #failure: Failure | undefined;
  /** Set while the stream waits for the sink instead of the pipe; cancels that. */
  #cancelWait: (() => void) | undefined;
  /** Consumed from the pipe, or put in by the daemon, and not yet taken by the sink. */
  #unwritten: Buffer = nothing;
  #overflowMemory: Buffer = nothing;

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
    // After what the pipe has; and a program that cannot start has the daemon write a few words each time.
    if (this.#failure !== undefined) this.#overflow();
    this.#keep(Buffer.from(text));
    this.flush();
  }

  /** Moves what there is now, unless it waits for the sink. */
  flush(): void {
    if (this.#cancelWait === undefined) this.#move();
  }

  ready(): Load {
    const count = this.#cancelWait === undefined ? this.#move() : this.#overflow();
    return count >= fullFlow ? 'busy' : 'quiet';
  }

  /** Stops for good, after a last look at the pipe, and says if anything is left that the sink did not take. */
  close(): void {
    this.end();
    const isStuck = this.#cancelWait !== undefined;
    if (isStuck) {
      this.#stopWaiting();
      this.#sink.hurry?.();
      this.#move();
      this.#stopWaiting();
    }
    this.#tellLost(isStuck ? Math.max(0, bytesIn(this.#options.pipe)) : 0);
    this.#release();
    this.#unwatch();
  }

  /** Stops for good, and leaves what is in the pipe to whoever comes next. */
  leave(): void {
    this.#stopWaiting();
    if (this.#unwritten.length > 0) this.#move();
    this.#stopWaiting();
    this.#tellLost(0);
    this.#release();
    this.#unwatch();
  }

  /** @param inPipe bytes there that nobody is going to read */
  #tellLost(inPipe: number): void {
    const { owner, log, countDropped } = this.#options;
    const left = this.#unwritten.length + inPipe;
    const lost = left + (this.#failure?.dropped ?? 0);
    if (lost === 0) return;
    countDropped?.(left);
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

  /** One line for each spell of failure. The pipe fills meanwhile; once it is full, bytes go to memory instead. */
  #fail(code: string): void {
    const { owner, log, pipe, patienceMs = defaultPatienceMs } = this.#options;
    const now = performance.now();
    if (this.#failure === undefined) {
      this.#failure = { code, since: now, isOverflowing: false, dropped: 0 };
      log(
        'error',
        `cannot write output of ${owner} to '${this.#sink.path}': ${code}; it waits until that works again`,
      );
    }
    const failure = this.#failure;
    if (now - failure.since >= patienceMs && !isWritable(pipe)) failure.isOverflowing = true;
    if (failure.isOverflowing) this.#watch();
    else this.#unwatch();
    const timeout = setTimeout(() => this.#resume(), retryMs);
    this.#cancelWait = () => clearTimeout(timeout);
  }

  /**
   * The child must not wait any longer: reads on, and keeps the latest lines in memory, which are lost if the
   * daemon is killed. @returns bytes read
   */
  #overflow(): number {
    const { pipe, filter } = this.#options;
    const bytes = peekPipe(pipe);
    const length = typeof bytes === 'number' ? 0 : bytes.length;
    if (typeof bytes !== 'number') {
      this.#append(filter?.isNeeded() ? filter.push(bytes) : bytes);
      this.#consume(length);
    }
    while (this.#unwritten.length > pipeCapacity) {
      const oldest = oldestLines(this.#unwritten);
      this.#drop(this.#unwritten.subarray(0, oldest));
      this.#unwritten = this.#unwritten.subarray(oldest);
    }
    return length;
  }

  /** As `#keep`, in memory that is used again: a flood would leave garbage faster than it is collected. */
  #append(bytes: Buffer): void {
    const kept = this.#unwritten.length;
    const length = kept + bytes.length;
    const isEnough = this.#overflowMemory.length >= length;
    const memory = isEnough
      ? this.#overflowMemory
      : Buffer.allocUnsafeSlow(Math.max(length, 2 * pipeCapacity));
    this.#unwritten.copy(memory);
    bytes.copy(memory, kept);
    this.#unwritten = memory.subarray(0, length);
    this.#overflowMemory = memory;
  }

  #drop(bytes: Buffer): void {
    const { owner, log, countDropped } = this.#options;
    const failure = this.#failure;
    if (failure === undefined) return;
    if (failure.dropped === 0) {
      const reason = `'${this.#sink.path}' takes none (${failure.code})`;
      log(
        'warn',
        `output of ${owner} is dropped, oldest first, so that the program does not wait: ${reason}`,
      );
    }
    failure.dropped += bytes.length;
    this.#sink.skip?.(bytes);
    countDropped?.(bytes.length);
  }

  #recover(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    this.#overflowMemory = nothing;
    const { owner, log } = this.#options;
    const { code, dropped } = failure;
    const lost = dropped === 0 ? '' : `; ${dropped} bytes were dropped meanwhile (${code})`;
    log('info', `output of ${owner} is written to '${this.#sink.path}' again${lost}`);
  }

  #resume(): void {
    this.#stopWaiting();
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
    try {
      if (this.#isHeld) this.#sink.restore?.();
      else this.#sink.hold();
      this.#isHeld = true;
    } catch (error) {
      return { failed: errorCode(error) };
    }
    // Where bytes are missing, what follows is no continuation.
    if (this.#failure !== undefined && this.#failure.dropped > 0) this.#sink.endLine?.();
    return 0;
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#sink.unhold();
  }
}
