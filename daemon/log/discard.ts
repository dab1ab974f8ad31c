import { openSync } from 'node:fs';
import { splice } from '../host/libc/bytes.ts';
import { errnoOf } from '../host/libc/call.ts';
import type { Sink } from './sink.ts';

let devNull: number | undefined;

/** Opens once what `discard` needs: from then on it needs no descriptor. @throws an error with `code` */
export function openForDiscard(): number {
  devNull ??= openSync('/dev/null', 'w');
  return devNull;
}

/** Throws away up to `max` bytes of a pipe. @returns how many, or a negated errno */
export function discard(pipe: number, max: number): number {
  try {
    return splice(pipe, openForDiscard(), max);
  } catch (error) {
    return -errnoOf(error);
  }
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
