import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeUtf8 } from '../../conf/encoding.ts';

const bytes = (latin1: string) => Buffer.from(latin1, 'latin1');

describe('bytes that are not UTF-8', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['a\xff', 1, 'byte 0xff in position 1: invalid start byte'],
    ['\x80', 1, 'byte 0x80 in position 0: invalid start byte'],
    ['a\nb\r\nc\r\xc0\xaf', 4, 'byte 0xc0 in position 7: invalid start byte'],
    ['\xe4 ', 1, 'byte 0xe4 in position 0: invalid continuation byte'],
    ['\xe4\xb8 ', 1, 'bytes in position 0-1: invalid continuation byte'],
    ['\xe4\xb8', 1, 'bytes in position 0-1: unexpected end of data'],
    ['\xed\xa0\x80', 1, 'byte 0xed in position 0: invalid continuation byte'],
    ['\xe0\x80\x80', 1, 'byte 0xe0 in position 0: invalid continuation byte'],
    ['\xf0\x8f\xbf\xbf', 1, 'byte 0xf0 in position 0: invalid continuation byte'],
    ['\xf4\x90\x80\x80', 1, 'byte 0xf4 in position 0: invalid continuation byte'],
    ['\xf5', 1, 'byte 0xf5 in position 0: invalid start byte'],
  ];
  for (const [latin1, line, what] of cases) {
    it(`${JSON.stringify(latin1)} are refused: ${what}`, () => {
      expect(decodeUtf8(bytes(latin1))).toEqual({
        type: 'invalid',
        line,
        text: `'utf-8' codec can't decode ${what}`,
      });
    });
  }
});

it('any text reads back, with its byte order mark', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeUtf8(Buffer.from(`\ufeff${text}`))).toEqual({ type: 'ok', text: `\ufeff${text}` });
    }),
  );
});
