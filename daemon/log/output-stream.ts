/**
 * The way of a child's output: from its source to a sink. Whatever goes wrong with the sink stays here: the
 * bytes wait in the FIFO, which is bounded, so the child waits when it is full, and nothing is lost.
 */
import { errorCode } from '../../conf/error-code.ts';
import type { Epoll, Load, ReadyListener } from '../host/epoll.ts';
import { EPOLLIN } from '../host/libc/readiness.ts';
import { discardSink } from './discard.ts';
import type { Moved, OutputSource } from './output-source.ts';
import { pipeCapacity } from './pipe-peek.ts';
import { neverRotate, type Rotation, type Sink } from './sink.ts';

export interface OutputStreamOptions {
  readonly source: OutputSource;
  readonly epoll: Epoll;
  /** Whose output it is, for messages: `'web' stdout`. */
  readonly owner: string;
  log(level: 'error' | 'info', text: string): void;
}

/** Bytes for one turn; the next stream has its turn then. */
const turn = 16 * pipeCapacity;
/** What was found in one turn from which on the child is in full flow. */
const fullFlow = pipeCapacity / 4;
/** How long until a sink that failed is tried again. */
const retryMs = 1000;

export class OutputStream implements ReadyListener {
  readonly #options: OutputStreamOptions;
  #sink: Sink;
  #rotation: Rotation;
  /** Between `begin` and `end`: the sink stays open. */
  #isRunning = false;
  #isHeld = false;
  #isWatched = false;
  #isFailing = false;
  /** Set while the stream waits for the sink instead of the pipe; cancels that. */
  #cancelWait: (() => void) | undefined;
  /** Set while what an earlier child, or an earlier daemon, has left is to be moved soon. */
  #leftovers: NodeJS.Immediate | undefined;

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
    this.#options.source.put(Buffer.from(text));
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
      this.#tellLost(this.#options.source.left);
    }
    this.#letGo();
  }

  /** Stops for good, and leaves what is in the pipe to whoever comes next. */
  leave(): void {
    this.#stopWaiting();
    const { source } = this.#options;
    if (source.unkept > 0) this.#move();
    this.#stopWaiting();
    this.#tellLost(source.unkept);
    this.#letGo();
  }

  #tellLost(lost: number): void {
    if (lost === 0) return;
    const { owner, log } = this.#options;
    log('error', `${lost} bytes of output of ${owner} are lost: '${this.#sink.path}' did not take them`);
  }

  #letGo(): void {
    this.#release();
    this.#unwatch();
    clearImmediate(this.#leftovers);
    this.#options.source.close();
  }

  #goOn(sink: Sink, rotation: Rotation): void {
    this.#sink = sink;
    this.#rotation = rotation;
    this.#isRunning = true;
    this.#watch();
    // Nothing in the pipe may tell of it. Not now: who is to see it may not be there yet.
    if (this.#options.source.left > 0) this.#leftovers ??= setImmediate(() => this.#moveLeftovers());
  }

  #moveLeftovers(): void {
    this.#leftovers = undefined;
    this.flush();
  }

  /** One turn: moves what there is, then waits for the pipe, or for the sink. @returns bytes moved */
  #move(): number {
    let total = 0;
    let moved: Moved = this.#hold();
    while (typeof moved === 'number' && total < turn) {
      moved = this.#options.source.move(this.#sink, this.#rotation);
      if (moved === 'empty' && !this.#isRunning && this.#options.source.endChild()) moved = 0;
      if (typeof moved !== 'number') break;
      total += moved;
      if (moved > 0) this.#recover();
    }
    if (moved === 'full') this.#waitUntilWritable();
    else if (typeof moved === 'object') this.#fail(moved.failed);
    else if (!this.#isRunning) this.#release();
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
