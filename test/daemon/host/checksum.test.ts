import { crc32 as crc32OfNode } from 'node:zlib';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32 } from '../../../daemon/host/libc/checksum.ts';

it('is the checksum that Node has, of bytes and of texts', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' })), (data) => {
      expect(crc32(data)).toBe(crc32OfNode(data));
    }),
  );
});
