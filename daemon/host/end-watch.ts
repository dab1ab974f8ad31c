import { closeSync } from 'node:fs';
import type { Epoll } from './epoll.ts';
import { openPidfd } from './libc/pidfd.ts';
import { EPOLLIN } from './libc/readiness.ts';
import { isRunning, type ProcessIdentity } from './process-stat.ts';

/** How many processes are watched at a time: each costs a descriptor. */
const mostWatched = 16;

/** Tells when processes that are nobody's child here have ended. */
export class EndWatch {
  readonly #epoll: Epoll;
  readonly #onEnd: () => void;
  readonly #descriptors = new Set<number>();

  /** @param onEnd called when all that were watched have ended */
  constructor(epoll: Epoll, onEnd: () => void) {
    this.#epoll = epoll;
    this.#onEnd = onEnd;
  }

  /**
   * Watches some of the processes, in place of those that it watched before.
   *
   * @returns `ended`: none of them runs any more
   * @throws an error with `code`, such as `EMFILE`: not one can be watched
   */
  watch(processes: readonly ProcessIdentity[]): 'watching' | 'ended' {
    this.clear();
    try {
      for (const process of processes) {
        if (this.#descriptors.size === mostWatched) break;
        this.#add(process);
      }
    } catch (error) {
      if (this.#descriptors.size === 0) throw error;
    }
    return this.#descriptors.size === 0 ? 'ended' : 'watching';
  }

  /** Watches nothing any more. */
  clear(): void {
    for (const fd of this.#descriptors) this.#close(fd);
  }

  /** @throws an error with `code` */
  #add(process: ProcessIdentity): void {
    const fd = openPidfd(process.pid);
    if (fd === undefined) return;
    // Only now that it is open is it sure whose the pid was.
    if (!isRunning(process)) {
      closeSync(fd);
      return;
    }
    try {
      this.#epoll.add(fd, EPOLLIN, { ready: () => this.#ended(fd) });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.#descriptors.add(fd);
  }

  #ended(fd: number): 'quiet' {
    this.#close(fd);
    if (this.#descriptors.size === 0) this.#onEnd();
    return 'quiet';
  }

  #close(fd: number): void {
    this.#descriptors.delete(fd);
    this.#epoll.remove(fd);
    closeSync(fd);
  }
}
