import { openSync } from 'node:fs';
import { splice } from '../host/libc/bytes.ts';
import type { Sink } from './sink.ts';

let devNull: number | undefined;

/** Throws away up to `max` bytes of a pipe. @returns how many, or a negated errno */
export function discard(pipe: number, max: number): number {
  devNull ??= openSync('/dev/null', 'w');
  return splice(pipe, devNull, max);
}

/** `NONE`: output is read and thrown away. */
export const discardSink: Sink = {
  path: 'NONE',
  canBeFull: false,
  hold() {},
  unhold() {},
  splice: discard,
  write: (bytes) => bytes.length,
  onWritable: () => () => {},
  reopen() {},
  clear() {},
};
