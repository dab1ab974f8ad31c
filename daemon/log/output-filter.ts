/** What sees the output of a program, and may change it, on its way to the log. */
import { type Captured, type CapturePart, CaptureSplitter, LastBytes } from './capture.ts';
import { AnsiStripper } from './strip-ansi.ts';

const nothing = Buffer.alloc(0);

/** Between the pipe and the sink of an output stream. */
export interface OutputFilter {
  /** Whether bytes have to pass through now; otherwise they go by unseen, which costs nothing. */
  isNeeded(): boolean;
  /** What of a chunk goes to the log now; some may be held back. */
  push(chunk: Buffer): Buffer;
  /** The output has ended: what was held back. */
  flush(): Buffer;
}

/** Told what becomes of the output of a channel, in its order. Bytes are valid only during the call. */
export interface ChannelObserver {
  /** Whether it wants to be told what is logged now. It is told what is captured in any case. */
  isWatching(): boolean;
  logged(bytes: Buffer): void;
  /** Bytes in capture mode, as they come. */
  capturing(bytes: Buffer): void;
  captured(message: Captured): void;
  /** The output ended in capture mode; what was captured goes to the log. */
  unfinished(message: Captured): void;
}

export interface ChannelFilterOptions {
  readonly stripAnsi: boolean;
  /** Bytes kept in capture mode; 0: there is none. */
  readonly captureMaxbytes: number;
  readonly observer: ChannelObserver;
}

/**
 * The filter of one channel: capture mode, then `strip_ansi`, then whoever watches.
 *
 * What is captured lives in memory until its end: a daemon that is killed meanwhile loses it.
 */
export class ChannelFilter implements OutputFilter {
  readonly #observer: ChannelObserver;
  readonly #stripper: AnsiStripper | undefined;
  readonly #capture: { readonly splitter: CaptureSplitter; readonly message: LastBytes } | undefined;

  constructor({ stripAnsi, captureMaxbytes, observer }: ChannelFilterOptions) {
    this.#observer = observer;
    this.#stripper = stripAnsi ? new AnsiStripper() : undefined;
    this.#capture =
      captureMaxbytes > 0
        ? { splitter: new CaptureSplitter(), message: new LastBytes(captureMaxbytes) }
        : undefined;
  }

  isNeeded(): boolean {
    return this.#stripper !== undefined || this.#capture !== undefined || this.#observer.isWatching();
  }

  push(chunk: Buffer): Buffer {
    if (this.#capture === undefined) return this.#log(this.#strip(chunk));
    return joined(this.#capture.splitter.push(chunk).map((part) => this.#take(part)));
  }

  flush(): Buffer {
    if (this.#capture === undefined) return this.#log(this.#endStrip());
    const { splitter, message } = this.#capture;
    const { parts, wasInside } = splitter.flush();
    const output = parts.map((part) => this.#take(part));
    if (!wasInside) return joined([...output, this.#log(this.#endStrip())]);
    this.#hold(this.#endStrip());
    const unfinished = message.take();
    this.#observer.unfinished(unfinished);
    return joined([...output, unfinished.data]);
  }

  /** What of a part goes to the log. An escape sequence does not reach over a token. */
  #take(part: CapturePart): Buffer {
    switch (part.type) {
      case 'outside':
        return this.#log(this.#strip(part.bytes));
      case 'begin':
        return this.#log(this.#endStrip());
      case 'inside':
        return this.#hold(this.#strip(part.bytes));
      case 'end':
        this.#hold(this.#endStrip());
        if (this.#capture !== undefined) this.#observer.captured(this.#capture.message.take());
        return nothing;
      default:
        return part satisfies never;
    }
  }

  #strip(bytes: Buffer): Buffer {
    return this.#stripper?.push(bytes) ?? bytes;
  }

  #endStrip(): Buffer {
    return this.#stripper?.flush() ?? nothing;
  }

  #log(bytes: Buffer): Buffer {
    if (bytes.length > 0 && this.#observer.isWatching()) this.#observer.logged(bytes);
    return bytes;
  }

  #hold(bytes: Buffer): Buffer {
    if (bytes.length > 0) {
      this.#capture?.message.push(bytes);
      this.#observer.capturing(bytes);
    }
    return nothing;
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  const filled = parts.filter((part) => part.length > 0);
  const [first = nothing] = filled;
  return filled.length <= 1 ? first : Buffer.concat(filled);
}
