import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

/**
 * Makes sure that code is what this user, or root, has put there: its file, and each directory on the way to
 * it, must belong to one of them and be closed to the writing of others.
 *
 * @throws {Error} which says what is open to whom; or the file does not exist
 */
export function refuseUnsafe(file: string): void {
  let path = realPath(file);
  for (;;) {
    const problem = problemOf(statSync(path));
    if (problem !== undefined) throw new Error(`${file} is not safe to load: ${path} ${problem}`);
    if (path === dirname(path)) return;
    path = dirname(path);
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch (cause) {
    throw new Error(`${file} cannot be found`, { cause });
  }
}

function problemOf(found: Stats): string | undefined {
  const uid = process.geteuid?.() ?? 0;
  if (found.uid !== 0 && found.uid !== uid) return `belongs to uid ${found.uid}`;
  // In a sticky directory, such as /tmp, nobody can replace what belongs to another.
  if (found.isDirectory() && (found.mode & 0o1000) !== 0) return undefined;
  if ((found.mode & 0o002) !== 0) return 'can be written by everybody';
  const isOwnGroup = found.gid === 0 || found.gid === process.getegid?.();
  return (found.mode & 0o020) !== 0 && !isOwnGroup ? `can be written by gid ${found.gid}` : undefined;
}
