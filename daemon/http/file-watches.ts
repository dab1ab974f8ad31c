import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';

/**
 * Notices that files change, or that other files come to have their names, by inotify. While a name is free its
 * directory is watched.
 */
export class FileWatches implements Disposable {
  readonly #onChange: (error?: Error) => void;
  readonly #watches = new Map<string, Watch>();

  /** @param onChange called after each change; with an error when a file can no longer be watched */
  constructor(onChange: (error?: Error) => void) {
    this.#onChange = onChange;
  }

  /**
   * Watches these files, and no others.
   *
   * @returns whether any of them was not watched, or was another file: it may have changed before
   * @throws the system's error: a directory is gone, or there are too many watches
   */
  async set(paths: readonly string[]): Promise<boolean> {
    for (const [path, { watcher }] of this.#watches) {
      if (paths.includes(path)) continue;
      watcher?.close();
      this.#watches.delete(path);
    }
    let isNew = false;
    for (const path of paths) {
      const identity = await identityOf(path);
      const before = this.#watches.get(path);
      if (before?.watcher !== undefined && before.identity === identity) continue;
      before?.watcher?.close();
      this.#watches.set(path, { identity, watcher: this.#watch(path, identity) });
      isNew = true;
    }
    return isNew;
  }

  [Symbol.dispose](): void {
    for (const { watcher } of this.#watches.values()) watcher?.close();
    this.#watches.clear();
  }

  /** `undefined`: the file has gone meanwhile. */
  #watch(path: string, identity: string | undefined): FSWatcher | undefined {
    try {
      const watcher =
        identity === undefined
          ? watch(dirname(path), (_event, changed) => {
              if (changed === basename(path) || changed === null) this.#onChange();
            })
          : watch(path, () => this.#onChange());
      return watcher.on('error', this.#onChange);
    } catch (error) {
      if (identity === undefined || errorCode(error) !== 'ENOENT') throw error;
      return undefined;
    }
  }
}

interface Watch {
  readonly identity: string | undefined;
  readonly watcher: FSWatcher | undefined;
}

/** `undefined`: nothing has that name. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
