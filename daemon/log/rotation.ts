import { close, lstatSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { errorCode } from '../../conf/error-code.ts';

/** From this size on it takes a while to free what a file takes up. */
const large = 1_048_576;
const O_PATH = 0o10000000;
/** One at a time: whoever rotates faster than that has to wait. */
let isFreeing = false;

/**
 * Moves `path.1` to `path.2` and so on, the oldest being removed, then `path` to `path.1`. Numbers
 * beyond `backups` are left alone; files that are missing, because someone cleaned up, do not matter.
 *
 * @throws an error with `code` when a file that is there cannot be renamed or removed
 * @see supervisor/loggers.py, `doRollover`
 */
export function shiftBackups(path: string, backups: number): void {
  for (let number = backups; number >= 1; number -= 1) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    // Only the oldest is in the way of another. A rename onto it would have ext4 write out all of the other file at
    // once, for the sake of programs that replace a file without a sync: half of the speed of a log in full flow.
    if (number === backups && sizeOf(from) !== undefined) remove(`${path}.${number}`);
    rename(from, `${path}.${number}`);
  }
}

/** Of a regular file; `undefined`: it is none, or missing. */
function sizeOf(path: string): number | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : undefined;
}

/** Removes a file, if it is one. What a large one takes up is freed by another thread, once it has no name any more. */
function remove(path: string): void {
  const size = sizeOf(path);
  if (size === undefined) return;
  const fd = size < large || isFreeing ? undefined : openToHold(path);
  try {
    unlinkSync(path);
  } finally {
    if (fd !== undefined) free(fd);
  }
}

/** `undefined`: without a descriptor it takes longer. */
function openToHold(path: string): number | undefined {
  try {
    return openSync(path, O_PATH);
  } catch {
    return undefined;
  }
}

function free(fd: number): void {
  isFreeing = true;
  close(fd, () => {
    isFreeing = false;
  });
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
