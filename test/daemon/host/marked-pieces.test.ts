import { closeSync, mkdtempSync, readdirSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openForDaemon } from '../../../daemon/host/fifo.ts';
import { write } from '../../../daemon/host/libc/bytes.ts';
import { makeFifo } from '../../../daemon/host/libc/descriptors.ts';
import {
  doesWritingUnmark,
  isPieceWritten,
  markPiece,
  pieceEnd,
} from '../../../daemon/host/marked-pieces.ts';
import { itWhereKernelCan } from '../../support/kernel.ts';

const marksTell = doesWritingUnmark(tmpdir());

let directory: string;
let fifo: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'marked-pieces-'));
  makeFifo(join(directory, 'fifo'), 0o600);
  fifo = openForDaemon(join(directory, 'fifo'));
});
afterEach(() => {
  closeSync(fifo);
  rmSync(directory, { recursive: true, force: true });
});

it('cuts bytes into pieces that a pipe takes whole', () => {
  expect([pieceEnd(0, 10), pieceEnd(0, 4096), pieceEnd(0, 4097), pieceEnd(4096, 4097)]).toEqual([
    10, 4096, 4096, 4097,
  ]);
});

const pieces = [
  { number: 0, from: 0 },
  { number: 0, from: 4096 },
  { number: 1, from: 0 },
] as const;

itWhereKernelCan(
  marksTell ? undefined : 'a file system that keeps such times',
  'tells whether a piece was written after it was marked, also when it has been read',
  () => {
    for (const piece of pieces) {
      expect(markPiece(fifo, piece)).toBe(true);
      expect(isPieceWritten(fifo, piece)).toBe(false);
      write(fifo, Buffer.from('piece'));
      expect(isPieceWritten(fifo, piece)).toBe(true);
      readSync(fifo, Buffer.alloc(100));
      expect(isPieceWritten(fifo, piece)).toBe(true);
    }
  },
);

it('takes a piece for written when another one is marked', () => {
  for (const marked of pieces) {
    markPiece(fifo, marked);
    expect(pieces.map((piece) => isPieceWritten(fifo, piece))).toEqual(
      pieces.map((piece) => piece !== marked),
    );
  }
});

it('takes a piece that a full pipe refused for one that was not written', () => {
  while (write(fifo, Buffer.alloc(4096)) > 0);
  markPiece(fifo, pieces[0]);
  expect(write(fifo, Buffer.alloc(4096))).toBeLessThan(0);
  expect(isPieceWritten(fifo, pieces[0])).toBe(false);
});

it('finds out where marks tell something', () => {
  expect(doesWritingUnmark('/proc')).toBe(false);
  expect(doesWritingUnmark(directory)).toBe(marksTell);
  expect(readdirSync(directory)).toEqual(['fifo']);
});
