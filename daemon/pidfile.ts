/** The file that tells other programs the daemon's pid: the number and a newline. */
import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { pid } from 'node:process';
import { KeptFile } from './host/kept-file.ts';
import type { ActivityLog } from './log/activity-log.ts';

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

/**
 * Writes the file, and makes it again if somebody removes it.
 *
 * @returns ends that; `undefined`: it cannot be written, which the log tells, and who needs it will miss it
 */
export function keepPidfile(path: string, log: ActivityLog): Disposable | undefined {
  try {
    writePidfile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.log('critical', `could not write pidfile ${path}: ${reason}`);
    return undefined;
  }
  return new KeptFile({
    path,
    // Another daemon's is left alone.
    isThere: () => existsSync(path),
    restore: () => writePidfile(path),
    log: (level, text) => log.log(level, text),
  });
}
