/**
 * Writes lines to a place that may be slow or full, such as the terminal or pipe on stdout, without ever
 * making the daemon wait: what does not fit now waits in bounded memory.
 */
import { EAGAIN } from '../host/libc/call.ts';
import type { LineWriter } from './activity-log.ts';
import { neverRotate, type Sink } from './sink.ts';

/** Lines that do not fit any more are dropped, and a line says how many once there is room. */
const maxQueuedBytes = 1024 * 1024;
/** How long the end of the daemon waits for a reader who takes none of its last lines. */
const lastLinesMs = 1000;

export class QueuedLineWriter implements LineWriter {
  readonly #sink: Sink;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #stopWaiting: (() => void) | undefined;
  /** The end of the daemon waits for the queue to become empty. */
  #end: { readonly timeout: NodeJS.Timeout; readonly resolve: () => void } | undefined;
  #isClosed = false;

  /** @throws an error with `code` when the place cannot be opened */
  constructor(sink: Sink) {
    sink.hold();
    this.#sink = sink;
  }

  write(text: string): void {
    if (this.#isClosed) return;
    const bytes = Buffer.from(text);
    if (this.#queuedBytes + bytes.length > maxQueuedBytes) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#stopWaiting === undefined) this.#drain();
  }

  /** Goes on for as long as somebody reads; what nobody has read by then is lost. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#stopWaiting !== undefined) await this.#drained();
    this.#isClosed = true;
    this.#stopWaiting?.();
    this.#sink.unhold();
  }

  /** Resolves when the queue is empty, or when nothing of it was taken for some time. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#end = { timeout: setTimeout(resolve, lastLinesMs), resolve };
    });
  }

  #endDrained(): void {
    clearTimeout(this.#end?.timeout);
    this.#end?.resolve();
  }

  #drain(): void {
    for (;;) {
      const [first] = this.#queue;
      if (first === undefined) {
        this.#tellDropped();
        if (this.#queue.length === 0) this.#endDrained();
        return;
      }
      const written = this.#sink.write(first, neverRotate);
      if (written < 0 && written !== -EAGAIN) {
        this.#dropped += this.#queue.length;
        this.#queue = [];
        this.#queuedBytes = 0;
        this.#endDrained();
        return;
      }
      if (written < 0) {
        this.#stopWaiting = this.#sink.onWritable(() => {
          this.#stopWaiting = undefined;
          this.#drain();
        });
        return;
      }
      this.#end?.timeout.refresh();
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
