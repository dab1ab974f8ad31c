import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeNative, encodeNative } from '../../../daemon/host/native-text.ts';

describe('text of the operating system', () => {
  it('is UTF-8 where it can be', () => {
    expect(decodeNative(Buffer.from('grün 🌲'))).toBe('grün 🌲');
    expect(encodeNative('grün 🌲')).toEqual(Buffer.from('grün 🌲'));
  });

  it('has a lone surrogate for each byte that is not, as Python has', () => {
    expect(decodeNative(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\udcffb');
    expect(decodeNative(Buffer.from([0xe2, 0x82]))).toBe('\udce2\udc82');
  });

  it('comes out as the bytes that went in, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(encodeNative(decodeNative(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });
});
