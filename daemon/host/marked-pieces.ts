/**
 * Bytes for a FIFO in pieces, such that another daemon can tell whether the one before, which was killed, has
 * written a piece. A pipe takes a piece whole or not at all (pipe(7), `PIPE_BUF`), and taking it changes the time
 * of last modification in the same step. That time is the mark: an early moment of 1970, another for each piece.
 */
import { closeSync, fstatSync, futimesSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openForDaemon } from './fifo.ts';
import { write } from './libc/bytes.ts';
import { makeFifo } from './libc/descriptors.ts';

/** Bytes that a pipe takes in one step: `PIPE_BUF`. */
const longestPiece = 4096;

/** Where the piece ends that begins at `from`, of `length` bytes in all. */
export function pieceEnd(from: number, length: number): number {
  return Math.min(from + longestPiece, length);
}

/** Marks the piece that begins at `from` as not written. @returns whether that could be done */
export function markPiece(fifo: number, from: number): boolean {
  try {
    futimesSync(fifo, markOf(from), markOf(from));
    return true;
  } catch {
    // The FIFO is another user's, and we may not do all that root may.
    return false;
  }
}

/**
 * Whether a piece has been written that was marked before.
 *
 * @param directory of the FIFO
 * @returns `undefined`: its file system does not tell, as overlayfs does not
 */
export function isPieceWritten(fifo: number, from: number, directory: string): boolean | undefined {
  if (fstatSync(fifo).mtimeMs !== markOf(from) * 1000) return true;
  return doesWritingUnmark(directory) ? false : undefined;
}

/** Seconds since 1970. Two pieces that follow one another have different ones, and 0 is what nobody has set. */
function markOf(from: number): number {
  return 1 + from / longestPiece;
}

function doesWritingUnmark(directory: string): boolean {
  const path = join(directory, 'probe');
  try {
    rmSync(path, { force: true });
    makeFifo(path, 0o600);
    const fd = openForDaemon(path);
    try {
      return (
        markPiece(fd, 0) && write(fd, Buffer.from('x')) === 1 && fstatSync(fd).mtimeMs !== markOf(0) * 1000
      );
    } finally {
      closeSync(fd);
      rmSync(path, { force: true });
    }
  } catch {
    return false;
  }
}
