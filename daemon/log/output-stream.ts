/**
 * The way of a child's output: from its source to a sink. Whatever goes wrong with the sink stays here: the
 * bytes wait in the FIFO, and a short spell loses nothing. A FIFO is bounded, so the child would have to wait
 * when it is full: in a longer spell the oldest lines are thrown away and counted instead. A sink that is
 * merely full, because its reader is slow, is waited for.
 */
import { errorCode } from '../../conf/error-code.ts';
import type { Epoll, Load, ReadyListener } from '../host/epoll.ts';
import { isWritable } from '../host/libc/bytes.ts';
import { EAGAIN, errnoName } from '../host/libc/call.ts';
import { EPOLLIN } from '../host/libc/readiness.ts';
import { discardSink } from './discard.ts';
import type { Moved, OutputSource } from './output-source.ts';
import { Overflow } from './overflow.ts';
import { pipeCapacity } from './pipe-peek.ts';
import { neverRotate, type Rotation, type Sink } from './sink.ts';

export interface OutputStreamOptions {
  readonly source: OutputSource;
  readonly epoll: Epoll;
  /** Whose output it is, for messages: `'web' stdout`. */
  readonly owner: string;
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

/** A spell in which the sink takes nothing. */
interface Failure {
  readonly code: string;
  /** By the clock of `performance`. */
  readonly since: number;
  /** The pipe has been full for a child that would have to wait. */
  isOverflowing: boolean;
  /** Takes what the child writes then, and words of the daemon. */
  readonly overflow: Overflow;
}

export class OutputStream implements ReadyListener {
  readonly #options: OutputStreamOptions;
  #sink: Sink;
  #rotation: Rotation;
  /** Between `begin` and `end`: the sink stays open. */
  #isRunning = false;
  #isHeld = false;
  #isWatched = false;
  #failure: Failure | undefined;
  /** Set while the stream waits for the sink instead of the pipe; cancels that. */
  #cancelWait: (() => void) | undefined;
  /** Set while there is something to move that the pipe does not tell of. */
  #rest: NodeJS.Immediate | undefined;

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
    this.#options.source.endChild();
    this.#stopWaiting();
    this.#release();
    this.#isHeld = true;
    this.#goOn(sink, rotation);
  }

  /**
   * Goes on with the output of a child that runs already. A sink that cannot be opened is tried again until it
   * can, as if it had failed in between.
   */
  resume(sink: Sink, rotation: Rotation): void {
    this.#goOn(sink, rotation);
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
    if (this.#failure === undefined) {
      this.#options.source.put(Buffer.from(text));
    } else {
      // After what the pipe has; and a program that cannot start has the daemon write a few words each time.
      this.#takeOverflow(this.#failure);
      this.#failure.overflow.write(Buffer.from(text));
    }
    this.flush();
  }

  /** Moves what there is now, unless it waits for the sink. */
  flush(): void {
    if (this.#cancelWait === undefined) this.#move();
  }

  ready(): Load {
    const failure = this.#cancelWait === undefined ? undefined : this.#failure;
    const count = failure === undefined ? this.#move() : this.#takeOverflow(failure);
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
    const { source } = this.#options;
    // More than a turn: the last one was spent on what had to wait before.
    if (!isStuck && source.left > 0) this.#move();
    this.#tellLost(isStuck ? source.left : source.unkept);
    this.#letGo();
    source.close();
  }

  /** Stops for good, and leaves what is in the pipe to whoever comes next. */
  leave(): void {
    this.#stopWaiting();
    const { source } = this.#options;
    if (source.unkept > 0 || this.#failure !== undefined) this.#move();
    this.#stopWaiting();
    this.#tellLost(source.unkept);
    this.#letGo();
    source.leave();
  }

  /** @param inSource bytes there that nobody is going to move */
  #tellLost(inSource: number): void {
    const { owner, log, countDropped } = this.#options;
    const left = inSource + (this.#failure?.overflow.kept.length ?? 0);
    const lost = left + (this.#failure?.overflow.dropped ?? 0);
    if (lost === 0) return;
    countDropped?.(left);
    log('error', `${lost} bytes of output of ${owner} are lost: '${this.#sink.path}' did not take them`);
  }

  #letGo(): void {
    this.#release();
    this.#unwatch();
    clearImmediate(this.#rest);
  }

  #goOn(sink: Sink, rotation: Rotation): void {
    this.#sink = sink;
    this.#rotation = rotation;
    this.#isRunning = true;
    this.#watch();
    this.#moveRestSoon();
  }

  /** Not now: others have their turn, and who is to see what an earlier daemon has left may not be there yet. */
  #moveRestSoon(): void {
    if (!this.#options.source.hasRest) return;
    this.#rest ??= setImmediate(() => {
      this.#rest = undefined;
      this.flush();
    });
  }

