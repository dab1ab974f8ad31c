import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Epoll } from '../../../daemon/host/epoll.ts';
import { makeFifo } from '../../../daemon/host/libc/descriptors.ts';
import { QueuedLineWriter } from '../../../daemon/log/line-writer.ts';
import { SpecialSink } from '../../../daemon/log/special-sink.ts';
import { openDescriptors } from '../../support/real-host.ts';

let directory: string;
let epoll: Epoll;
let reader: number;
let writer: QueuedLineWriter;
let descriptors: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-lines-'));
  const path = join(directory, 'fifo');
  makeFifo(path, 0o600);
  epoll = new Epoll({
    pauseMs: 0,
    onError(error) {
      throw error;
    },
  });
  reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  descriptors = openDescriptors();
  writer = new QueuedLineWriter(new SpecialSink({ path, descriptor: undefined, epoll, onGone() {} }));
});

afterEach(() => {
  epoll.close();
  closeSync(reader);
  rmSync(directory, { recursive: true });
});

const lines = Array.from({ length: 30_000 }, (_, index) => `${index}\n`);

function read(): string {
  const chunk = Buffer.alloc(65536);
  try {
    return chunk.toString('latin1', 0, readSync(reader, chunk));
  } catch {
    return '';
  }
}

it('has written its last lines when it is closed, though they are read slowly', async () => {
  for (const line of lines) writer.write(line);
  let text = '';
  let isClosed = false;
  void writer.close().then(() => {
    isClosed = true;
  });
  while (!isClosed) {
    text += read();
    await new Promise((resolve) => setImmediate(resolve));
  }
  text += read();
  expect(text === lines.join('')).toBe(true);
  expect(openDescriptors()).toBe(descriptors);
});

it('is closed in time, though nobody reads, and takes nothing more', async () => {
  for (const line of lines) writer.write(line);
  await writer.close();
  writer.write('late');
  expect(openDescriptors()).toBe(descriptors);
});
