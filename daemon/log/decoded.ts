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

/** Each byte as Python's `repr` of bytes has it, between single quotes. */
const quotedBytes = Array.from({ length: 256 }, (_, byte) => quotedByte(byte));

function quotedByte(byte: number): string {
  const character = String.fromCharCode(byte);
  const short = new Map([
    ['\t', '\\t'],
    ['\n', '\\n'],
    ['\r', '\\r'],
    ['\\', '\\\\'],
    ["'", "\\'"],
  ]).get(character);
  if (short !== undefined) return short;
  return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Quotes bytes as Python's `repr` does. */
export function bytesRepr(bytes: Buffer): string {
  let quoted = '';
  for (const byte of bytes) quoted += quotedBytes[byte];
  const isPlainer = bytes.includes("'") && !bytes.includes('"');
  return isPlainer ? `b"${quoted.replaceAll("\\'", "'")}"` : `b'${quoted}'`;
}