  /** One turn: moves what there is, then waits for the pipe, or for the sink. @returns bytes moved */
  #move(): number {
    let total = 0;
    let moved: Moved = this.#hold();
    if (typeof moved === 'number') moved = this.#writeOverflow();
    if (typeof moved === 'number' && moved > 0) this.#recover();
    while (typeof moved === 'number' && total < turn) {
      moved = this.#options.source.move(this.#sink, this.#rotation);
      if (moved === 'empty' && !this.#isRunning && this.#options.source.endChild()) moved = 0;
      if (typeof moved !== 'number') break;
      total += moved;
      if (moved > 0) this.#recover();
      if (this.#isRunning && !this.#options.source.mayHaveMore) break;
    }
    if (moved === 'full') this.#waitUntilWritable();
    else if (typeof moved === 'object') this.#fail(moved.failed);
    else {
      if (!this.#isRunning) this.#release();
      this.#moveRestSoon();
    }
    return total;
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
    const { owner, log, source, patienceMs = defaultPatienceMs } = this.#options;
    const now = performance.now();
    if (this.#failure === undefined) {
      const overflow = new Overflow((bytes) => this.#drop(bytes));
      this.#failure = { code, since: now, isOverflowing: false, overflow };
      log(
        'error',
        `cannot write output of ${owner} to '${this.#sink.path}': ${code}; it waits until that works again`,
      );
    }
    const failure = this.#failure;
    const isPatient = now - failure.since < patienceMs;
    if (!isPatient && source.pipe !== undefined && !isWritable(source.pipe)) failure.isOverflowing = true;
    if (failure.isOverflowing) this.#watch();
    else this.#unwatch();
    const timeout = setTimeout(() => this.#resume(), retryMs);
    this.#cancelWait = () => clearTimeout(timeout);
  }

  /** The child must not wait any longer: reads on. @returns bytes read */
  #takeOverflow({ overflow }: Failure): number {
    let total = 0;
    while (total < turn) {
      const moved = this.#options.source.move(overflow, neverRotate);
      if (typeof moved !== 'number') break;
      total += moved;
    }
    return total;
  }

  /** What had to give way for the child to go on comes before what the source has. */
  #writeOverflow(): Moved {
    const overflow = this.#failure?.overflow;
    let total = 0;
    while (overflow !== undefined && overflow.kept.length > 0) {
      const count = this.#sink.write(overflow.kept, this.#rotation);
      if (count < 0) return count === -EAGAIN ? 'full' : { failed: errnoName(-count) };
      overflow.release(count);
      total += count;
    }
    return total;
  }

  #drop(bytes: Buffer): void {
    const { owner, log, countDropped } = this.#options;
    const failure = this.#failure;
    if (failure === undefined) return;
    if (failure.overflow.dropped === 0) {
      const reason = `'${this.#sink.path}' takes none (${failure.code})`;
      log(
        'warn',
        `output of ${owner} is dropped, oldest first, so that the program does not wait: ${reason}`,
      );
    }
    this.#sink.skip?.(bytes);
    countDropped?.(bytes.length);
  }

  #recover(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    const { owner, log } = this.#options;
    const { dropped } = failure.overflow;
    const lost = dropped === 0 ? '' : `; ${dropped} bytes were dropped meanwhile (${failure.code})`;
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
    const { pipe } = this.#options.source;
    if (this.#isWatched || pipe === undefined) return;
    this.#options.epoll.add(pipe, EPOLLIN, this);
    this.#isWatched = true;
  }

  #unwatch(): void {
    const { pipe } = this.#options.source;
    if (!this.#isWatched || pipe === undefined) return;
    this.#options.epoll.remove(pipe);
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
    if (this.#failure !== undefined && this.#failure.overflow.dropped > 0) this.#sink.endLine?.();
    return 0;
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#sink.unhold();
  }
}
