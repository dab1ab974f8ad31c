/**
 * A process that has the FIFOs of all outputs open, and does nothing. What a child has written stays in its FIFO as
 * long as somebody has it open: the daemon does, and the child; and if the daemon is killed and the child ends
 * before the next daemon is there, this process does.
 *
 * It is a `cat` that waits, for ever, to open a FIFO that nobody writes to. Its command line says where it belongs.
 */
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import nodeProcess from 'node:process';
import { errorCode } from '../../conf/error-code.ts';
import { ensureFifo } from './fifo.ts';
import { SystemError } from './libc/call.ts';
import { awaitChild, spawnChild } from './libc/children.ts';
import { hasFifoOf, pidsOfCommand, removedFiles } from './pipe-holders.ts';

const candidates = ['/bin/cat', '/usr/bin/cat'];
/** Descriptors that come and go one by one make a process each; after this time one takes the place of several. */
const gatherMs = 1000;
/** So many are not left until then: to end them takes time, too. */
const mostKeepers = 32;
/** One that ends sooner is not started again at once: something is wrong. */
const shortestLifeMs = 1000;

export interface PipeKeeperOptions {
  readonly runtimeDirectory: string;
  /** Says whose it is, as programs are told. */
  readonly serverUrl: string | undefined;
  readonly log: (level: 'error' | 'debug', text: string) => void;
}

interface Keeper {
  readonly startedAt: number;
  readonly fds: ReadonlySet<number>;
}

export class PipeKeeper {
  readonly #options: PipeKeeperOptions;
  readonly #argv: readonly string[];
  /** All that are to be kept open. */
  readonly #wanted = new Set<number>();
  /** Those of them that no keeper has. */
  readonly #pending = new Set<number>();
  readonly #keepers = new Map<number, Keeper>();
  /** Keepers that were told to end, until they are reaped: to wait for hundreds of them takes long. */
  readonly #ending = new Set<number>();
  /** There may be keepers of an earlier daemon, which are needed until there is one of ours. */
  #mayHaveEarlier = true;
  #removed: ReadonlyMap<string, string> | undefined;
  /** A keeper has what is not wanted any more. */
  #hasStale = false;
  /** When the last one came. */
  #grownAt = 0;
  #isFailing = false;
  #soon: NodeJS.Immediate | undefined;
  #gathering: NodeJS.Timeout | undefined;

  constructor(options: PipeKeeperOptions) {
    this.#options = options;
    this.#argv = ['cat', join(options.runtimeDirectory, 'keeps-pipes-open')];
  }

