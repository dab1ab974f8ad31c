import { writeSync } from 'node:fs';

/**
 * Writes all bytes: a disk that becomes full may take a part.
 *
 * @returns how many that are
 * @throws an error with `code`; a part of them may have been written
 */
export function writeAll(fd: number, bytes: Uint8Array): number {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  return bytes.length;
}
