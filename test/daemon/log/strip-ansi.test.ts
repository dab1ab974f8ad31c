import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AnsiStripper } from '../../../daemon/log/strip-ansi.ts';

function strip(...chunks: readonly Buffer[]): string {
  const stripper = new AnsiStripper();
  const kept = chunks.map((chunk) => Buffer.from(stripper.push(chunk)));
  return Buffer.concat([...kept, stripper.flush()]).toString('latin1');
}

it.each([
  ['\x1b[1;31mred\x1b[0m', 'red'],
  ['a\x1b[2Jb\x1b[10;20Hc', 'abc'],
  ['a\x1b[12', 'a'],
  ['a\x1b', 'a\x1b'],
  ['a\x1b\x1b[0mb', 'a\x1bb'],
  ['\x1b]0;title', '\x1b]0;title'],
  ['\x1b[99zgone up to the first, text', 'p to the first, text'],
  ['plain', 'plain'],
])('turns %j into %j', (text, stripped) => {
  expect(strip(Buffer.from(text))).toBe(stripped);
});

it('gives the same wherever the output is cut', () => {
  const text = Buffer.from('\x1b[1;31mred\x1b[0m \x1b and \x1b\x1b[Kmore\x1b[');
  for (let cut = 0; cut <= text.length; cut += 1) {
    expect(strip(text.subarray(0, cut), text.subarray(cut))).toBe('red \x1b and \x1bmore');
  }
});

it('gives the same in one piece and byte by byte, whatever the bytes', () => {
  const byte = fc.oneof(fc.constantFrom(0x1b, 0x5b, 0x6d, 0x30), fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 200 }), (bytes) => {
      expect(strip(...bytes.map((one) => Buffer.from([one])))).toBe(strip(Buffer.from(bytes)));
    }),
  );
});
