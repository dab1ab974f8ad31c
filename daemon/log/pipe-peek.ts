import { read, tee } from '../host/libc/bytes.ts';
import { errnoOf } from '../host/libc/call.ts';
import { makePipe } from '../host/libc/descriptors.ts';
import { openForDiscard } from './discard.ts';

/** As much as a pipe holds by default. */
export const pipeCapacity = 65536;

let scratch: { readonly readEnd: number; readonly writeEnd: number } | undefined;
const buffer = Buffer.allocUnsafe(pipeCapacity);

/**
 * Looks at what is in a pipe and leaves it there: a daemon killed between looking and writing finds the
 * bytes again. All pipes share one scratch pipe and one buffer.
 *
 * @returns a view that is valid until the next call, or a negated errno
 */
export function peekPipe(pipe: number): Buffer | number {
  try {
    scratch ??= makePipe();
    // What is looked at is written next: then there must be no reason not to consume it, or it is written again.
    openForDiscard();
  } catch (error) {
    return -errnoOf(error);
  }
  const count = tee(pipe, scratch.writeEnd, pipeCapacity);
  if (count <= 0) return count;
  let length = 0;
  while (length < count) {
    const part = read(scratch.readEnd, buffer.subarray(length), count - length);
    if (part <= 0) return part;
    length += part;
  }
  return buffer.subarray(0, count);
}
