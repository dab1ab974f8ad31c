/** Who else can change what somebody reads, and so decide what he runs. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';

export interface UnsafePath {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** Who may change files and directories: root, unless somebody else is said too. */
export interface Trusted {
  readonly uids: ReadonlySet<number>;
  readonly gids: ReadonlySet<number>;
}

/** What a path is to the file that matters. Whoever can write a `parent` can put another file there. */
type Role = 'file' | 'parent' | 'ancestor';

const rootAlone: Trusted = { uids: new Set([0]), gids: new Set([0]) };
const sticky = 0o1000;
/** A chain of symbolic links that is longer has no end. */
const maxLinks = 40;

/**
 * The files, directories and links by which others than those trusted could change the content of these files
 * or directories, each once. Symbolic links are followed, and count themselves. A path that does not exist is
 * as safe as the directories that do.
 *
 * @param paths absolute
 */
export function unsafePaths(
  paths: { readonly files: Iterable<string>; readonly directories: Iterable<string> },
  trusted = rootAlone,
): UnsafePath[] {
  const visits = new Visits(trusted);
  for (const file of paths.files) visits.walk(file, 'file');
  for (const directory of paths.directories) visits.walk(directory, 'parent');
  return [...visits.unsafe.values()];
}

class Visits {
  readonly unsafe = new Map<string, UnsafePath>();
  readonly #trusted: Trusted;
  readonly #seen = new Set<string>();

  constructor(trusted: Trusted) {
    this.#trusted = trusted;
  }

  /** Goes the way that the kernel goes, name by name: behind a link, `..` is not what the text says. */
  walk(path: string, role: 'file' | 'parent'): void {
    const names = namesIn(path);
    let here = '/';
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      this.#look(here, role === 'file' && names.length === 0 ? 'parent' : 'ancestor');
      if (name === '..') {
        here = dirname(here);
        continue;
      }
      const next = join(here, name);
      const status = lstat(next);
      if (status === undefined) return;
      if (!status.isSymbolicLink()) {
        here = next;
        continue;
      }
      this.#look(next, role);
      const target = readlink(next);
      if (target === undefined || ++links > maxLinks) return;
      if (target.startsWith('/')) here = '/';
      names.unshift(...namesIn(target));
    }
    this.#look(here, role);
  }

  #look(path: string, role: Role): void {
    const key = `${role} ${path}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const status = lstat(path);
    if (status === undefined || !this.#isUnsafe(status, role)) return;
    const { uid, gid, mode } = status;
    this.unsafe.set(path, { path, uid, gid, mode: mode & 0o7777 });
  }

  #isUnsafe(status: Stats, role: Role): boolean {
    const { uid, gid, mode } = status;
    if (!this.#trusted.uids.has(uid)) return true;
    // The mode of a link means nothing.
    if (status.isSymbolicLink()) return false;
    const othersWrite = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !this.#trusted.gids.has(gid));
    // Under a sticky directory others cannot replace what is not theirs, only add to it.
    return othersWrite && !(role === 'ancestor' && (mode & sticky) !== 0);
  }
}

/** The names that lead along a path. */
function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readlink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
