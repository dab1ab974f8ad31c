/**
 * Who has our FIFOs: a second way to find the children of a daemon that was killed.
 *
 * Names alone do not tell. What /proc says of other people's processes is what they want it to say: they choose their
 * command lines, and in a mount namespace of their own also how the files are called that they have open. And there are
 * the processes of containers, where another daemon may have its FIFOs at the same path. So it is looked which file is
 * open.
 */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import nodeProcess from 'node:process';
import { descriptorsOf, openPath, standardStreamsOf } from './open-files.ts';
import { findProcess, type ProcessRow } from './process-stat.ts';
import { allPids } from './process-table.ts';
import { isWhollyOf, processUids } from './process-uids.ts';

/** A process that has FIFOs of a runtime directory as its standard streams. */
export interface PipeHolder extends ProcessRow {
  /** Names of the FIFOs, without their directory. */
  readonly fifos: ReadonlySet<string>;
}

/** How a daemon shows itself in lists of processes, see `main.ts`. */
const daemonTitle = 'supervisord';
/** What the kernel adds to the name of a file that has been removed. */
const deleted = / \(deleted\)$/;

/**
 * Looks at all processes of the machine that we may look at, the oldest first.
 *
 * @param directory without symbolic links
 */
export function pipeHolders(directory: string): PipeHolder[] {
  const holders: PipeHolder[] = [];
  for (const pid of allPids()) {
    const fifos = new Set<string>();
    for (const descriptor of standardStreamsOf(pid)) {
      const fifo = fifoOf(descriptor, { directory, pid });
      if (fifo !== undefined) fifos.add(fifo);
    }
    if (fifos.size === 0) continue;
    const row = findProcess(pid);
    if (row !== undefined && !row.isZombie) holders.push({ ...row, fifos });
  }
  return holders.sort((one, other) => one.start - other.start);
}

/** Whether a process has a FIFO of a runtime directory open. @param directory without symbolic links */
export function hasFifoOf(directory: string, pid: number): boolean {
  return descriptorsOf(pid).some((descriptor) => fifoOf(descriptor, { directory, pid }) !== undefined);
}

/**
 * Whether a daemon runs that has made the runtime directory before somebody removed it. It has its programs all the
 * same, and a lock that nobody sees any more.
 *
 * @param directory the one that is there now, without symbolic links
 */
export function isTakenThoughRemoved(directory: string): boolean {
  const { dev } = lstatSync(directory);
  const isOther = (pid: number) => pid !== nodeProcess.pid && commandLineOf(pid)?.startsWith(daemonTitle);
  return allPids()
    .filter(isOther)
    .flatMap(descriptorsOf)
    .some((descriptor) => {
      if (openPath(descriptor) !== `${directory} (deleted)`) return false;
      try {
        const open = statSync(descriptor);
        return open.isDirectory() && open.dev === dev;
      } catch {
        // It has ended.
        return false;
      }
    });
}

/** Pids of the processes that were started with exactly these words, by us or another daemon of our user. */
export function pidsOfCommand(argv: readonly string[]): number[] {
  const wanted = argv.map((word) => `${word}\0`).join('');
  return allPids().filter((pid) => commandLineOf(pid) === wanted && isOurUsers(pid));
}

/** By the paths that they had, where to open files that have been removed while these processes have them open. */
export function removedFiles(pids: readonly number[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const descriptor of pids.flatMap(descriptorsOf)) {
    const target = openPath(descriptor);
    if (target !== undefined && deleted.test(target)) files.set(target.replace(deleted, ''), descriptor);
  }
  return files;
}

/** The name of the FIFO in a runtime directory that a descriptor is of; `undefined`: it is of something else. */
function fifoOf(
  descriptor: string,
  { directory, pid }: { readonly directory: string; readonly pid: number },
): string | undefined {
  const target = openPath(descriptor);
  if (target === undefined || !target.startsWith(`${directory}/`)) return undefined;
  const name = basename(target.replace(deleted, ''));
  try {
    const open = statSync(descriptor);
    if (!open.isFIFO() || !isOfItsUser(open.uid, pid)) return undefined;
    const isRemoved = open.nlink === 0;
    const found = lstatSync(isRemoved ? directory : join(directory, name));
    return open.dev === found.dev && (isRemoved || open.ino === found.ino) ? name : undefined;
  } catch {
    // The process has ended; or in our place there is none of this name.
    return undefined;
  }
}

/**
 * Whether a process is of the user that a FIFO was made for, or yet to become so. A program that we run as ourselves
 * may have become anybody; nobody else can have a FIFO of ours.
 */
function isOfItsUser(uid: number, pid: number): boolean {
  if (uid === ownUid()) return true;
  const uids = processUids(pid);
  return uids !== undefined && (Object.values(uids).includes(uid) || isWhollyOf(ownUid(), uids));
}

function isOurUsers(pid: number): boolean {
  const uids = processUids(pid);
  return uids !== undefined && isWhollyOf(ownUid(), uids);
}

function ownUid(): number {
  return nodeProcess.geteuid?.() ?? 0;
}

/** Each word ends with a NUL. `undefined`: the process has ended. */
function commandLineOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return undefined;
  }
}
