/**
 * A place in a log that is found again later: after the file was rotated, and not taken for another one when the
 * file was emptied, or removed and its inode used again.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from '../host/libc/checksum.ts';
import type { FilePosition } from './sink.ts';

export interface LogPosition extends FilePosition {
  /**
   * Checksum of the bytes in front of it: few, and none at the beginning of a file. `undefined`: they could not be
   * read.
   */
  readonly tail?: number;
}

/** So many bytes tell one log from another: there are times in most of them, or numbers. */
const tailBytes = 64;

/** The position with what is in front of it now. */
export function logPosition(position: FilePosition): LogPosition {
  const tail = tailAt(position);
  return tail === undefined ? position : { ...position, tail };
}

/** Whether an open file is the one that a position is in, and has still in front of it what it had then. */
export function isAt(fd: number, { file, size, tail }: LogPosition): boolean {
  if (identityOf(fstatSync(fd, { bigint: true })) !== file) return false;
  return tail === undefined || tailOf(fd, size) === tail;
}

/** What tells a file from all others that are there at the same time. */
export function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

function tailAt({ path, file, size }: FilePosition): number | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return isAt(fd, { path, file, size }) ? tailOf(fd, size) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function tailOf(fd: number, size: number): number {
  const bytes = Buffer.alloc(Math.min(tailBytes, size));
  return crc32(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, size - bytes.length)));
}
