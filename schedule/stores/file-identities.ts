import { type Stats, statSync } from 'node:fs';

/** What has become of a file that was there before. */
export type Fate = 'there' | 'gone' | 'another';

/** Files by what they are, not by their names: whoever has one open does not notice that its name is another's by now. */
export class FileIdentities {
  readonly #known = new Map<string, Stats>();

  /** From now on, the files that have these names are meant; of one that is not there, the one that comes first. */
  note(paths: readonly string[]): void {
    for (const path of paths) {
      const found = stat(path);
      if (found === undefined) this.#known.delete(path);
      else this.#known.set(path, found);
    }
  }

  fateOf(path: string): Fate {
    const [known, found] = [this.#known.get(path), stat(path)];
    if (known === undefined) {
      if (found !== undefined) this.#known.set(path, found);
      return 'there';
    }
    if (found === undefined) return 'gone';
    return known.ino === found.ino && known.dev === found.dev ? 'there' : 'another';
  }

  /** Permissions, as they were when the file was noted. */
  modeOf(path: string): number | undefined {
    const known = this.#known.get(path);
    return known && known.mode & 0o777;
  }
}

function stat(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
