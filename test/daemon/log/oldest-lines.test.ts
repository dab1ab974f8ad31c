import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { oldestLines } from '../../../daemon/log/oldest-lines.ts';

const cases: readonly { readonly it: string; readonly output: string; readonly oldest: string }[] = [
  { it: 'is whole lines', output: 'one\ntwo\nthree\n', oldest: 'one\ntwo\n' },
  { it: 'ends in the very middle if a line does', output: 'one\ntwo\n', oldest: 'one\n' },
  {
    it: 'is all of it when the last line end is the only one',
    output: 'a long line\n',
    oldest: 'a long line\n',
  },
  {
    it: 'leaves the beginning of a line that is still to be ended',
    output: 'one\ntwo\nthr',
    oldest: 'one\ntwo\n',
  },
  { it: 'is half of what has no lines', output: '12345', oldest: '123' },
  { it: 'is half of what has no line end in its second half', output: '1\n345', oldest: '1\n3' },
  { it: 'is nothing of nothing', output: '', oldest: '' },
];

describe('the oldest half of some output', () => {
  for (const { it: behaviour, output, oldest } of cases) {
    it(behaviour, () => expect(output.slice(0, oldestLines(Buffer.from(output)))).toBe(oldest));
  }

  it('is half of it at least, and leaves lines that are whole at their beginning', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '\n')).map((letters) => letters.join(''));
    fc.assert(
      fc.property(text, (output) => {
        const count = oldestLines(Buffer.from(output));
        expect(count).toBeGreaterThanOrEqual(output.length / 2);
        expect(count).toBeLessThanOrEqual(output.length);
        const half = output.slice(Math.max(0, Math.ceil(output.length / 2) - 1));
        if (half.includes('\n')) expect(output[count - 1]).toBe('\n');
      }),
    );
  });
});
