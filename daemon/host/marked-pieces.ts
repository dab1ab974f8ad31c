/**
 * Bytes for a FIFO in pieces, such that another daemon can tell whether the one before, which was killed, has
 * written a piece. A pipe takes a piece whole or not at all (pipe(7), `PIPE_BUF`), and taking it changes the time
 * of last modification in the same step. That time is the mark: an early moment, another one for each piece.
 */
import { closeSync, fstatSync, futimesSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openForDaemon } from './fifo.ts';
import { write } from './libc/bytes.ts';
import { makeFifo } from './libc/descriptors.ts';

/** A piece of some bytes. */
export interface Piece {
  /** Of the bytes: those that follow one another have different ones, unless it is on record that the first are done. */
  readonly number: number;
  /** Offset in the bytes at which it begins: the end of another piece, or 0. */
  readonly from: number;
}

/** Bytes that a pipe takes in one step: `PIPE_BUF`. */
const longestPiece = 4096;

/** Where the piece ends that begins at `from`, of `length` bytes in all. */
export function pieceEnd(from: number, length: number): number {
  return Math.min(from + longestPiece, length);
}

/** Marks a piece as not written. @returns whether that could be done */
export function markPiece(fifo: number, piece: Piece): boolean {
  try {
    futimesSync(fifo, markOf(piece), markOf(piece));
    return true;
  } catch {
    // The FIFO is another user's, and we may not do all that root may.
    return false;
  }
}

/** Whether a piece has been written that was marked before. */
export function isPieceWritten(fifo: number, piece: Piece): boolean {
  return fstatSync(fifo).mtimeMs !== markOf(piece) * 1000;
}

/** Whether marks go with the writing for FIFOs in a directory. On overlayfs they do not. */
export function doesWritingUnmark(directory: string): boolean {
  const path = join(directory, 'probe');
  const piece = { number: 0, from: 0 };
  try {
    rmSync(path, { force: true });
    makeFifo(path, 0o600);
    const fifo = openForDaemon(path);
    try {
      return markPiece(fifo, piece) && write(fifo, Buffer.from('x')) === 1 && isPieceWritten(fifo, piece);
    } finally {
      closeSync(fifo);
      rmSync(path, { force: true });
    }
  } catch {
    return false;
  }
}

/** Seconds since 1970, whole ones: before 1974, and never 0, which is what a clock that was not set may say. */
function markOf({ number, from }: Piece): number {
  return 1 + (number % 1000) * 100_000 + ((from / longestPiece) % 100_000);
}
