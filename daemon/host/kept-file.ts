/**
 * A file that has to be where others look for the daemon: its socket, its pidfile. Somebody who tidies up may
 * remove it; then it is made again. Nothing is done as long as it is there.
 */
import { errorCode } from '../../conf/error-code.ts';
import { FileWatch } from './file-watch.ts';

/** Seconds until the next try: a directory that has gone may be long in coming back. */
const firstRetrySecs = 1;
const longestRetrySecs = 60;

export interface KeptFileOptions {
  readonly path: string;
  /** Whether the file that has the name now is the daemon's. */
  readonly isThere: () => boolean;
  /** Makes it again. Whatever it throws is told once; it is tried again later. */
  readonly restore: () => void | Promise<void>;
  readonly log: (level: 'warn' | 'error', text: string) => void;
}

export class KeptFile implements Disposable {
  readonly #options: KeptFileOptions;
  readonly #watch: FileWatch;
  #isRestoring = false;
  #isDisposed = false;
  #retrySecs = firstRetrySecs;
  #retry: NodeJS.Timeout | undefined;

  /** Begins to look after a file that is there. */
  constructor(options: KeptFileOptions) {
    this.#options = options;
    this.#watch = new FileWatch(options.path, () => void this.#look());
    this.#watch.start();
    void this.#look();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#watch[Symbol.dispose]();
    clearTimeout(this.#retry);
  }

  async #look(): Promise<void> {
    if (this.#isDisposed || this.#isRestoring || this.#retry !== undefined) return;
    this.#isRestoring = true;
    const { path, isThere, restore, log } = this.#options;
    try {
      if (isThere()) return;
      await restore();
      if (this.#isDisposed) return;
      log('warn', `'${path}' was removed, and has been made again`);
      this.#watch.start();
      // Before it was watched it may have been removed again.
      if (isThere()) this.#retrySecs = firstRetrySecs;
      else this.#tryLater();
    } catch (error) {
      this.#tellFailure(error);
      this.#tryLater();
    } finally {
      this.#isRestoring = false;
    }
  }

  #tellFailure(error: unknown): void {
    if (this.#retrySecs > firstRetrySecs) return;
    const { path, log } = this.#options;
    log(
      'error',
      `'${path}' was removed, and cannot be made again: ${errorCode(error)}; it is tried again now and then`,
    );
  }

  #tryLater(): void {
    if (this.#isDisposed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#look();
    }, this.#retrySecs * 1000);
    this.#retry.unref();
    this.#retrySecs = Math.min(2 * this.#retrySecs, longestRetrySecs);
  }
}
