/**
 * The stdout of an event listener, which is its part of a conversation, and only then something to log. It is
 * told at once, whatever the log does; the log has it a little later, many words at a time. A log that cannot be
 * written lets the staging grow, and what that cannot hold is missing from the log: the listener never waits for it.
 */
import type { Epoll, Load, ReadyListener } from '../host/epoll.ts';
import { EPOLLIN } from '../host/libc/readiness.ts';
import { OutputStream } from './output-stream.ts';
import { pipeCapacity } from './pipe-peek.ts';
import { SeenOutput } from './seen-output.ts';
import type { Rotation, Sink } from './sink.ts';
import { Staging, type StagingOptions } from './staging.ts';

/** Who converses with a listener. */
export interface OutputObserver {
  /**
   * A child is about to start.
   *
   * @param offset of what it will say first
   */
  readonly begin: (offset: number) => void;
  /**
   * Told what the listener says, while it lives. The bytes count as heard after the call.
   *
   * @param offset of the first of them: the number of bytes that were said before, through all lives of the daemon
   */
  readonly hear: (bytes: Buffer, offset: number) => void;
  /** The offset up to which an earlier daemon has heard this listener; `undefined`: it is new to us. */
  readonly heardUpTo: number | undefined;
}

export interface ListenerStreamOptions extends StagingOptions {
  readonly pipe: number;
  readonly epoll: Epoll;
  readonly observer: OutputObserver;
  log(level: 'error' | 'warn' | 'info', text: string): void;
  /** Told how many bytes do not get to the log, each time some are given up. */
  countDropped?(bytes: number): void;
}

/** Pipefuls for one turn; the next stream has its turn then. */
const turn = 16;
/** Bytes that are kept for a log that does not take them. */
const maxKept = 1024 * 1024;
/** Milliseconds in which words are gathered for the log. */
const gatherMs = 10;

export class ListenerStream implements ReadyListener {
  readonly #options: ListenerStreamOptions;
  readonly #staging: Staging;
  readonly #source: SeenOutput;
  readonly #log: OutputStream;
  /** Between `begin` and `end`; what comes at other times is of grandchildren, and is just logged. */
  #isRunning = false;
  #heardUpTo: number;
  /** Bytes that are missing from the log since it could last take some. */
  #missing = 0;
  /** Set while there are words for the log. */
  #gathering: NodeJS.Timeout | undefined;
  #leftovers: NodeJS.Immediate | undefined;

  /** @throws an error with `code`, such as `EMFILE` */
  constructor(options: ListenerStreamOptions) {
    this.#options = options;
    this.#staging = new Staging(options);
    this.#source = new SeenOutput(this.#staging, options.filter);
    this.#log = new OutputStream({ ...options, source: this.#source });
    const { start, end } = this.#staging;
    const { heardUpTo = end } = options.observer;
    // An offset that is not there is of a listener whose FIFO this was not.
    this.#heardUpTo = heardUpTo >= start && heardUpTo <= end ? heardUpTo : end;
    try {
      options.epoll.add(options.pipe, EPOLLIN, this);
    } catch (error) {
      this.#staging.close();
      throw error;
    }
  }

  /**
   * A child is about to start. What there is of former ones is not its own.
   *
   * @throws an error with `code` when the sink cannot be opened
   */
  begin(sink: Sink, rotation: Rotation): void {
    for (let left = turn; left > 0 && this.#staging.takeLasting(this.#options.pipe) > 0; left -= 1);
    this.#heardUpTo = this.#staging.end;
    this.#log.begin(sink, rotation);
    this.#options.observer.begin(this.#heardUpTo);
    this.#isRunning = true;
  }

  /** Goes on with a child that runs already. */
  resume(sink: Sink, rotation: Rotation): void {
    this.#log.resume(sink, rotation);
    this.#isRunning = true;
    // Nothing in the pipe will tell of it. Not now: who is to hear it may not be there yet.
    this.#leftovers ??= setImmediate(() => this.#take());
  }

  /** The child has ended, or could not be started: takes its last words. */
  end(): void {
    this.#take();
    this.#isRunning = false;
    this.#stopGathering();
    this.#log.end();
    this.#afterLogging();
  }

  /** Puts words of the daemon itself into the log. Only between `begin` and `end`. */
  write(text: string): void {
    this.#log.write(text);
  }

  /** A listener that speaks is to be answered soon, so there is no rest after it. */
  ready(): Load {
    return this.#take() ? 'busy' : 'quiet';
  }

  /** Stops for good, after a last look at the pipe. */
  close(): void {
    this.end();
    this.#options.epoll.remove(this.#options.pipe);
    clearImmediate(this.#leftovers);
    this.#log.close();
    this.#tellMissing();
  }

  /** Stops for good, and leaves what is in the pipe, and what the log does not have, to whoever comes next. */
  leave(): void {
    this.#options.epoll.remove(this.#options.pipe);
    this.#stopGathering();
    clearImmediate(this.#leftovers);
    this.#log.leave();
    this.#tellMissing();
  }

  /** @returns whether there was anything */
  #take(): boolean {
    this.#leftovers = undefined;
    for (let left = turn; left > 0; left -= 1) {
      if (this.#heardUpTo === this.#staging.end && this.#staging.take(this.#options.pipe) <= 0)
        return left < turn;
      this.#hear();
      this.#makeRoom();
    }
    return true;
  }

  #hear(): void {
    const offset = Math.max(this.#heardUpTo, this.#staging.start);
    // A copy: whatever hearing leads to may read other output.
    const bytes = Buffer.from(this.#staging.read(offset));
    this.#heardUpTo = bytes.length > 0 ? offset + bytes.length : this.#staging.end;
    if (this.#isRunning && bytes.length > 0) this.#options.observer.hear(bytes, offset);
    this.#gathering ??= setTimeout(() => this.#flushLog(), gatherMs);
  }

  /** What is not kept, or is too much, goes to the log now, or is missing there. */
  #makeRoom(): void {
    const { end, start, isLasting } = this.#staging;
    // What could not be kept any more has not waited for it.
    if (this.#source.offset < start) this.#miss();
    const isTooMuch = end - start > maxKept;
    if (isLasting && !isTooMuch && end - this.#source.offset < pipeCapacity) return;
    this.#flushLog();
    if ((!isLasting || isTooMuch) && this.#source.offset < end) this.#miss();
    this.#staging.release(end);
  }

  #flushLog(): void {
    this.#stopGathering();
    this.#log.flush();
    this.#afterLogging();
  }

  #stopGathering(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
  }

  #afterLogging(): void {
    if (!this.#source.isEmpty || this.#heardUpTo < this.#staging.end) return;
    this.#staging.empty();
    this.#tellMissing();
  }

  #miss(): void {
    const { owner, log, countDropped } = this.#options;
    if (this.#missing === 0)
      log('error', `${owner} says more than its log takes; the rest will be missing there`);
    const missing = this.#source.skip();
    this.#missing += missing;
    countDropped?.(missing);
    if (this.#heardUpTo === this.#staging.end) this.#staging.empty();
  }

  #tellMissing(): void {
    if (this.#missing === 0) return;
    this.#options.log('info', `${this.#missing} bytes of ${this.#options.owner} are missing from its log`);
    this.#missing = 0;
  }
}
