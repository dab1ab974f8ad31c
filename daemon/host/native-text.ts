/**
 * Text of the operating system, which is bytes: variables and arguments need not be UTF-8. A byte that is no
 * part of UTF-8 becomes a lone surrogate (U+DC80 to U+DCFF), and that byte again on its way out, so that what
 * the daemon was given reaches its children unchanged.
 *
 * @see PEP 383, "surrogateescape", which supervisord has from Python
 */
import { isUtf8 } from 'node:buffer';

const escapeBase = 0xdc00;
const escaped = /[\udc80-\udcff]/;

/** Bytes → text. */
export function decodeNative(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = '';
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index);
    if (length === 0) {
      text += String.fromCharCode(escapeBase + (bytes[index] ?? 0));
      index += 1;
    } else {
      text += bytes.toString('utf8', index, index + length);
      index += length;
    }
  }
  return text;
}

/** Text → bytes. */
export function encodeNative(text: string): Buffer {
  if (!escaped.test(text) || text.isWellFormed()) return Buffer.from(text);
  const parts: Buffer[] = [];
  for (const character of text) {
    const isEscaped = character.length === 1 && escaped.test(character);
    parts.push(isEscaped ? Buffer.from([character.charCodeAt(0) - escapeBase]) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

/** Length of the UTF-8 sequence at `index`; 0: there is none. */
function sequenceLength(bytes: Buffer, index: number): number {
  for (let length = 1; length <= 4 && index + length <= bytes.length; length += 1) {
    if (isUtf8(bytes.subarray(index, index + length))) return length;
  }
  return 0;
}
