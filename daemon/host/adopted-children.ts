/**
 * Processes that an earlier daemon has started. They are not our children: their ends are told by the
 * descriptors that stand for them, as fast as those of our own.
 */
import { closeSync, readFileSync, statSync } from 'node:fs';
import nodeProcess from 'node:process';
import type { Birth } from './birth.ts';
import { Epoll, type ReadyListener } from './epoll.ts';
import type { ChildExit, ExitStatus } from './host.ts';
import { openPidfd, signalPidfd, waitStatusOf } from './libc/pidfd.ts';
import { EPOLLIN } from './libc/readiness.ts';
import { findProcess, zombieWaitStatus } from './process-stat.ts';

export interface AdoptedChildrenOptions {
  onExit(exit: ChildExit): void;
  /** Told what `onExit` threw. */
  onError(error: unknown): void;
}

export class AdoptedChildren implements Disposable {
  readonly #options: AdoptedChildrenOptions;
  readonly #pidfds = new Map<number, number>();
  /** A set of its own: exits never wait while the pipes rest. */
  #epoll: Epoll | undefined;

  constructor(options: AdoptedChildrenOptions) {
    this.#options = options;
  }

  /**
   * Begins to watch a process, if the one with this pid is still the one that was born then. Our own children,
   * which a daemon has after it was executed in place, are left to SIGCHLD.
   *
   * @throws {SystemError} such as `EMFILE`
   */
  watch(pid: number, birth: Birth): 'watched' | 'gone' {
    const pidfd = openPidfd(pid);
    if (pidfd === undefined) return 'gone';
    // Only now: what the descriptor stands for cannot become another process any more.
    const process = findProcess(pid, birth);
    if (process === undefined) {
      closeSync(pidfd);
      return 'gone';
    }
    if (process.ppid === nodeProcess.pid) {
      closeSync(pidfd);
      return 'watched';
    }
    const { onError } = this.#options;
    try {
      this.#epoll ??= new Epoll({ pauseMs: 0, onError });
      this.#epoll.add(pidfd, EPOLLIN, this.#listener(pid, pidfd));
    } catch (error) {
      closeSync(pidfd);
      throw error;
    }
    this.#pidfds.set(pid, pidfd);
    return 'watched';
  }

  /** Signals the process and no other that has its pid. `undefined`: it is not one of these. */
  signal(pid: number, signal: number): number | undefined {
    const pidfd = this.#pidfds.get(pid);
    return pidfd === undefined ? undefined : signalPidfd(pidfd, signal);
  }

  [Symbol.dispose](): void {
    this.#epoll?.close();
    this.#epoll = undefined;
    for (const pidfd of this.#pidfds.values()) closeSync(pidfd);
    this.#pidfds.clear();
  }

  #listener(pid: number, pidfd: number): ReadyListener {
    return {
      ready: () => {
        const status = endOf(pid, pidfd);
        this.#epoll?.remove(pidfd);
        this.#pidfds.delete(pid);
        closeSync(pidfd);
        this.#options.onExit({ pid, status });
        return 'busy';
      },
    };
  }
}

/** How a process ended, as far as there is a way to know. */
function endOf(pid: number, pidfd: number): ExitStatus {
  const status = waitStatusOf(pidfd) ?? zombieStatus(pid) ?? waitStatusOf(pidfd);
  if (status === undefined) return { type: 'unknown' };
  const signal = status & 0x7f;
  return signal === 0
    ? { type: 'exited', code: (status >> 8) & 0xff }
    : { type: 'signalled', signal, coreDumped: (status & 0x80) !== 0 };
}

/** Until it is reaped, the kernel tells those who could trace it; others read 0, which would be a success. */
function zombieStatus(pid: number): number | undefined {
  const status = zombieWaitStatus(pid);
  return status === 0 && !mayTrace(pid) ? undefined : status;
}

/** @see capabilities(7) */
const CAP_SYS_PTRACE = 19n;

function mayTrace(pid: number): boolean {
  try {
    if (statSync(`/proc/${pid}`).uid === nodeProcess.geteuid?.()) return true;
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return effective !== undefined && (BigInt(`0x${effective}`) >> CAP_SYS_PTRACE) % 2n === 1n;
  } catch {
    return false;
  }
}
