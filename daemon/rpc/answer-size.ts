/**
 * How much one answer may be. It is put together in memory, and a small request can ask for a lot: a log without
 * a limit, or thousands of calls in one. Without a bound the daemon would end for lack of memory.
 */
import { Double, type Encodable } from '../../rpc/xmlrpc.ts';

/** Bytes of log, or characters of results: more than any log has that is rotated at the default size. */
export const maxAnswerSize = 64 * 1024 * 1024;

/** What a value takes besides its text, in memory and on the wire, more or less. */
const overhead = 64;

/** About how many characters a value comes to. */
export function sizeOf(value: Encodable): number {
  if (typeof value === 'string') return overhead + value.length;
  if (typeof value !== 'object' || value === null || value instanceof Double) return overhead;
  let size = overhead;
  for (const member of value instanceof Map ? value.values() : Object.values(value)) size += sizeOf(member);
  return size;
}
