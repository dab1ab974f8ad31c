/**
 * Who has our FIFOs: a second way to find the children of a daemon that was killed.
 *
 * What /proc says of other people's processes is what they want it to say: they choose their command lines, and in a
 * mount namespace of their own also how the files are called that they have open. So it is looked which file that is.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';
import nodeProcess from 'node:process';
import { processStat } from './process-stat.ts';
import { isWhollyOf, processUids } from './process-uids.ts';

/** A process that has FIFOs of a runtime directory as its standard streams. */
export interface PipeHolder {
  readonly pid: number;
  readonly ppid: number;
  /** Process group. */
  readonly pgrp: number;
  readonly session: number;
  /** When it came into being: see `birth.ts`. */
  readonly startTicks: number;
  /** Names of the FIFOs, without their directory. */
  readonly fifos: ReadonlySet<string>;
}

const standardStreams = [0, 1, 2];
/** What the kernel adds to the name of a file that has been removed. */
const deleted = / \(deleted\)$/;

/**
 * Looks at all processes of the machine that we may look at, the oldest first.
 *
 * @param directory as /proc has it, without links
 */
export function pipeHolders(directory: string): PipeHolder[] {
  const holders: PipeHolder[] = [];
  for (const pid of allPids()) {
    const fifos = new Set<string>();
    for (const fd of standardStreams) {
      const descriptor = `/proc/${pid}/fd/${fd}`;
      const target = linkTarget(descriptor);
      if (!target?.startsWith(`${directory}/`)) continue;
      const path = target.replace(deleted, '');
      if (isHeld(path, pid, descriptor)) fifos.add(basename(path));
    }
    if (fifos.size === 0) continue;
    const stat = processStat(pid);
    if (stat === undefined || stat.state === 'Z') continue;
    const { ppid, pgrp, session, startTicks } = stat;
    holders.push({ pid, ppid, pgrp, session, startTicks, fifos });
  }
  return holders.sort((one, other) => one.startTicks - other.startTicks);
}

/** Pids of the processes that were started with exactly these words, by us or another daemon of our user. */
export function pidsOfCommand(argv: readonly string[]): number[] {
  const wanted = argv.map((word) => `${word}\0`).join('');
  return allPids().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === wanted && isOurUsers(pid);
    } catch {
      return false;
    }
  });
}

/** By the paths that they had, where to open files that have been removed while these processes have them open. */
export function removedFiles(pids: readonly number[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const descriptor of pids.flatMap(descriptorsOf)) {
    const target = linkTarget(descriptor);
    if (target !== undefined && deleted.test(target)) files.set(target.replace(deleted, ''), descriptor);
  }
  return files;
}

/**
 * Whether what a process has open is the FIFO at a path, or one that was removed from there, and the process is of the
 * user that the FIFO was made for, or yet to become so. A program that we run as ourselves may have become anybody;
 * nobody else can have a FIFO of ours.
 */
function isHeld(path: string, pid: number, descriptor: string): boolean {
  try {
    const [held, named] = [statSync(descriptor), lstatSync(path, { throwIfNoEntry: false })];
    if (!held.isFIFO() || !(held.nlink === 0 || isSame(held, named))) return false;
    if (held.uid === ownUid()) return true;
    const uids = processUids(pid);
    return uids !== undefined && (Object.values(uids).includes(held.uid) || isWhollyOf(ownUid(), uids));
  } catch {
    // It has ended, or has closed it.
    return false;
  }
}

function isSame({ ino, dev }: Stats, other: Stats | undefined): boolean {
  return ino === other?.ino && dev === other.dev;
}

function isOurUsers(pid: number): boolean {
  const uids = processUids(pid);
  return uids !== undefined && isWhollyOf(ownUid(), uids);
}

function ownUid(): number {
  return nodeProcess.geteuid?.() ?? 0;
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`);
  } catch {
    // It has ended.
    return [];
  }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid));
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // It has ended, has no such descriptor, or belongs to somebody else.
    return undefined;
  }
}
