import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beginToken, CaptureSplitter, endToken, LastBytes } from '../../../daemon/log/capture.ts';

/** What the splitter makes of chunks: `out:` and `in:` with the bytes that follow each other, `[` and `]`. */
function split(...chunks: readonly string[]): string {
  const splitter = new CaptureSplitter();
  const all = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
  let text = '';
  let last = '';
  for (const part of [...all, ...splitter.flush().parts]) {
    if ('bytes' in part) text += part.type === last ? part.bytes : `${part.type}:${part.bytes}`;
    else text += part.type === 'begin' ? '[' : ']';
    last = part.type;
  }
  return text;
}

const cases: readonly { readonly it: string; readonly chunks: readonly string[]; readonly is: string }[] = [
  { it: 'leaves text without tokens alone', chunks: ['plain\n'], is: 'outside:plain\n' },
  {
    it: 'takes out what is between tokens',
    chunks: [`a${beginToken}b${endToken}c`],
    is: 'outside:a[inside:b]outside:c',
  },
  { it: 'knows empty messages', chunks: [`${beginToken}${endToken}`], is: '[]' },
  {
    it: 'knows several messages in a chunk',
    chunks: [`${beginToken}1${endToken}${beginToken}2${endToken}`],
    is: '[inside:1][inside:2]',
  },
  {
    it: 'takes a second BEGIN for a part of the message',
    chunks: [`${beginToken}${beginToken}${endToken}`],
    is: `[inside:${beginToken}]`,
  },
  { it: 'takes END without BEGIN for text', chunks: [`x${endToken}y`], is: `outside:x${endToken}y` },
  {
    it: 'finds a token that begins within what looked like one',
    chunks: ['<!--X<!--XSUPER', 'VISOR:BEGIN-->in'],
    is: 'outside:<!--X[inside:in',
  },
  {
    it: 'gives back at the end what might have become a token',
    chunks: ['text<!--XSUPERVISOR:BEG'],
    is: 'outside:text<!--XSUPERVISOR:BEG',
  },
];

describe('CaptureSplitter', () => {
  for (const { it: behaviour, chunks, is } of cases) {
    it(behaviour, () => expect(split(...chunks)).toBe(is));
  }

  it('holds back nothing but the beginning of a token', () => {
    const splitter = new CaptureSplitter();
    expect(splitter.push(Buffer.from('short'))).toEqual([{ type: 'outside', bytes: Buffer.from('short') }]);
    expect(splitter.push(Buffer.from('a <!-'))).toEqual([{ type: 'outside', bytes: Buffer.from('a ') }]);
    expect(splitter.push(Buffer.from('- b'))).toEqual([{ type: 'outside', bytes: Buffer.from('<!-- b') }]);
  });

  it('finds the same in any text however it is cut into chunks', () => {
    const piece = fc.constantFrom(
      `${beginToken}`,
      `${endToken}`,
      '<!--XSUPERVISOR:',
      'BEGIN-->',
      '<',
      '-',
      'text\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { size: 'medium' }), fc.array(fc.nat(40)), (pieces, lengths) => {
        const text = pieces.join('');
        const chunks: string[] = [];
        let start = 0;
        for (const length of lengths) {
          chunks.push(text.slice(start, start + length));
          start += length;
        }
        expect(split(...chunks, text.slice(start))).toBe(split(text));
      }),
    );
  });
});

describe('LastBytes', () => {
  it('keeps the last bytes of all that was pushed, and counts the others', () => {
    const chunk = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.array(chunk, { size: 'large' }), (max, chunks) => {
        const last = new LastBytes(max);
        for (let time = 0; time < 2; time += 1) {
          for (const bytes of chunks) last.push(bytes);
          const all = Buffer.concat(chunks);
          const data = all.subarray(Math.max(0, all.length - max));
          expect(last.take()).toEqual({ data: Buffer.from(data), dropped: all.length - data.length });
        }
      }),
    );
  });

  it('takes ten million bytes one by one', () => {
    const last = new LastBytes(1_000_000);
    const byte = Buffer.from('x');
    for (let count = 0; count < 10_000_000; count += 1) last.push(byte);
    expect(last.take().dropped).toBe(9_000_000);
  });
});
