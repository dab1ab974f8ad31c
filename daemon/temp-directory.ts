import { accessSync, constants, statSync } from 'node:fs';
import type { Environment } from '../conf/settings.ts';

/**
 * The directory for temporary files, where AUTO logs go by default: the first usable one of those that the
 * environment names and those that systems have.
 *
 * @see the Python manual, `tempfile.gettempdir`
 */
export function tempDirectory(environment: Environment, cwd: string): string {
  const named = ['TMPDIR', 'TEMP', 'TMP'].map((name) => environment.get(name) ?? '');
  const candidates = [...named, '/tmp', '/var/tmp', '/usr/tmp', cwd];
  return candidates.find(isUsable) ?? cwd;
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
