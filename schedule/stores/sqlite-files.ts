/** The files of a database: how they are made, and whether they are still those that were opened. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';

/** @throws {Error} it is not there, or no file can be made in it */
export function assertDirectory(path: string): void {
  const directory = dirname(path);
  if (!existsSync(directory)) throw new Error(`there is no directory ${directory}`);
  if (!statSync(directory).isDirectory()) throw new Error(`${directory} is not a directory`);
  // SQLite makes files beside the database, also to read it.
  accessSync(directory, constants.W_OK);
}

/** SQLite would make it readable for everybody. Never opens one that is there: closing it would end SQLite's locks. */
export function create(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
}

/** Makes an empty file that those may read who may read another one. */
export function createLike(path: string, { mode, uid, gid }: Ownership): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    if (geteuid?.() === 0) fchownSync(file, uid, gid);
    fchmodSync(file, mode & 0o777);
  } finally {
    closeSync(file);
  }
}

/** Of a file that SQLite does not have open, or of a directory. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The file that says who owns a database. */
export function lockOf(path: string): string {
  return `${path}-lock`;
}

/** All files that a database has while it is open. */
export function filesOf(path: string): readonly string[] {
  return [path, `${path}-wal`, `${path}-shm`, lockOf(path)];
}

/** Whose a file is, and who may use it. */
export type Ownership = Pick<Stats, 'mode' | 'uid' | 'gid'>;

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

  /** What is not known as yet is there. */
  fateOf(path: string): Fate {
    const [known, found] = [this.#known.get(path), stat(path)];
    if (found === undefined) return known === undefined ? 'there' : 'gone';
    if (known !== undefined && (known.ino !== found.ino || known.dev !== found.dev)) return 'another';
    this.#known.set(path, found);
    return 'there';
  }

  /** As it was when the file was looked at last. @throws {Error} it never was there */
  ownershipOf(path: string): Ownership {
    const known = this.#known.get(path);
    if (known === undefined) throw new Error(`nothing is known of ${path}`);
    return known;
  }
}

function stat(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