  /** Where to open a FIFO that somebody has removed from its path; `undefined`: no keeper of an earlier daemon has it. */
  removedFifo(path: string): string | undefined {
    if (!this.#mayHaveEarlier) return undefined;
    this.#removed ??= removedFiles(this.#earlier());
    return this.#removed.get(path);
  }

  /** Has a FIFO kept open: soon, or from the next `sync` on. */
  add(fd: number): void {
    this.#wanted.add(fd);
    this.#pending.add(fd);
    this.#soon ??= setImmediate(() => this.sync());
  }

  /** Must come before the descriptor is closed. */
  remove(fd: number): void {
    this.#wanted.delete(fd);
    if (this.#pending.delete(fd)) return;
    this.#hasStale = true;
    this.#gatherLater();
  }

  /** Whether one is kept open at this moment. */
  keeps(fd: number): boolean {
    return this.#wanted.has(fd) && !this.#pending.has(fd);
  }

  /** Now all are kept open that were added: a child may be started that writes to them. */
  sync(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    if (this.#pending.size === 0) return;
    const fds = new Set(this.#pending);
    this.#pending.clear();
    if (this.#start(fds)) this.#endEarlier();
    this.#grownAt = performance.now();
    if (this.#keepers.size > mostKeepers) this.#gather();
    if (this.#keepers.size > 1) this.#gatherLater();
  }

  /** A child has been reaped. @returns whether it was one of these; then there is another one now */
  reaped(pid: number): boolean {
    if (this.#ending.delete(pid)) return true;
    const keeper = this.#keepers.get(pid);
    if (keeper === undefined) return false;
    this.#keepers.delete(pid);
    this.#options.log('debug', `the process that keeps pipes open (pid ${pid}) has ended`);
    for (const fd of keeper.fds) if (this.#wanted.has(fd)) this.#pending.add(fd);
    if (performance.now() - keeper.startedAt >= shortestLifeMs) this.sync();
    else this.#gatherLater();
    return true;
  }

  /** Nothing needs to be kept open any more. */
  close(): void {
    this.leave();
    this.#endEarlier();
    for (const pid of this.#keepers.keys()) end(pid);
    this.#keepers.clear();
  }

  /** The daemon ends; what is kept open stays so. */
  leave(): void {
    clearImmediate(this.#soon);
    clearTimeout(this.#gathering);
    for (const pid of this.#ending) awaitChild(pid);
    this.#ending.clear();
  }

  #earlier(): readonly number[] {
    const { runtimeDirectory } = this.#options;
    return pidsOfCommand(this.#argv).filter(
      (pid) => !this.#keepers.has(pid) && hasFifoOf(runtimeDirectory, pid),
    );
  }

  #endEarlier(): void {
    if (!this.#mayHaveEarlier) return;
    this.#mayHaveEarlier = false;
    this.#removed = undefined;
    for (const pid of this.#earlier()) end(pid);
  }

  #gatherLater(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#gather();
    }, gatherMs).unref();
  }

  /**
   * One keeper in place of several: of all, when no new ones have come for a while. Until then of those that have few
   * descriptors, because it takes time for each of them.
   */
  #gather(): void {
    if (this.#keepers.size <= 1 && !this.#hasStale && this.#pending.size === 0) return;
    const isForAll = this.#hasStale || performance.now() - this.#grownAt >= gatherMs;
    const before = isForAll ? [...this.#keepers] : smallest(this.#keepers);
    const fds = isForAll ? this.#wanted : this.#pending.union(union(before)).intersection(this.#wanted);
    if (fds.size > 0 && !this.#start(new Set(fds))) return;
    for (const fd of fds) this.#pending.delete(fd);
    if (isForAll) this.#hasStale = false;
    this.#endEarlier();
    for (const [pid] of before) {
      this.#keepers.delete(pid);
      if (kill(pid)) this.#ending.add(pid);
    }
    if (this.#keepers.size > 1) this.#gatherLater();
  }

  /** @returns whether there is one now */
  #start(fds: ReadonlySet<number>): boolean {
    try {
      const pid = this.#spawn(fds);
      this.#keepers.set(pid, { startedAt: performance.now(), fds });
      this.#isFailing = false;
      return true;
    } catch (error) {
      for (const fd of fds) this.#pending.add(fd);
      if (!this.#isFailing) {
        const text = `cannot start the process that keeps pipes open: ${errorCode(error)}; if this daemon is killed, output of programs that end before the next one is there is lost`;
        this.#options.log('error', text);
      }
      this.#isFailing = true;
      return false;
    }
  }

  /** @throws an error with `code` */
  #spawn(fds: ReadonlySet<number>): number {
    const [, fifo = ''] = this.#argv;
    const { serverUrl } = this.#options;
    ensureFifo(fifo, undefined);
    const devNull = openSync('/dev/null', 'r+');
    try {
      const result = spawnChild({
        path: candidates.find(isExecutable) ?? 'cat',
        argv: this.#argv,
        environment: serverUrl === undefined ? [] : [`SUPERVISOR_SERVER_URL=${serverUrl}`],
        stdio: [devNull, devNull, devNull],
        inherited: fds,
        directory: '/',
        nofile: undefined,
      });
      if (result < 0) throw new SystemError('posix_spawn', -result);
      return result;
    } finally {
      closeSync(devNull);
    }
  }
}

/**
 * Those that have fewest, up to the first that has more than twice what all of these have together: whatever is handed
 * on comes to many more, so that no descriptor is handed on often.
 */
function smallest(keepers: ReadonlyMap<number, Keeper>): (readonly [number, Keeper])[] {
  const bySize = [...keepers].sort(([, one], [, other]) => one.fds.size - other.fds.size);
  let sum = 0;
  const end = bySize.findIndex(([, { fds }], index) => {
    const isLarger = index > 1 && fds.size > 2 * sum;
    sum += fds.size;
    return isLarger;
  });
  return end === -1 ? bySize : bySize.slice(0, end);
}

function union(keepers: readonly (readonly [number, Keeper])[]): ReadonlySet<number> {
  return new Set(keepers.flatMap(([, { fds }]) => [...fds]));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Ends a keeper, which may be of an earlier daemon. */
function end(pid: number): void {
  if (kill(pid)) awaitChild(pid);
}

/** @returns `false`: it has ended already */
function kill(pid: number): boolean {
  try {
    return nodeProcess.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
