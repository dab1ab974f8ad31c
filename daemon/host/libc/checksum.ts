/**
 * Checksums of zlib, which Node has in it for itself and for addons. `node:zlib` has them too, and takes 0.3 MB of
 * memory to load.
 *
 * @see Node's documentation, "Linking to libraries included with Node.js"
 */
import { c } from './call.ts';

const crc32Call: (register: number, bytes: Uint8Array, length: number) => number = c.func(
  'crc32',
  'unsigned long',
  ['unsigned long', 'void *', 'unsigned int'],
);

/** The CRC-32 of bytes, or of a text in UTF-8: an unsigned number of 32 bits. @see RFC 1952, section 8 */
export function crc32(data: Uint8Array | string): number {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  return Number(crc32Call(0, bytes, bytes.length));
}
