/**
 * Reaps every child, whoever it belonged to: as PID 1 or subreaper the daemon is given the orphans of the
 * machine. Only those that libuv started are left to libuv.
 */
import { setImmediate as soon } from 'node:timers';
import type { ChildExit, ExitStatus } from './host.ts';
import { type EndedChild, peekEndedChild, reapAnyChild, reapChild } from './libc/children.ts';
import { LibuvChildren } from './libuv-children.ts';

/** Where SIGCHLD is told: Node's `process`. */
export interface SignalSource {
  on(signal: 'SIGCHLD', listener: () => void): unknown;
  off(signal: 'SIGCHLD', listener: () => void): unknown;
}

export interface ReaperOptions {
  readonly signals: SignalSource;
  onExit(exit: ChildExit): void;
  /** Told what `onExit` threw. */
  onError(error: unknown): void;
}

const CLD_EXITED = 1;
const CLD_DUMPED = 3;
/** How often in a row to look again at once, and how long to wait from then on. */
const immediateLooks = 8;
const laterMs = 10;

export class Reaper {
  readonly #options: ReaperOptions;
  readonly #libuvChildren = new LibuvChildren();
  readonly #onSigchld = (): void => this.#reapSoon();
  /** Set while the rest is going to be reaped in this turn of the event loop. */
  #rest: NodeJS.Immediate | undefined;
  #isDisposed = false;
  #looksForLibuv = 0;
  #cancelLook: (() => void) | undefined;

  constructor(options: ReaperOptions) {
    this.#options = options;
    options.signals.on('SIGCHLD', this.#onSigchld);
  }

  /**
   * Reaps all that have ended. SIGCHLD leads to it; a daemon that was just executed in place does it once by
   * hand, for those that ended meanwhile.
   */
  reap(): void {
    // They are told when all are collected: what is done about one, such as spawning its successor, takes long
    // enough for others to end, and would never come to an end.
    const exits: EndedChild[] = [];
    let next = this.#reapNext();
    for (; typeof next === 'object'; next = this.#reapNext()) exits.push(next);
    if (next === "libuv's") this.#lookAgain();
    else this.#looksForLibuv = 0;
    for (const exit of exits) this.#tell(exit);
  }

  /**
   * Reaps one at once and tells of it. One SIGCHLD can stand for many exits; but that there is no other is known only
   * when the kernel has gone through all children, which takes a millisecond for thousands, and nobody waits for it.
   */
  #reapSoon(): void {
    // Whoever has ended since will be found then.
    if (this.#rest !== undefined) return;
    if (!this.#libuvChildren.isEmpty) {
      this.reap();
      return;
    }
    const first = reapAnyChild();
    if (first === undefined) return;
    this.#tell(first);
    if (this.#isDisposed) return;
    this.#rest = soon(() => {
      this.#rest = undefined;
      this.reap();
    });
  }

  /** Reaps a child of ours; or says that there is none, or that one of libuv comes first. */
  #reapNext(): EndedChild | 'none' | "libuv's" {
    // Once for each that has ended if that will do.
    if (this.#libuvChildren.isEmpty) return reapAnyChild() ?? 'none';
    const ended = peekEndedChild();
    if (ended === undefined) return 'none';
    return this.#libuvChildren.has(ended.pid) ? "libuv's" : (reapChild(ended.pid) ?? this.#reapNext());
  }

  [Symbol.dispose](): void {
    this.#options.signals.off('SIGCHLD', this.#onSigchld);
    this.#libuvChildren[Symbol.dispose]();
    this.#isDisposed = true;
    if (this.#rest !== undefined) clearImmediate(this.#rest);
    this.#cancelLook?.();
  }

  #tell({ pid, code, status }: EndedChild): void {
    try {
      this.#options.onExit({ pid, status: exitStatus(code, status) });
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** The first to have ended is libuv's, and hides those behind it until libuv has had its turn. */
  #lookAgain(): void {
    if (this.#cancelLook !== undefined) return;
    this.#looksForLibuv += 1;
    const look = () => {
      this.#cancelLook = undefined;
      this.reap();
    };
    if (this.#looksForLibuv <= immediateLooks) {
      const immediate = soon(look);
      this.#cancelLook = () => clearImmediate(immediate);
    } else {
      const timeout = setTimeout(look, laterMs);
      this.#cancelLook = () => clearTimeout(timeout);
    }
  }
}

function exitStatus(code: number, status: number): ExitStatus {
  return code === CLD_EXITED
    ? { type: 'exited', code: status }
    : { type: 'signalled', signal: status, coreDumped: code === CLD_DUMPED };
}
