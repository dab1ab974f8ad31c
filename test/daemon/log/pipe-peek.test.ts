import { closeSync, writeSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { bytesIn } from '../../../daemon/host/libc/bytes.ts';
import { EMFILE } from '../../../daemon/host/libc/call.ts';
import { makePipe } from '../../../daemon/host/libc/descriptors.ts';
import { getLimit, setLimit } from '../../../daemon/host/libc/limits.ts';
import { discard } from '../../../daemon/log/discard.ts';
import { peekPipe } from '../../../daemon/log/pipe-peek.ts';

/** Runs `action` while no descriptor can be opened. */
function withoutDescriptors<T>(action: () => T): T {
  const limit = getLimit('NOFILE');
  setLimit('NOFILE', { ...limit, soft: 3 });
  try {
    return action();
  } finally {
    setLimit('NOFILE', limit);
  }
}

// In this order: what is looked at has to be opened once.
it('is not looked into while descriptors are short, and keeps what it has', () => {
  const { readEnd, writeEnd } = makePipe();
  writeSync(writeEnd, 'text');
  expect(withoutDescriptors(() => [discard(readEnd, 4), peekPipe(readEnd)])).toEqual([-EMFILE, -EMFILE]);
  expect(bytesIn(readEnd)).toBe(4);
  closeSync(readEnd);
  closeSync(writeEnd);
});

it('that was looked into can be emptied, even if descriptors are short then', () => {
  const { readEnd, writeEnd } = makePipe();
  writeSync(writeEnd, 'text');
  expect(String(peekPipe(readEnd))).toBe('text');
  expect(withoutDescriptors(() => discard(readEnd, 4))).toBe(4);
  expect(bytesIn(readEnd)).toBe(0);
  closeSync(readEnd);
  closeSync(writeEnd);
});
