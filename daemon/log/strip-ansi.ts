const esc = 0x1b;
const bracket = 0x5b;
const terminators = new Set(Buffer.from('HfABCDRsuJKhlpm'));
const nothing = Buffer.alloc(0);

/** Whether the text so far ends within what may be, or is, an escape sequence. */
export type StripperState = 'text' | 'escape' | 'sequence';

/**
 * Removes escape sequences: `ESC [` up to and including the first of `HfABCDRsuJKhlpm`, also where one is
 * split over two chunks.
 *
 * @see supervisor/dispatchers.py, `stripEscapes`
 */
export class AnsiStripper {
  #state: StripperState = 'text';

  /** All that is to be known to go on elsewhere. */
  get state(): StripperState {
    return this.#state;
  }

  set state(state: StripperState) {
    this.#state = state;
  }

  /** What remains of a chunk. The beginning of a sequence is held back. */
  push(chunk: Buffer): Buffer {
    if (this.#state === 'text' && !chunk.includes(esc)) return chunk;
    // One byte more than the chunk: an ESC that was held back turned out to be text.
    const kept = Buffer.allocUnsafe(chunk.length + 1);
    let length = 0;
    for (const byte of chunk) {
      if (this.#state === 'sequence') {
        if (terminators.has(byte)) this.#state = 'text';
        continue;
      }
      if (this.#state === 'escape') {
        if (byte === bracket) {
          this.#state = 'sequence';
          continue;
        }
        kept[length++] = esc;
        this.#state = 'text';
      }
      if (byte === esc) this.#state = 'escape';
      else kept[length++] = byte;
    }
    return kept.subarray(0, length);
  }

  /** The text has ended: what was held back. */
  flush(): Buffer {
    const held = this.#state === 'escape' ? Buffer.from([esc]) : nothing;
    this.#state = 'text';
    return held;
  }
}
