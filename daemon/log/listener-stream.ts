/**
 * The stdout of an event listener, which is its part of a conversation, and only then something to log. It is
 * read and told at once, whatever the log does; a copy goes the way of all output, through a pipe of the
 * daemon's own. A log that cannot be written lets that pipe fill, and what it cannot hold is missing from
 * the log: the listener never waits for it.
 */
import { closeSync } from 'node:fs';
import type { Load, ReadyListener } from '../host/epoll.ts';
import { openOwnPipe } from '../host/fifo.ts';
import { read, write } from '../host/libc/bytes.ts';
import { EPOLLIN } from '../host/libc/readiness.ts';
import { OutputStream, type OutputStreamOptions } from './output-stream.ts';
import { pipeCapacity } from './pipe-peek.ts';
import type { Rotation, Sink } from './sink.ts';

export interface ListenerStreamOptions extends OutputStreamOptions {
  /** Told what the listener says, while it lives. The bytes are valid only during the call. */
  readonly hear: (bytes: Buffer) => void;
}

/** Reads for one turn; the next stream has its turn then. */
const turn = 16;
const buffer = Buffer.allocUnsafe(pipeCapacity);

export class ListenerStream implements ReadyListener {
  readonly #options: ListenerStreamOptions;
  /** Both ends of the pipe to the log. */
  readonly #copy: number;
  readonly #log: OutputStream;
  /** Between `begin` and `end`; what comes at other times is of grandchildren, and is just logged. */
  #isRunning = false;
  /** Bytes that are missing from the log since it could last take some. */
  #missing = 0;

  /** @throws an error with `code`, such as `EMFILE` */
  constructor(options: ListenerStreamOptions) {
    this.#options = options;
    this.#copy = openOwnPipe();
    this.#log = new OutputStream({ ...options, pipe: this.#copy });
    try {
      options.epoll.add(options.pipe, EPOLLIN, this);
    } catch (error) {
      closeSync(this.#copy);
      throw error;
    }
  }

  /**
   * A child is about to start. What the pipe still holds is not its own.
   *
   * @throws an error with `code` when the sink cannot be opened
   */
  begin(sink: Sink, rotation: Rotation): void {
    this.#take();
    this.#log.begin(sink, rotation);
    this.#isRunning = true;
  }

  /** Goes on with a child that runs already. */
  resume(sink: Sink, rotation: Rotation): void {
    this.#log.resume(sink, rotation);
    this.#isRunning = true;
  }

  /** The child has ended, or could not be started: takes its last words. */
  end(): void {
    this.#take();
    this.#isRunning = false;
    this.#log.end();
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
    this.#log.close();
    closeSync(this.#copy);
  }

  /** Stops for good, and leaves what is in the pipe to whoever comes next. */
  leave(): void {
    this.#options.epoll.remove(this.#options.pipe);
    this.#log.close();
    closeSync(this.#copy);
  }

  /** @returns whether there was anything */
  #take(): boolean {
    let count = 0;
    for (let left = turn; left > 0; left -= 1) {
      count = read(this.#options.pipe, buffer, buffer.length);
      if (count <= 0) return left < turn;
      const bytes = buffer.subarray(0, count);
      if (this.#isRunning) this.#options.hear(bytes);
      this.#copyToLog(bytes);
    }
    return true;
  }

  #copyToLog(bytes: Buffer): void {
    const { owner, log, countDropped } = this.#options;
    let taken = Math.max(0, write(this.#copy, bytes));
    if (taken < bytes.length) {
      this.#log.flush();
      taken += Math.max(0, write(this.#copy, bytes.subarray(taken)));
    }
    if (taken > 0 && this.#missing > 0) {
      log('info', `${this.#missing} bytes of ${owner} are missing from its log`);
      this.#missing = 0;
    }
    if (taken === bytes.length) return;
    countDropped?.(bytes.length - taken);
    if (this.#missing === 0)
      log('error', `${owner} says more than its log takes; the rest will be missing there`);
    this.#missing += bytes.length - taken;
  }
}
