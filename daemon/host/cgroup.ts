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
  readonly home: string;
  /** Of all that it makes. Another daemon in the same control group has another one. */
  readonly #directory: string;

  /** @throws {Error} there are none here for us to use; the message says why */
  constructor(runtimeDirectory: string) {
    const found = ownCgroup(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
    if ('reason' in found) throw new Error(found.reason);
    this.home = found.directory;
    const digest = createHash('sha256').update(runtimeDirectory).digest('hex').slice(0, 16);
    this.#directory = join(this.home, `supervisord-${digest}`);
    try {
      makeDirectory(this.#directory);
      // To move in and out is what every start of a program takes.
      enter(this.#directory);
      enter(this.home);
    } catch (error) {
      throw new Error(`${this.home}: ${errorCode(error)}`, { cause: error });
    }
  }

  /** The one of a process, made when it is first needed. */
  of(process: { readonly group: string; readonly name: string }): Cgroup {
    return new Cgroup(join(this.#directory, processFileName(process)), this.home);
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
   * Has everything that `start` spawns begin its life in this control group. A child is in that of its parent, so the
   * daemon goes there for that moment: to move the child afterwards would be too late for what it forks at once.
   *
   * @param onStuck told the reason when the daemon could not go back; it is not killed with the others then
   * @throws an error with `code`: nothing was started
   */
  startInside<T>(start: () => T, onStuck: (reason: string) => void): T {
    makeDirectory(this.#directory);
    enter(this.#directory);
    try {
      return start();
    } finally {
      try {
        enter(this.#home);
      } catch (error) {
        onStuck(errorCode(error));
      }
    }
  }

  /** The processes in it. */
  pids(): readonly number[] {
    return pidsBelow(this.#directory).filter((pid) => pid !== nodeProcess.pid);
  }

  /** Kills all that is in it, also what is being forked. `false`: this kernel cannot (before Linux 5.14). */
  kill(): boolean {
    if (pidsBelow(this.#directory).includes(nodeProcess.pid)) return false;
    try {
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

function subdirectories(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
  } catch {
    return [];
  }
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
  for (const below of subdirectories(directory)) removeDirectory(below);
  try {
    rmdirSync(directory);
  } catch {
    // Somebody lives in it.
  }
}

/** Empty if it cannot be read, as where processes are counted in a control group above. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
