import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineCutter, maxLineBytes, syslogMessage } from '../../../daemon/log/syslog-message.ts';

/** The lines that chunks are cut into. */
function cut(...chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const cutter = new LineCutter((line) => lines.push(line.toString()));
  for (const chunk of chunks) cutter.push(Buffer.from(chunk));
  cutter.flush();
  return lines;
}

describe('syslogMessage', () => {
  it('has the header of the C library, in local time, and a NUL at its end', () => {
    expect(syslogMessage(new Date(2026, 0, 2, 3, 4, 5), Buffer.from('web café')).toString()).toBe(
      '<14>Jan  2 03:04:05 supervisord: web café\0',
    );
    expect(syslogMessage(new Date(2026, 11, 31, 23, 59, 59), Buffer.from('')).toString()).toBe(
      '<14>Dec 31 23:59:59 supervisord: \0',
    );
  });

  it('has no other NUL, and all other bytes as they are', () => {
    const message = syslogMessage(new Date(2026, 0, 2), Buffer.from('a\0\xff\x1bb', 'latin1'));
    expect(message.toString('latin1')).toBe('<14>Jan  2 00:00:00 supervisord: a#000\xff\x1bb\0');
  });
});

describe('LineCutter', () => {
  it('cuts at newlines, also where a line comes in parts, and keeps empty lines', () => {
    expect(cut('one\n\ntw', 'o\nthr', '', 'ee')).toEqual(['one', '', 'two', 'three']);
  });

  it('makes no empty line of the end', () => {
    expect(cut('one\n')).toEqual(['one']);
    expect(cut()).toEqual([]);
  });

  it('cuts a line that is too long, and only that', () => {
    const longest = 'x'.repeat(maxLineBytes);
    expect(cut(`${longest}\n`, 'y\n')).toEqual([longest, 'y']);
    expect(cut(longest, 'x\n')).toEqual([longest, 'x']);
    expect(cut('a'.repeat(3 * maxLineBytes)).map((line) => line.length)).toEqual([8000, 8000, 8000]);
  });

  it('cuts no character in two', () => {
    for (const character of ['é', '€', '😀']) {
      for (let shift = 0; shift < 4; shift += 1) {
        const line = 'x'.repeat(shift) + character.repeat(maxLineBytes / 2);
        expect(cut(line).join('')).toBe(line);
      }
    }
  });

  it('loses nothing of what is no text', () => {
    const cutter = (bytes: Buffer): number => {
      let total = 0;
      const lines = new LineCutter((line) => {
        total += line.length;
      });
      lines.push(bytes);
      lines.flush();
      return total;
    };
    expect(cutter(Buffer.alloc(50_000, 0x80))).toBe(50_000);
  });

  it('cuts the same lines however the text comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'bc', '\n', 'é', 'x'.repeat(5000))),
        fc.nat(30_000),
        (words, at) => {
          const bytes = Buffer.from(words.join(''));
          expect(cut(bytes.subarray(0, at), bytes.subarray(at))).toEqual(cut(bytes));
        },
      ),
    );
  });
});
