/** As much of the end of a log as the server sends again when somebody begins to follow it. */
const repeatedBytes = 1024;

/**
 * A log that comes in several streams, each of which begins with what may be the end of the one before. What
 * has been shown is not shown again.
 */
export class LogContinuation {
  /** The end of what was shown. */
  #last: Buffer = Buffer.alloc(0);
  /** What the stream may be about to repeat; `undefined`: nothing more. */
  #expected: Buffer | undefined;

  /** Another stream begins. */
  begin(): void {
    this.#expected = this.#last.length === 0 ? undefined : this.#last;
  }

  /** @returns what is new of the bytes that have come */
  take(bytes: Uint8Array): Buffer {
    const chunk = Buffer.from(bytes);
    const news = chunk.subarray(this.#repeated(chunk));
    this.#last = Buffer.concat([this.#last, news]).subarray(-repeatedBytes);
    return news;
  }

  /** How many bytes at the beginning of the chunk have been shown. */
  #repeated(chunk: Buffer): number {
    const expected = this.#expected;
    if (expected === undefined) return 0;
    // The log has grown by as much as its end no longer reaches back. Of several that fit the least is likely.
    for (let grown = 0; grown < expected.length; grown += 1) {
      const length = Math.min(expected.length - grown, chunk.length);
      if (expected.compare(chunk, 0, length, grown, grown + length) !== 0) continue;
      const isOpen = grown + length < expected.length;
      this.#expected = isOpen ? expected.subarray(grown + length) : undefined;
      return length;
    }
    this.#expected = undefined;
    return 0;
  }
}
