import koffi from 'koffi';
import { encodeNative } from '../native-text.ts';

const nul = '\0';

/** Strings as `execve` takes them: an array of pointers that ends with a null one. */
export interface StringVector {
  readonly pointers: BigUint64Array;
  /** What the pointers point into. To be kept for as long as they are used. */
  readonly bytes: Buffer;
}

/** Lays strings out in memory as C has them, byte for byte as {@link encodeNative} gives them. */
export function stringVector(texts: readonly string[]): StringVector {
  const all = texts.map((text) => text + nul).join('');
  const bytes = encodeNative(all);
  // Nearly always: then nothing needs to be counted.
  const hasByteForEach = bytes.length === all.length;
  const pointers = new BigUint64Array(texts.length + 1);
  const address = BigInt(koffi.address(bytes));
  let offset = 0;
  for (const [index, text] of texts.entries()) {
    pointers[index] = address + BigInt(offset);
    offset += (hasByteForEach ? text.length : encodeNative(text).length) + nul.length;
  }
  return { pointers, bytes };
}
