import process from 'node:process';

/**
 * Ctrl-C, told to the innermost of those who want to know. While nobody does, SIGINT ends the program
 * as usual.
 */
export class Interrupts {
  readonly #handlers: (() => void)[] = [];
  readonly #tellInnermost = (): void => this.#handlers.at(-1)?.();

  /** Runs `task`; each Ctrl-C meanwhile calls `handler`. */
  async during<T>(handler: () => void, task: () => Promise<T>): Promise<T> {
    if (this.#handlers.length === 0) process.on('SIGINT', this.#tellInnermost);
    this.#handlers.push(handler);
    try {
      return await task();
    } finally {
      this.#handlers.splice(this.#handlers.lastIndexOf(handler), 1);
      if (this.#handlers.length === 0) process.removeListener('SIGINT', this.#tellInnermost);
    }
  }
}
