import { EAGAIN, EINTR, errnoName } from '../host/libc/call.ts';
import type { Rotation, Sink } from './sink.ts';

/** How many bytes were moved, or why none. */
export type Moved = number | 'empty' | 'full' | { readonly failed: string };

/** What the kernel says of moving bytes. */
export function moved(count: number): Moved {
  if (count > 0) return count;
  if (count === -EINTR) return 0;
  return count === 0 || count === -EAGAIN ? 'empty' : { failed: errnoName(-count) };
}

/** Where an output stream has its bytes from. */
export interface OutputSource {
  /** Says when there is more; `undefined`: somebody else calls `flush` of the stream then. */
  readonly pipe: number | undefined;
  /** Bytes that are not in the log yet. */
  readonly left: number;
  /** As many of them as no later daemon would find. */
  readonly unkept: number;
  /** Whether there may be more in the pipe than was just moved. Otherwise readiness will tell. */
  readonly mayHaveMore: boolean;
  /** Some of them are no longer in the pipe. */
  readonly hasRest: boolean;
  /** Moves some bytes into a sink. 0: there may be more. */
  move(sink: Sink, rotation: Rotation): Moved;
  /** Puts words of the daemon itself before what comes next. */
  put(text: Buffer): void;
  /**
   * What has come until now is of a child that has ended: what a filter holds back of it is to be moved, too.
   *
   * @returns whether there is, or may be, anything to move now
   */
  endChild(): boolean;
  /** Stops for good. What is left is given up. */
  close(): void;
  /** Leaves what there is to the next daemon. */
  leave(): void;
}
