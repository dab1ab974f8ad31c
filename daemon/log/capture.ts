/**
 * Capture mode: what a program writes between two tokens is not logged, but is the payload of a
 * PROCESS_COMMUNICATION event. Pure.
 *
 * @see supervisor/dispatchers.py, `POutputDispatcher.record_output`
 */

export const beginToken = Buffer.from('<!--XSUPERVISOR:BEGIN-->');
export const endToken = Buffer.from('<!--XSUPERVISOR:END-->');

/** A part of what a program wrote; `bytes` may be a view of the chunk they came in. */
export type CapturePart =
  | { readonly type: 'outside' | 'inside'; readonly bytes: Buffer }
  | { readonly type: 'begin' | 'end' };

/** Where in capture mode the output so far has ended. */
export interface SplitterState {
  readonly isInside: boolean;
  /** How much of the awaited token the last chunk ended with. */
  readonly matched: number;
}

/**
 * Tells what is outside from what is inside, wherever chunks begin and end. Only what may turn out to be
 * the awaited token is held back.
 */
export class CaptureSplitter {
  #isInside = false;
  #matched = 0;

  /** All that is to be known to go on elsewhere. */
  get state(): SplitterState {
    return { isInside: this.#isInside, matched: this.#matched };
  }

  set state({ isInside, matched }: SplitterState) {
    this.#isInside = isInside;
    this.#matched = matched;
  }

  push(chunk: Buffer): CapturePart[] {
    let rest = this.#matched === 0 ? chunk : Buffer.concat([this.#heldBack(), chunk]);
    const parts: CapturePart[] = [];
    for (;;) {
      const token = this.#awaited;
      const at = rest.indexOf(token);
      if (at < 0) break;
      this.#addBytes(parts, rest.subarray(0, at));
      this.#isInside = !this.#isInside;
      parts.push({ type: this.#isInside ? 'begin' : 'end' });
      rest = rest.subarray(at + token.length);
    }
    this.#matched = lengthOfPrefixAtEnd(rest, this.#awaited);
    this.#addBytes(parts, rest.subarray(0, rest.length - this.#matched));
    return parts;
  }

  /** The output has ended: gives what was held back, tells whether that was within capture mode, and ends it. */
  flush(): { readonly parts: CapturePart[]; readonly wasInside: boolean } {
    const parts: CapturePart[] = [];
    this.#addBytes(parts, this.#heldBack());
    const wasInside = this.#isInside;
    this.#isInside = false;
    this.#matched = 0;
    return { parts, wasInside };
  }

  get #awaited(): Buffer {
    return this.#isInside ? endToken : beginToken;
  }

  #heldBack(): Buffer {
    return this.#awaited.subarray(0, this.#matched);
  }

  #addBytes(parts: CapturePart[], bytes: Buffer): void {
    if (bytes.length > 0) parts.push({ type: this.#isInside ? 'inside' : 'outside', bytes });
  }
}

/** Length of the longest proper prefix of `token` that `bytes` ends with. */
function lengthOfPrefixAtEnd(bytes: Buffer, token: Buffer): number {
  for (let length = Math.min(bytes.length, token.length - 1); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(token.subarray(0, length))) return length;
  }
  return 0;
}

/** What was captured, as far as it was kept. */
export interface Captured {
  readonly data: Buffer;
  /** Bytes before `data` that there was no room for. */
  readonly dropped: number;
}

/**
 * Keeps the last `maxbytes` of all that is pushed. The memory is at most twice that, and each byte is
 * moved at most a few times, however it is pushed.
 */
export class LastBytes {
  readonly #maxbytes: number;
  #buffer = Buffer.alloc(0);
  #end = 0;
  #dropped = 0;

  constructor(maxbytes: number) {
    this.#maxbytes = maxbytes;
  }

  /** Bytes that were pushed since the beginning. */
  get total(): number {
    return this.#dropped + this.#end;
  }

  /** Begins with what another one has kept, the last of `total` bytes. */
  restore(data: Buffer, total: number): void {
    this.push(data);
    this.#dropped = total - this.#end;
  }

  /** The last `count` bytes, or all that are kept. The view is valid until the next call. */
  last(count: number): Buffer {
    const kept = Math.min(count, this.#end, this.#maxbytes);
    return this.#buffer.subarray(this.#end - kept, this.#end);
  }

  push(bytes: Buffer): void {
    const last = bytes.subarray(Math.max(0, bytes.length - this.#maxbytes));
    this.#dropped += bytes.length - last.length;
    if (this.#end + last.length > this.#buffer.length) this.#makeRoom(last.length);
    last.copy(this.#buffer, this.#end);
    this.#end += last.length;
  }

  /** Gives what was kept, and starts over. */
  take(): Captured {
    const start = Math.max(0, this.#end - this.#maxbytes);
    const data = Buffer.from(this.#buffer.subarray(start, this.#end));
    const captured = { data, dropped: this.#dropped + start };
    this.#buffer = Buffer.alloc(0);
    this.#end = 0;
    this.#dropped = 0;
    return captured;
  }

  #makeRoom(needed: number): void {
    const start = Math.max(0, this.#end + needed - this.#maxbytes);
    const kept = this.#buffer.subarray(Math.min(start, this.#end), this.#end);
    const size = Math.min(2 * (kept.length + needed), 2 * this.#maxbytes);
    // Small ones could share memory with others, and would keep all of it.
    const buffer = size > this.#buffer.length ? Buffer.allocUnsafeSlow(size) : this.#buffer;
    kept.copy(buffer);
    this.#dropped += Math.min(start, this.#end);
    this.#buffer = buffer;
    this.#end = kept.length;
  }
}
