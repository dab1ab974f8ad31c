/** Bytes of a configuration file → text. */

export type DecodeResult =
  | { readonly type: 'ok'; readonly text: string }
  | {
      readonly type: 'invalid';
      /** Line of the first bad byte, counted from 1. */
      readonly line: number;
      /** What is wrong, with the position in bytes. */
      readonly text: string;
    };

/** Decodes UTF-8 and refuses what is not; a byte order mark stays in the text. */
export function decodeUtf8(bytes: Uint8Array): DecodeResult {
  try {
    return { type: 'ok', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    const { position, length, reason } = firstBadSequence(bytes);
    const line = lineAt(bytes, position);
    const what =
      length === 1
        ? `byte 0x${(bytes[position] ?? 0).toString(16).padStart(2, '0')} in position ${position}`
        : `bytes in position ${position}-${position + length - 1}`;
    return { type: 'invalid', line, text: `'utf-8' codec can't decode ${what}: ${reason}` };
  }
}

function lineAt(bytes: Uint8Array, position: number): number {
  let line = 1;
  for (let index = 0; index < position; index++) {
    const isLineEnd = bytes[index] === 0x0a || (bytes[index] === 0x0d && bytes[index + 1] !== 0x0a);
    if (isLineEnd) line++;
  }
  return line;
}

interface BadSequence {
  readonly position: number;
  readonly length: number;
  readonly reason: string;
}

function firstBadSequence(bytes: Uint8Array): BadSequence {
  let position = 0;
  while (position < bytes.length) {
    const lead = bytes[position] ?? 0;
    const expected = sequenceLength(lead);
    if (expected === 0) return { position, length: 1, reason: 'invalid start byte' };
    for (let offset = 1; offset < expected; offset++) {
      const byte = bytes[position + offset];
      if (byte === undefined) return { position, length: offset, reason: 'unexpected end of data' };
      if (!isContinuation(lead, offset, byte)) {
        return { position, length: offset, reason: 'invalid continuation byte' };
      }
    }
    position += expected;
  }
  return { position: 0, length: 1, reason: 'invalid start byte' };
}

/** Length that a lead byte announces; 0: not a lead byte. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** Overlong forms, surrogates and code points past U+10FFFF show in the second byte. */
function isContinuation(lead: number, offset: number, byte: number): boolean {
  if (offset === 1) {
    if (lead === 0xe0) return byte >= 0xa0 && byte <= 0xbf;
    if (lead === 0xed) return byte >= 0x80 && byte <= 0x9f;
    if (lead === 0xf0) return byte >= 0x90 && byte <= 0xbf;
    if (lead === 0xf4) return byte >= 0x80 && byte <= 0x8f;
  }
  return byte >= 0x80 && byte <= 0xbf;
}
