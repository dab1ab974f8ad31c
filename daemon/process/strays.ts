/**
 * Children of an earlier daemon that are not configured any more. Nobody could control them, so they are stopped
 * as they would have been.
 */
import type { Birth } from '../host/birth.ts';
import { after, type Timer } from '../host/clock.ts';
import type { Host } from '../host/host.ts';
import type { Activity } from './activity.ts';
import { SIGKILL } from './signal-names.ts';

export interface Stray {
  /** Name of the process. */
  readonly name: string;
  readonly pid: number;
  readonly birth: Birth;
  /** The stop signal. */
  readonly signal: number;
  /** Seconds from the stop signal to SIGKILL. */
  readonly waitsecs: number;
}

export class Strays implements Disposable {
  readonly #host: Host;
  readonly #activity: Activity;
  readonly #kills = new Map<number, Timer>();

  constructor(host: Host, activity: Activity) {
    this.#host = host;
    this.#activity = activity;
    host.onExit(({ pid }) => this.#forget(pid));
  }

  /** Stops a process. That it has ended is told as of any pid that is not known. */
  stop({ name, pid, birth, signal, waitsecs }: Stray): void {
    this.#activity.contain(`stopping ${name}`, () => {
      if (this.#host.watch(pid, birth) === 'gone') return;
      this.#activity.log('warn', `'${name}' (pid ${pid}) is not configured any more, and is stopped`);
      this.#host.kill(pid, signal, 'process');
      const { clock } = this.#host;
      const kill = () => {
        this.#activity.log('warn', `killing '${name}' (${pid}) with SIGKILL`);
        this.#host.kill(pid, SIGKILL, 'process');
      };
      this.#kills.set(pid, clock.setTimer(after(clock.now().instant, waitsecs), kill));
    });
  }

  /** Cancels all timers. */
  [Symbol.dispose](): void {
    for (const timer of this.#kills.values()) timer.cancel();
    this.#kills.clear();
  }

  #forget(pid: number): void {
    this.#kills.get(pid)?.cancel();
    this.#kills.delete(pid);
  }
}
