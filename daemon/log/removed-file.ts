import { fstatSync, statSync } from 'node:fs';

/**
 * Whether an open file has been removed, and is lost when it is closed. One that was renamed has not. Costs a
 * fraction of a microsecond while the file is there.
 *
 * @param path where it was opened; some file systems count no names, and there it is still to be found
 */
export function isRemoved(fd: number, path: string): boolean {
  const open = fstatSync(fd);
  if (open.nlink > 0) return false;
  try {
    const named = statSync(path, { throwIfNoEntry: false });
    return named?.ino !== open.ino || named.dev !== open.dev;
  } catch {
    return true;
  }
}
