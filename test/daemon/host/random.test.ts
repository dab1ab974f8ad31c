import { expect, it } from '@jest/globals';
import { getrandom } from '../../../daemon/host/libc/random.ts';

it('is as long as it is asked to be, and never the same', () => {
  const all = Array.from({ length: 100 }, () => getrandom(16));
  expect(all.map(({ length }) => length)).toEqual(all.map(() => 16));
  expect(new Set(all.map((bytes) => bytes.toString('hex'))).size).toBe(100);
});
