/**
 * The children that Node itself started (health checks, hooks, `ps`): libuv reaps those by pid, and would
 * never learn of their end if someone else did. `node:child_process` announces each on a diagnostics
 * channel before it has a pid, so the objects are kept and asked.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export class LibuvChildren {
  readonly #children = new Set<ChildProcess>();
  readonly #onSpawn = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    this.#children.add(child);
    const forget = () => this.#children.delete(child);
    child.once('exit', forget);
    child.once('error', () => child.pid === undefined && forget());
  };

  constructor() {
    subscribe('child_process', this.#onSpawn);
  }

  /** Whether libuv has no child at all, so that whoever ends is none of its. */
  get isEmpty(): boolean {
    return this.#children.size === 0;
  }

  /** Whether the pid is that of a child which libuv has yet to reap. */
  has(pid: number): boolean {
    for (const child of this.#children) {
      if (child.pid === pid && child.exitCode === null && child.signalCode === null) return true;
    }
    return false;
  }

  [Symbol.dispose](): void {
    unsubscribe('child_process', this.#onSpawn);
    this.#children.clear();
  }
}
