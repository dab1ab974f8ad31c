/**
 * What the supervisor needs of the operating system, and all a test has to fake: start a child, learn of
 * its end, signal it, keep its output. Implemented on libc by `linux-host.ts`; simulated in
 * `test/support/simulated-host.ts`.
 */
import type { ProcessSettings } from '../../conf/settings.ts';
import type { Occasion, RunOutput } from '../process/occasion.ts';
import type { Birth } from './birth.ts';
import type { StdinProgress } from './child-stdin.ts';
import type { Clock } from './clock.ts';
import type { Piece } from './marked-pieces.ts';

/** How a child ended, as `waitpid` tells it. */
export type ExitStatus =
  | { readonly type: 'exited'; readonly code: number }
  | { readonly type: 'signalled'; readonly signal: number; readonly coreDumped: boolean }
  /** It was no child of ours, and whoever waited for it told nobody. */
  | { readonly type: 'unknown' };

export interface ChildExit {
  readonly pid: number;
  readonly status: ExitStatus;
}

/** A command line made ready to run, or the reason it cannot be. */
export type CommandResolution =
  | { readonly type: 'found'; readonly path: string; readonly argv: readonly [string, ...string[]] }
  | {
      /** `no-file` answers RPC with NO_FILE, `not-executable` with NOT_EXECUTABLE. */
      readonly type: 'no-file' | 'not-executable';
      /** The spawn error, such as `can't find command 'x'`. */
      readonly reason: string;
    };

export type SpawnResult =
  | { readonly type: 'spawned'; readonly pid: number; readonly birth: Birth }
  | { readonly type: 'failed'; readonly reason: string };

/** `gone`: no such process (ESRCH), which ends well. `failed`: anything else, such as EPERM. */
export type KillResult =
  | { readonly type: 'sent' }
  | { readonly type: 'gone' }
  | { readonly type: 'failed'; readonly reason: string };

export type Channel = 'stdout' | 'stderr';

/**
 * The place of one configured process in the operating system. It lives as long as its group is active,
 * through any number of spawns; at most one child at a time.
 */
export interface ChildHandle {
  /** Path of each log file, AUTO already resolved to a name; `undefined` when nothing is logged to a file. */
  readonly logfiles: { readonly [C in Channel]: string | undefined };
  /** Bytes of output that did not get to the logs, because these could not be written. */
  readonly dropped: number;
  resolveCommand(): CommandResolution;
  /** Resolves the command, opens the logs and starts the child. Failure is a value, never an exception. */
  spawn(occasion?: Occasion): SpawnResult;
  /** Where the output is that has come since the first `spawn` on the last occasion; it may go on. */
  readonly output: RunOutput;
  /**
   * Goes on with a child of an earlier daemon, or with what the last one left in its pipes: until `finish`, its
   * output is moved to the logs as if it had been spawned here. Failures are told and made up for, never thrown.
   *
   * @param pid 0: there may be output, but no child that it could be
   * @param birth of the child
   * @param begun on which occasion it was started, and where its output began
   */
  adopt(
    pid: number,
    birth?: Birth,
    begun?: { readonly occasion: Occasion; readonly output: RunOutput },
  ): void;
  /** The child of `spawn` or `adopt` has ended: moves what it left in its pipes to the logs. */
  finish(): void;
  /**
   * Sends a signal that is to end the child: to it alone, to its process group, or to its tree, which is every process
   * that comes of it.
   */
  kill(pid: number, signal: number, to: 'process' | 'group' | 'tree'): KillResult;
  /**
   * After `kill` of the tree and `finish`: calls `gone` once, maybe before this returns, when no process of the tree
   * is alive any more. Those that are found meanwhile get the signal of the last `kill`.
   */
  onceTreeGone(gone: () => void): void;
  /**
   * Queues bytes for the child's stdin. `closed`: no child, or it closed its end. `full`: the child does
   * not read, and none of these bytes were taken.
   */
  writeStdin(bytes: Uint8Array, progress?: StdinProgress): 'queued' | 'closed' | 'full';
  /**
   * How many of `length` bytes the stdin has taken, after an earlier daemon had marked a piece of them and was about
   * to write it. `undefined`: there is no stdin.
   */
  stdinTakenUpTo(piece: Piece, length: number): number | undefined;
  /**
   * Calls `drained` once, when the pipe has taken all that was queued for the child's stdin: there is room
   * again after `full`. Never, if the child ends or closes its end before. Replaces an earlier one.
   */
  onceStdinDrained(drained: () => void): void;
  /** Closes log files and opens them again by name (SIGUSR2), after someone renamed them. */
  reopenLogs(): void;
  /** Empties the logs; throws an `Error` with `code` when the system refuses. Backups are kept. */
  clearLogs(): void;
  /**
   * The group was removed or the daemon ends: closes everything. The child must be gone.
   *
   * @param successor the process that takes its place, and is about to take over: what others still write goes to
   *   that one's logs
   */
  dispose(successor?: ProcessSettings): void;
  /** Goes on with what the process before it has left with `dispose`. There is no child yet. */
  takeOver(): void;
  /** The daemon ends, and another one will go on with the child: closes our ends, and leaves it what it has. */
  leave(): void;
}

export interface Host {
  readonly clock: Clock;
  /** Creates what a process needs before its first spawn (AUTO log files among it). */
  prepareChild(settings: ProcessSettings): ChildHandle;
  /** Sends a signal to the child, or to its whole process group. */
  kill(pid: number, signal: number, to: 'process' | 'group'): KillResult;
  /**
   * Watches over a child of an earlier daemon, so that its end is told as that of our own.
   *
   * @returns `gone`: there is no such process any more
   */
  watch(pid: number, birth: Birth): 'watched' | 'gone';
  /** Calls `listener` for each reaped child, once, in the order of reaping. */
  onExit(listener: (exit: ChildExit) => void): void;
  /**
   * Reaps those that have ended already, without waiting to be told. Before deadlines are judged: a child
   * that died in time must not be taken for one that lived on.
   */
  reap(): void;
}
