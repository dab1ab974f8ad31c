/** The file that tells other programs the daemon's pid: the number and a newline. */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { pid } from 'node:process';

/** Writes the file, replacing what was there. @throws the system's error */
export function writePidfile(path: string): void {
  writeFileSync(path, `${pid}\n`, { mode: 0o644 });
}

/** Deletes the file if it still holds this daemon's pid: another daemon may have written its own since. */
export function removePidfile(path: string): void {
  try {
    if (readFileSync(path, 'latin1') === `${pid}\n`) unlinkSync(path);
  } catch {
    // Already gone, or not ours to delete any more.
  }
}
