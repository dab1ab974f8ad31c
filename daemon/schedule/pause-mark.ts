import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Remembers that somebody has paused or resumed the whole scheduler, for a daemon that goes on for this one. A restart
 * begins as configured: nothing of the runtime directory is left then.
 */
export class PauseMark {
  readonly #directory: string;
  readonly #isPausedByDefault: boolean;

  constructor(runtimeDirectory: string, isPausedByDefault: boolean) {
    this.#directory = runtimeDirectory;
    this.#isPausedByDefault = isPausedByDefault;
  }

  get isPaused(): boolean {
    return existsSync(this.#path(!this.#isPausedByDefault)) !== this.#isPausedByDefault;
  }

  /** @throws an error with `code` */
  set(isPaused: boolean): void {
    rmSync(this.#path(!isPaused), { force: true });
    writeFileSync(this.#path(isPaused), '', { mode: 0o600 });
  }

  #path(isPaused: boolean): string {
    return join(this.#directory, isPaused ? 'scheduler-paused' : 'scheduler-running');
  }
}
