/**
 * FIFOs in the runtime directory: the stdio of children. Unlike the socket pairs that Node would make, a
 * child can open `/dev/stdout` by path; and since each end is open for reading and writing, neither side
 * notices when the other one goes.
 */
import { createHash } from 'node:crypto';
import {
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ProcessName, User } from '../../conf/settings.ts';
import { ENXIO, SystemError } from './libc/call.ts';
import { makeFifo, makeFifoIfMissing, makePipe, unlinkIfThere } from './libc/descriptors.ts';

const fifoMode = 0o600;

/** Longest part of a file name that comes from process and group; the limit for all of it is 255 bytes. */
const longest = 200;

/** Path of a FIFO of a process. Any two processes have different ones, whatever they are called. */
export function fifoPath(
  directory: string,
  process: ProcessName,
  stream: 'stdin' | 'stdout' | 'stderr',
): string {
  return join(directory, `${processFileName(process)}.${stream}`);
}

/** A name for something in the file system that is of this process alone. */
export function processFileName(process: ProcessName): string {
  const plain = `${encodeName(process.group)}:${encodeName(process.name)}`;
  const digest = () => createHash('sha256').update(plain).digest('hex');
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 65)}~${digest()}`;
}

/**
 * Whose FIFO, or whatever else, a file of that name is.
 *
 * @returns `undefined`: it is nobody's, or of a process whose name was too long to be all of it
 */
export function processOfFile(name: string): ProcessName | undefined {
  const [, group, process] = /^([\w.%-]*):([\w.%-]*)\.std(?:in|out|err)$/.exec(name) ?? [];
  if (group === undefined || process === undefined) return undefined;
  return { group: decodeName(group), name: decodeName(process) };
}

function decodeName(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

function encodeName(name: string): string {
  if (/^[A-Za-z0-9_.-]*$/.test(name)) return name;
  return Buffer.from(name)
    .toString('latin1')
    .replace(/[^A-Za-z0-9_.-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * Makes sure that there is a FIFO which only `owner` (and root) can open. One that is there already is
 * kept with what is in it: an earlier daemon's child may still write to it.
 *
 * @throws an error with `code`
 */
export function ensureFifo(path: string, owner: User | undefined): void {
  if (!makeFifoIfMissing(path, fifoMode) && !isFifo(path)) replace(path);
  giveTo(owner, path);
}

/** Makes a new, empty FIFO, whatever was there. @throws an error with `code` */
export function renewFifo(path: string, owner: User | undefined): void {
  if (!makeFifoIfMissing(path, fifoMode)) replace(path);
  giveTo(owner, path);
}

/** @throws an error with `code` */
function replace(path: string): void {
  unlinkIfThere(path);
  makeFifo(path, fifoMode);
}

/** @throws an error with `code` */
function giveTo(owner: User | undefined, path: string): void {
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}

/**
 * Removes the FIFO that `inode` is of, unless another one is there now: another handle of a process of that name
 * may have made it.
 *
 * @returns whether it was there
 * @throws an error with `code`
 */
export function removeOwnFifo(path: string, inode: bigint): boolean {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found?.ino !== inode) return false;
  unlinkIfThere(path);
  return true;
}

/**
 * Where to open the FIFO that a child of an earlier daemon has as descriptor `fd`: `path`, unless somebody has
 * removed it from there.
 *
 * @param pid 0: there is no child
 */
export function pathOfHeldFifo(path: string, pid: number, fd: number): string {
  if (pid === 0) return path;
  const held = `/proc/${pid}/fd/${fd}`;
  try {
    if (readlinkSync(held) === `${path} (deleted)`) return held;
  } catch {
    // The child has ended, or has closed it: what it left is where it was.
  }
  return path;
}

/**
 * Removes what an earlier daemon has left in the directory for programs that are not configured any more: FIFOs, and
 * what was staged of them.
 */
export function removeFifosOfOthers(directory: string, processes: readonly ProcessName[]): void {
  const known = new Set(processes.map(processFileName));
  const isOfOther = (name: string) =>
    /\.std(?:in|out|err)(?:\.|$)/.test(name) && !beginnings(name).some((beginning) => known.has(beginning));
  try {
    for (const name of readdirSync(directory)) if (isOfOther(name)) unlinkSync(join(directory, name));
  } catch {
    // They are in nobody's way.
  }
}

/** All that comes before a dot: the name of a process may have dots in it. */
function beginnings(name: string): readonly string[] {
  return Array.from(name.matchAll(/\./g), ({ index }) => name.slice(0, index));
}

/** Tells one FIFO from another that has the same path. */
export function inodeOf(fd: number): bigint {
  return fstatSync(fd, { bigint: true }).ino;
}

/** The same by its path; `undefined`: there is none. @throws an error with `code` */
export function inodeOfFifo(path: string): bigint | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.isFIFO() ? found.ino : undefined;
}

/** The child's end: a write waits while the pipe is full. @throws an error with `code` */
export function openForChild(path: string): number {
  return openSync(path, constants.O_RDWR);
}

const daemonEnd = constants.O_RDWR | constants.O_NONBLOCK;
const inputEnd = constants.O_WRONLY | constants.O_NONBLOCK;

/** The daemon's end of an output: nothing waits. @throws an error with `code` */
export function openForDaemon(path: string): number {
  return isElsewhere(path) ? openRemoved(path, daemonEnd) : openSync(path, daemonEnd);
}

/** The daemon's end of an input. @throws an error with `code`; `ENXIO`: nobody has the other end */
export function openForInput(path: string): number {
  return isElsewhere(path) ? openRemoved(path, inputEnd) : openSync(path, inputEnd);
}

/** Whether it is another process that has the FIFO. */
function isElsewhere(path: string): boolean {
  return path.startsWith('/proc/');
}

/**
 * Opens a FIFO without a name. The process that is to have it may have put something else in its place, which it could
 * not read or write itself: so it is looked at before it is opened in earnest.
 *
 * @throws an error with `code`; `ENXIO`: it is something else
 */
function openRemoved(path: string, flags: number): number {
  const O_PATH = 0o10000000;
  const found = openSync(path, O_PATH);
  try {
    const stats = fstatSync(found);
    if (!stats.isFIFO() || stats.nlink > 0) throw new SystemError('open', ENXIO, path);
    return openSync(`/proc/self/fd/${found}`, flags);
  } finally {
    closeSync(found);
  }
}

/** A pipe within the daemon, with one descriptor for both of its ends. @throws an error with `code` */
export function openOwnPipe(): number {
  const { readEnd, writeEnd } = makePipe();
  try {
    return openSync(`/proc/self/fd/${readEnd}`, daemonEnd);
  } finally {
    closeSync(readEnd);
    closeSync(writeEnd);
  }
}

/** Missing is none. @throws an error with `code` */
export function isFifo(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}
