/** What sees the output of a program, and may change it, on its way to the log. */
import {
  beginToken,
  type Captured,
  type CapturePart,
  CaptureSplitter,
  LastBytes,
  type SplitterState,
} from './capture.ts';
import { AnsiStripper, type StripperState } from './strip-ansi.ts';

const nothing = Buffer.alloc(0);

/** All that a filter knows of the output so far, but for the bytes that it has captured. */
export interface FilterState extends SplitterState {
  readonly escape: StripperState;
  /** How many bytes were captured since capture mode began. */
  readonly captured: number;
  /** How many messages were captured before. */
  readonly messages: number;
}

/** The state at the beginning of the output. */
export const newOutput: FilterState = {
  isInside: false,
  matched: 0,
  escape: 'text',
  captured: 0,
  messages: 0,
};

/** Between the pipe and the sink of an output stream. */
export interface OutputFilter {
  /** Whether bytes have to pass through now; otherwise they go by unseen, which costs nothing. */
  isNeeded(): boolean;
  /**
   * What of a chunk goes to the log now; some may be held back.
   *
   * @param origin tells this chunk from all others; `undefined`: nobody will see it again
   */
  push(chunk: Buffer, origin?: string): Buffer;
  /** The output has ended: what was held back. */
  flush(origin?: string): Buffer;
  readonly state: FilterState;
  /** How many bytes of a message are kept; 0: none is captured. */
  readonly captureMaxbytes: number;
  /** The last `count` bytes that were captured, or all that are kept. Valid until the next call. */
  lastCaptured(count: number): Buffer;
  /**
   * Goes on from where another filter was, with what that one captured.
   *
   * @returns what that one held back and this one, with other settings, does not
   */
  restore(state: FilterState, captured: Buffer): Buffer;
}

/** Told what becomes of the output of a channel, in its order. Bytes are valid only during the call. */
export interface ChannelObserver {
  /** Whether it wants to be told what is logged now. It is told what is captured in any case. */
  isWatching(): boolean;
  /** @param origin tells these bytes from all others; `undefined`: nobody will see them again */
  logged(bytes: Buffer, origin: string | undefined): void;
  /** Bytes in capture mode, as they come. */
  capturing(bytes: Buffer): void;
  captured(message: Captured, origin: string | undefined): void;
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
 * The filter of one channel: capture mode, then `strip_ansi`, then whoever watches. What it makes of any output
 * is the same however that is cut into chunks, also where another filter goes on.
 */
export class ChannelFilter implements OutputFilter {
  readonly captureMaxbytes: number;
  readonly #observer: ChannelObserver;
  readonly #stripper: AnsiStripper | undefined;
  readonly #capture: { readonly splitter: CaptureSplitter; readonly message: LastBytes } | undefined;
  #messages = 0;
  /** Of the chunk at hand. */
  #origin: string | undefined;
  /** How many of its parts were logged or captured so far. */
  #parts = 0;

  constructor({ stripAnsi, captureMaxbytes, observer }: ChannelFilterOptions) {
    this.captureMaxbytes = captureMaxbytes;
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

  get state(): FilterState {
    return {
      ...(this.#capture?.splitter.state ?? newOutput),
      escape: this.#stripper?.state ?? 'text',
      captured: this.#capture?.message.total ?? 0,
      messages: this.#messages,
    };
  }

  lastCaptured(count: number): Buffer {
    return this.#capture?.message.last(count) ?? nothing;
  }

  restore(state: FilterState, captured: Buffer): Buffer {
    this.#messages = state.messages;
    if (this.#stripper !== undefined) this.#stripper.state = state.escape;
    if (this.#capture !== undefined) {
      this.#capture.splitter.state = state;
      this.#capture.message.restore(captured, state.captured);
      return nothing;
    }
    return heldBack(state, captured);
  }

  push(chunk: Buffer, origin?: string): Buffer {
    this.#begin(origin);
    if (this.#capture === undefined) return this.#log(this.#strip(chunk));
    return joined(this.#capture.splitter.push(chunk).map((part) => this.#take(part)));
  }

  flush(origin?: string): Buffer {
    this.#begin(origin);
    if (this.#capture === undefined) return this.#log(this.#endStrip());
    const { splitter, message } = this.#capture;
    const { parts, wasInside } = splitter.flush();
    const output = parts.map((part) => this.#take(part));
    if (!wasInside) return joined([...output, this.#log(this.#endStrip())]);
    this.#hold(this.#endStrip());
    this.#messages += 1;
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
        this.#parts += 1;
        this.#messages += 1;
        if (this.#capture !== undefined) {
          this.#observer.captured(this.#capture.message.take(), this.#originOf(this.#parts));
        }
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
    if (bytes.length === 0) return nothing;
    this.#parts += 1;
    if (this.#observer.isWatching()) this.#observer.logged(bytes, this.#originOf(this.#parts));
    return bytes;
  }

  #begin(origin: string | undefined): void {
    this.#origin = origin;
    this.#parts = 0;
  }

  /** Parts count whether or not they are told: who is watching may have changed when they are seen again. */
  #originOf(part: number): string | undefined {
    return this.#origin === undefined ? undefined : `${this.#origin}.${part}`;
  }

  #hold(bytes: Buffer): Buffer {
    if (bytes.length > 0) {
      this.#capture?.message.push(bytes);
      this.#observer.capturing(bytes);
    }
    return nothing;
  }
}

/** What a filter in this state has held back, if there is no capture mode any more. */
export function heldBack({ isInside, matched }: FilterState, captured: Buffer): Buffer {
  if (isInside) return captured;
  return matched === 0 ? nothing : beginToken.subarray(0, matched);
}

function joined(parts: readonly Buffer[]): Buffer {
  const filled = parts.filter((part) => part.length > 0);
  const [first = nothing] = filled;
  return filled.length <= 1 ? first : Buffer.concat(filled);
}
