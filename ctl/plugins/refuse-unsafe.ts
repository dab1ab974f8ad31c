import { existsSync } from 'node:fs';
import process from 'node:process';
import { type Trusted, type UnsafePath, unsafePaths } from '../../conf/file-safety.ts';

/**
 * Makes sure that code is what this user, or root, has put there: its file, and each directory and link on the
 * way to it, must belong to one of them and be closed to the writing of others.
 *
 * @param file absolute
 * @throws {Error} which says what is open to whom; or the file does not exist
 */
export function refuseUnsafe(file: string): void {
  if (!existsSync(file)) throw new Error(`${file} cannot be found`);
  const trusted: Trusted = {
    uids: new Set([0, process.geteuid?.() ?? 0]),
    gids: new Set([0, process.getegid?.() ?? 0]),
  };
  const [unsafe] = unsafePaths({ files: [file], directories: [] }, trusted);
  if (unsafe === undefined) return;
  throw new Error(`${file} is not safe to load: ${unsafe.path} ${complaint(unsafe, trusted)}`);
}

function complaint({ uid, gid, mode }: UnsafePath, trusted: Trusted): string {
  if (!trusted.uids.has(uid)) return `belongs to uid ${uid}`;
  return (mode & 0o002) !== 0 ? 'can be written by everybody' : `can be written by gid ${gid}`;
}
