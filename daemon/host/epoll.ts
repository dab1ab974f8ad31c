/**
 * One epoll set in Node's own event loop. An epoll descriptor can itself be polled, so a single handle of
 * the loop watches every FIFO: no worker thread, no handle per stream.
 *
 * Many small writers would wake the daemon for every line. After a wake-up that found a little work the
 * set rests for `pauseMs`, and what came meanwhile is handled together. After an idle spell it wakes at
 * once, and an idle set has no timer. A stream in full flow switches the rest off: a pipe holds 64 KiB,
 * and the child would stand still while the daemon rests.
 *
 * @see docs/decisions/0002-one-epoll-in-nodes-loop.md
 */
import { closeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { epollControl, epollCreate, type LoopWatch, ReadySet, watchReadable } from './libc/readiness.ts';

/** Milliseconds that programs' output may rest: half of that costs half as much CPU time again, for little. */
export const outputPauseMs = 20;

/** `busy`: there was so much to do that resting would slow someone down. */
export type Load = 'quiet' | 'busy';

export interface ReadyListener {
  /** The descriptor is ready for what it was added for, or has an error. */
  ready(): Load;
}

export interface EpollOptions {
  /** Milliseconds to rest after a wake-up; 0: never. */
  readonly pauseMs: number;
  /** Told what a listener threw. */
  onError(error: unknown): void;
}

/** For this long after a busy wake-up there is no rest. */
const fullFlowMs = 200;

export class Epoll {
  readonly #fd = epollCreate();
  readonly #ready = new ReadySet();
  readonly #listeners = new Map<number, ReadyListener>();
  readonly #options: EpollOptions;
  #watch: LoopWatch | undefined;
  #isWatching = false;
  #pause: NodeJS.Timeout | undefined;
  #fullFlowUntil = 0;

  constructor(options: EpollOptions) {
    this.#options = options;
  }

  /**
   * Watches a descriptor for `EPOLLIN` or `EPOLLOUT`. The event loop stays alive while there is one.
   *
   * @throws {SystemError} `EPERM` for a regular file, which cannot be polled
   */
  add(fd: number, interest: number, listener: ReadyListener): void {
    epollControl(this.#fd, 'add', fd, interest);
    this.#listeners.set(fd, listener);
    if (this.#pause === undefined) this.#startWatching();
  }

  /** Must come before the descriptor is closed. One that is not watched is left alone. */
  remove(fd: number): void {
    if (!this.#listeners.delete(fd)) return;
    epollControl(this.#fd, 'remove', fd, 0);
    if (this.#listeners.size === 0) this.#stop();
  }

  /** Forgets everything that is watched. */
  close(): void {
    this.#listeners.clear();
    this.#stop();
    this.#watch?.close();
    this.#watch = undefined;
    closeSync(this.#fd);
  }

  #startWatching(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    if (this.#watch === undefined) this.#watch = watchReadable(this.#fd, () => this.#look());
    else this.#watch.start();
  }

  #stopWatching(): void {
    if (!this.#isWatching) return;
    this.#isWatching = false;
    this.#watch?.stop();
  }

  #stop(): void {
    this.#stopWatching();
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #look(): void {
    this.#pause = undefined;
    const found = this.#dispatch();
    if (this.#listeners.size === 0) return;
    const now = performance.now();
    if (found === 'busy') this.#fullFlowUntil = now + fullFlowMs;
    if (found === 'nothing' || this.#options.pauseMs === 0 || now < this.#fullFlowUntil) {
      this.#startWatching();
    } else {
      this.#stopWatching();
      this.#pause = setTimeout(() => this.#look(), this.#options.pauseMs);
    }
  }

  #dispatch(): Load | 'nothing' {
    const count = this.#ready.take(this.#fd);
    let load: Load | 'nothing' = count === 0 ? 'nothing' : 'quiet';
    for (let index = 0; index < count; index += 1) {
      // A listener called before may have removed this one.
      const listener = this.#listeners.get(this.#ready.fd(index));
      try {
        if (listener?.ready() === 'busy') load = 'busy';
      } catch (error) {
        this.#options.onError(error);
      }
    }
    return load;
  }
}
