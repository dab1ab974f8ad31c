/**
 * Writes lines to a place that may be slow or full, such as the terminal or pipe on stdout, without ever
 * making the daemon wait: what does not fit now waits in bounded memory.
 */
import { EAGAIN } from '../host/libc/call.ts';
import type { LineWriter } from './activity-log.ts';
import { neverRotate, type Sink } from './sink.ts';

/** Lines that do not fit any more are dropped, and a line says how many once there is room. */
const maxQueuedBytes = 1024 * 1024;

export class QueuedLineWriter implements LineWriter {
  readonly #sink: Sink;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #stopWaiting: (() => void) | undefined;

  /** @throws an error with `code` when the place cannot be opened */
  constructor(sink: Sink) {
    sink.hold();
    this.#sink = sink;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#queuedBytes + bytes.length > maxQueuedBytes) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#stopWaiting === undefined) this.#drain();
  }

  /** Writes what fits at once, and lets go of the place. */
  close(): void {
    this.#cancelWaiting();
    this.#drain();
    this.#cancelWaiting();
    this.#sink.unhold();
  }

  #cancelWaiting(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
  }

  #drain(): void {
    for (;;) {
      const [first] = this.#queue;
      if (first === undefined) {
        this.#tellDropped();
        return;
      }
      const written = this.#sink.write(first, neverRotate);
      if (written < 0 && written !== -EAGAIN) {
        this.#dropped += this.#queue.length;
        this.#queue = [];
        this.#queuedBytes = 0;
        return;
      }
      if (written < 0) {
        this.#stopWaiting = this.#sink.onWritable(() => {
          this.#stopWaiting = undefined;
          this.#drain();
        });
        return;
      }
      this.#queuedBytes -= written;
      if (written === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(written);
    }
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const text = `… ${this.#dropped} lines were dropped here: nobody read them in time\n`;
    this.#dropped = 0;
    this.write(text);
  }
}
