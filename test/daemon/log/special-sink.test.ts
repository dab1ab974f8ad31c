import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Epoll } from '../../../daemon/host/epoll.ts';
import { makeFifo } from '../../../daemon/host/libc/descriptors.ts';
import { SpecialSink } from '../../../daemon/log/special-sink.ts';
import { waitFor } from '../../support/wait-for.ts';

it('that has room again wakes all who wait, but for those who gave up, whatever becomes of one of them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'supervisord-sink-'));
  const path = join(directory, 'fifo');
  makeFifo(path, 0o600);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const woken: unknown[] = [];
  const epoll = new Epoll({ pauseMs: 0, onError: (error) => woken.push(error) });
  const sink = new SpecialSink({ path, descriptor: undefined, epoll, onGone() {} });
  sink.hold();
  const page = Buffer.alloc(4096);
  while (sink.write(page) > 0);
  sink.onWritable(() => {
    cancel();
    throw 'failure of one';
  });
  const cancel = sink.onWritable(() => woken.push('who gave up'));
  sink.onWritable(() => woken.push('another'));
  for (let left = 16; left > 0; left -= 1) readSync(reader, page);
  await waitFor(() => woken.length === 2, { what: 'those who wait' });
  expect(woken).toEqual(['failure of one', 'another']);
  sink.unhold();
  epoll.close();
  closeSync(reader);
  rmSync(directory, { recursive: true });
});
