import { closeSync, mkdtempSync, readdirSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openForDaemon } from '../../../daemon/host/fifo.ts';
import { write } from '../../../daemon/host/libc/bytes.ts';
import { makeFifo } from '../../../daemon/host/libc/descriptors.ts';
import { isPieceWritten, markPiece, pieceEnd } from '../../../daemon/host/marked-pieces.ts';

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

it('tells whether a piece was written after it was marked, also when it has been read', () => {
  for (const from of [0, 4096, 0]) {
    expect(markPiece(fifo, from)).toBe(true);
    expect(isPieceWritten(fifo, from, directory)).toBe(false);
    write(fifo, Buffer.from('piece'));
    expect(isPieceWritten(fifo, from, directory)).toBe(true);
    readSync(fifo, Buffer.alloc(100));
    expect(isPieceWritten(fifo, from, directory)).toBe(true);
  }
});

it('takes a piece for written when the next one is marked', () => {
  markPiece(fifo, 0);
  write(fifo, Buffer.from('piece'));
  markPiece(fifo, 4096);
  expect(isPieceWritten(fifo, 0, directory)).toBe(true);
  expect(isPieceWritten(fifo, 4096, directory)).toBe(false);
});

it('takes a piece that a full pipe refused for one that was not written', () => {
  while (write(fifo, Buffer.alloc(4096)) > 0);
  markPiece(fifo, 0);
  expect(write(fifo, Buffer.alloc(4096))).toBeLessThan(0);
  expect(isPieceWritten(fifo, 0, directory)).toBe(false);
});

it('cannot tell where a directory takes no FIFO to find out with', () => {
  markPiece(fifo, 0);
  expect(isPieceWritten(fifo, 0, '/proc')).toBeUndefined();
  expect(readdirSync(directory)).toEqual(['fifo']);
});
