/** Who else can change what root reads, and so decide what root runs. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface UnsafePath {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** What a path is to the file that matters. Whoever can write a `parent` can put another file there. */
type Role = 'file' | 'parent' | 'ancestor';

const sticky = 0o1000;
/** A chain of symbolic links that is longer has no end. */
const maxLinks = 40;

/**
 * The files, directories and links by which others than root could change the content of these files or
 * directories, each once. Symbolic links are followed, and count themselves. A path that does not exist is
 * as safe as the directories that do.
 *
 * @param paths absolute
 */
export function unsafePaths(paths: {
  readonly files: Iterable<string>;
  readonly directories: Iterable<string>;
}): UnsafePath[] {
  const visits = new Visits();
  for (const file of paths.files) visits.visit(file, 'file');
  for (const directory of paths.directories) visits.visit(directory, 'parent');
  return [...visits.unsafe.values()];
}

class Visits {
  readonly unsafe = new Map<string, UnsafePath>();
  readonly #done = new Set<string>();

  visit(path: string, role: Role, links = 0): void {
    const key = `${role} ${path}`;
    if (this.#done.has(key)) return;
    this.#done.add(key);
    if (path !== '/') this.visit(dirname(path), role === 'file' ? 'parent' : 'ancestor', links);
    const status = lstat(path);
    if (status === undefined) return;
    if (isUnsafe(status, role)) {
      const { uid, gid, mode } = status;
      this.unsafe.set(path, { path, uid, gid, mode: mode & 0o7777 });
    }
    if (!status.isSymbolicLink() || links === maxLinks) return;
    const target = readlink(path);
    if (target !== undefined) this.visit(resolve(dirname(path), target), role, links + 1);
  }
}

function isUnsafe(status: Stats, role: Role): boolean {
  if (status.uid !== 0) return true;
  // The mode of a link means nothing.
  if (status.isSymbolicLink()) return false;
  const { mode, gid } = status;
  const othersWrite = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0);
  // Under a sticky directory others cannot replace what root has there, only add to it.
  return othersWrite && !(role === 'ancestor' && (mode & sticky) !== 0);
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
