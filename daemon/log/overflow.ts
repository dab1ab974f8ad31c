/**
 * Where output goes when the log has taken none of it for so long that the child would have to wait: the latest lines
 * are kept in memory, the oldest give way and are counted. What is here is lost if the daemon is killed.
 */
import { EINVAL } from '../host/libc/call.ts';
import { oldestLines } from './oldest-lines.ts';
import { pipeCapacity } from './pipe-peek.ts';
import type { Sink } from './sink.ts';

const nothing = Buffer.alloc(0);

export class Overflow implements Sink {
  readonly path = 'memory';
  readonly canBeFull = false;
  readonly #onDrop: (bytes: Buffer) => void;
  #kept: Buffer = nothing;
  /** Used again and again: a flood would leave garbage faster than it is collected. */
  #memory: Buffer = nothing;
  #dropped = 0;

  /** @param onDrop told of bytes before they are thrown away; they are valid only during the call */
  constructor(onDrop: (bytes: Buffer) => void) {
    this.#onDrop = onDrop;
  }

  /** What is yet to be written, in its order. */
  get kept(): Buffer {
    return this.#kept;
  }

  /** Bytes that were thrown away. */
  get dropped(): number {
    return this.#dropped;
  }

  write(bytes: Buffer): number {
    this.#append(bytes);
    while (this.#kept.length > pipeCapacity) {
      const oldest = oldestLines(this.#kept);
      this.#onDrop(this.#kept.subarray(0, oldest));
      this.#dropped += oldest;
      this.#kept = this.#kept.subarray(oldest);
    }
    return bytes.length;
  }

  /** The first `count` bytes of what is kept have been written. */
  release(count: number): void {
    this.#kept = this.#kept.subarray(count);
  }

  splice(): number {
    return -EINVAL;
  }

  hold(): void {}

  unhold(): void {}

  /** It always is. */
  onWritable(): () => void {
    return () => {};
  }

  reopen(): void {}

  clear(): void {}

  #append(bytes: Buffer): void {
    const kept = this.#kept.length;
    const length = kept + bytes.length;
    const isEnough = this.#memory.length >= length;
    const memory = isEnough ? this.#memory : Buffer.allocUnsafeSlow(Math.max(length, 2 * pipeCapacity));
    this.#kept.copy(memory);
    bytes.copy(memory, kept);
    this.#kept = memory.subarray(0, length);
    this.#memory = memory;
  }
}
