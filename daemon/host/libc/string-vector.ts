import koffi from 'koffi';
import { encodeNative } from '../native-text.ts';

const pointerBytes = 8;
const nul = Buffer.alloc(1);

/** Strings as `execve` takes them: an array of pointers that ends with a null one. */
export interface StringVector {
  readonly pointers: Buffer;
  /** What the pointers point into. To be kept for as long as they are used. */
  readonly bytes: Buffer;
}

/** Lays strings out in memory as C has them, byte for byte as {@link encodeNative} gives them. */
export function stringVector(texts: readonly string[]): StringVector {
  const strings = texts.map(encodeNative);
  const bytes = Buffer.concat(strings.flatMap((string) => [string, nul]));
  const pointers = Buffer.alloc((strings.length + 1) * pointerBytes);
  let address = BigInt(koffi.address(bytes));
  for (const [index, string] of strings.entries()) {
    pointers.writeBigUInt64LE(address, index * pointerBytes);
    address += BigInt(string.length + nul.length);
  }
  return { pointers, bytes };
}
