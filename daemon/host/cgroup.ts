/**
 * Control groups: the kernel's own record of which processes come of which. Nobody leaves his one by forking, by
 * daemonizing or by becoming another user, and `cgroup.kill` ends all of one at a stroke.
 *
 * The daemon needs a directory of cgroup version 2 that it may write to: its own, which systemd gives a service with
 * `Delegate=yes`. It stays there itself, and makes one below for each process. No controller is enabled in them, so
 * nothing else changes for anybody.
 *
 * @see docs/decisions/0010-process-trees.md
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import nodeProcess from 'node:process';
import { errorCode } from '../../conf/error-code.ts';
import { processFileName } from './fifo.ts';
import { glimpse } from './glimpse.ts';

/** Where the daemon is, in `/proc/self/cgroup` and `/proc/self/mountinfo`, as a directory; or the reason why nowhere. */
export function ownCgroup(
  cgroups: string,
  mountinfo: string,
): { readonly directory: string } | { readonly reason: string } {
  const [, path] = /^0::(\/.*)$/m.exec(cgroups) ?? [];
  if (path === undefined) return { reason: 'there is no cgroup version 2' };
  if (path.startsWith('/..')) return { reason: 'the control group of the daemon is out of sight' };
  for (const line of mountinfo.split('\n')) {
    const [place = '', type = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = place.split(' ').map(unescapeOctal);
    if (!type.startsWith('cgroup2 ')) continue;
    const below = posix.relative(root, path);
    if (!below.startsWith('..')) return { directory: join(mountPoint, below) };
  }
  return { reason: 'cgroup version 2 is not mounted' };
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The control groups of a daemon's processes. */
export class Cgroups {
  /** The daemon's own. */
  readonly #home: string;
  /** Of all that it makes. Another daemon in the same control group has another one. */
  readonly #directory: string;

  /** @throws {Error} there are none here for us to use; the message says why */
  constructor(runtimeDirectory: string) {
    const found = ownCgroup(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
    if ('reason' in found) throw new Error(found.reason);
    this.#home = found.directory;
    const digest = createHash('sha256').update(runtimeDirectory).digest('hex').slice(0, 16);
    this.#directory = join(this.#home, `supervisord-${digest}`);
    try {
      makeDirectory(this.#directory);
      // To move in and out is what every start of a program takes.
      enter(this.#directory);
      enter(this.#home);
    } catch (error) {
      throw new Error(`${this.#home}: ${errorCode(error)}`, { cause: error });
    }
  }

  /** The one of a process, made when it is first needed. */
  of(process: { readonly group: string; readonly name: string }): Cgroup {
    return new Cgroup(join(this.#directory, processFileName(process)), this.#home);
  }

  /** Removes what is empty. */
  close(): void {
    removeDirectory(this.#directory);
  }
}

/** A control group for the processes of one program, and those below that they make themselves. */
export class Cgroup {
  readonly #directory: string;
  readonly #home: string;

  constructor(directory: string, home: string) {
    this.#directory = directory;
    this.#home = home;
  }

  /**
   * Moves the daemon here, so that what it spawns is here from the first: to move a child afterwards would be too late
   * for what it forks at once.
   *
   * @throws an error with `code`: the daemon is where it was
   */
  enter(): void {
    makeDirectory(this.#directory);
    enter(this.#directory);
  }

  /** Moves the daemon back where it belongs. @throws an error with `code`: it is still here */
  leave(): void {
    enter(this.#home);
  }

  /** The processes in it. @throws an error with `code`, such as `EMFILE` */
  pids(): readonly number[] {
    return pidsBelow(this.#directory).filter((pid) => pid !== nodeProcess.pid);
  }

  /**
   * Kills all that is in it, also what is being forked. `false`: this kernel cannot (before Linux 5.14), or the daemon
   * has not got out of it.
   */
  kill(): boolean {
    try {
      if (pidsBelow(this.#directory).includes(nodeProcess.pid)) return false;
      writeFileSync(join(this.#directory, 'cgroup.kill'), '1', { flag: 'r+' });
      return true;
    } catch {
      return false;
    }
  }

  /** Removes it if it is empty. */
  remove(): void {
    removeDirectory(this.#directory);
  }
}

/** Moves this process. @throws an error with `code` */
function enter(directory: string): void {
  writeFileSync(join(directory, 'cgroup.procs'), '0', { flag: 'r+' });
}

function pidsBelow(directory: string): readonly number[] {
  const pids = read(join(directory, 'cgroup.procs')).split('\n').map(Number);
  // 0 stands for one that is outside of our pid namespace.
  return [...pids.filter((pid) => pid > 0), ...subdirectories(directory).flatMap(pidsBelow)];
}

/** @throws an error with `code` */
function subdirectories(directory: string): readonly string[] {
  const entries = glimpse(() => readdirSync(directory, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
}

/** @throws an error with `code` */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** With those that its processes have made; as far as nobody is in them. */
function removeDirectory(directory: string): void {
  try {
    for (const below of subdirectories(directory)) removeDirectory(below);
    rmdirSync(directory);
  } catch {
    // Somebody lives in it.
  }
}

/** Empty where there is none, and where the processes are those of a control group above. @throws an error with `code` */
function read(path: string): string {
  return glimpse(() => readFileSync(path, 'utf8')) ?? '';
}
