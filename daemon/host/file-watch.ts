import { type FSWatcher, watch } from 'node:fs';

/**
 * Tells of changes to one file: of its mode, of its content, and of its removal. Wakes nobody up while there are
 * none. What is told of is the file itself, not its name: one that takes its place has to be watched anew.
 */
export class FileWatch implements Disposable {
  readonly #path: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined;

  constructor(path: string, onChange: () => void) {
    this.#path = path;
    this.#onChange = onChange;
  }

  /** Watches the file that has the name now. */
  start(): void {
    this[Symbol.dispose]();
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#onChange());
      this.#watcher.on('error', () => {});
    } catch {
      // It has gone already, which the caller looks for; or no more watches are allowed, and nothing is told.
    }
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
