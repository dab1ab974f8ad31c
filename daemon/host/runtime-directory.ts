import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import nodeProcess from 'node:process';

/**
 * Creates the directory of FIFOs and state, or checks the one that is there: whoever can write to it can
 * put words into the mouths of our children, so it must be a real directory of ours, closed to others.
 *
 * @throws {Error} the path is something else, or belongs to another user
 */
export function prepareRuntimeDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // Not stat: a symbolic link could be pointed elsewhere later.
  const found = lstatSync(path);
  const refuse = (reason: string) => new Error(`Cannot use runtime directory "${path}": ${reason}`);
  if (!found.isDirectory()) throw refuse('not a directory');
  const uid = nodeProcess.geteuid?.() ?? 0;
  if (found.uid !== uid) throw refuse(`owned by uid ${found.uid}, not by uid ${uid}`);
  if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
}
