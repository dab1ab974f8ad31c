const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Output of a program as text: what is not UTF-8 as a whole is quoted as a whole.
 *
 * @see supervisor/compat.py, `as_string`; supervisor/events.py, `ProcessLogEvent.payload`
 */
export function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return `Undecodable: ${bytesRepr(bytes)}`;
  }
}

const shortEscapes = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x5c, '\\\\'],
]);

/** Quotes bytes as Python's `repr` does. */
export function bytesRepr(bytes: Buffer): string {
  const quote = bytes.includes("'") && !bytes.includes('"') ? '"' : "'";
  let quoted = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    const isPlain = byte >= 0x20 && byte < 0x7f;
    if (character === quote) quoted += `\\${quote}`;
    else
      quoted += shortEscapes.get(byte) ?? (isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`);
  }
  return `b${quote}${quoted}${quote}`;
}
