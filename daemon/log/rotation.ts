import { renameSync } from 'node:fs';
import { errorCode } from '../../conf/error-code.ts';

/**
 * Moves `path.1` to `path.2` and so on, the oldest being overwritten, then `path` to `path.1`. Numbers
 * beyond `backups` are left alone; files that are missing, because someone cleaned up, do not matter.
 *
 * @throws an error with `code` when a file that is there cannot be renamed
 * @see supervisor/loggers.py, `doRollover`
 */
export function shiftBackups(path: string, backups: number): void {
  for (let number = backups - 1; number >= 1; number -= 1) {
    rename(`${path}.${number}`, `${path}.${number + 1}`);
  }
  if (backups > 0) rename(path, `${path}.1`);
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
