import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { waitFor } from '../test/support/wait-for.ts';

const chunk = Buffer.alloc(65536);

/**
 * What a daemon has logged of its programs. Unlike a question it costs the daemon nothing, so this is how
 * benchmarks know how far it is. Both daemons say it in the same words.
 */
export class ActivityLog implements Disposable {
  readonly #path: string;
  #descriptor: number | undefined;
  #text = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves once there are so many matches since the last call. The expression must be global. */
  async count(pattern: RegExp, wanted: number, limit = 120_000): Promise<void> {
    let found = 0;
    await waitFor(
      () => {
        this.#read();
        // Records may be there by half.
        const end = this.#text.lastIndexOf('\n') + 1;
        found += [...this.#text.slice(0, end).matchAll(pattern)].length;
        this.#text = this.#text.slice(end);
        return found >= wanted;
      },
      { what: `${wanted} × ${pattern} in the log`, limit },
    );
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #read(): void {
    if (this.#descriptor === undefined) {
      if (!existsSync(this.#path)) return;
      this.#descriptor = openSync(this.#path, 'r');
    }
    for (;;) {
      const length = readSync(this.#descriptor, chunk);
      if (length === 0) return;
      this.#text += chunk.toString('latin1', 0, length);
    }
  }
}
