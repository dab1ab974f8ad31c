import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';
import type { Settings } from '../../conf/settings.ts';
import { unreadableEvents } from '../event/event-store.ts';
import { bootId } from '../host/boot-id.ts';
import { runtimeDirectoryOf } from '../runtime-directory-of.ts';
import { unreadableState } from '../state/recover.ts';

/**
 * What would keep this version from going on for a daemon that asks, as far as it can be known without touching
 * anything.
 *
 * @param runtimeDirectory of that daemon
 * @returns the reason; `undefined`: it can go on
 */
export function obstacle(settings: Settings, runtimeDirectory: string): string | undefined {
  const own = runtimeDirectoryOf(settings);
  if (!isSame(own, runtimeDirectory)) return `its runtime directory would be '${own}'`;
  const { logfile } = settings.supervisord;
  if (logfile !== 'syslog') {
    try {
      accessSync(existsSync(logfile) ? logfile : dirname(logfile), constants.W_OK);
    } catch (error) {
      return `it cannot write the log '${logfile}': ${errorCode(error)}`;
    }
  }
  return unreadableState(runtimeDirectory) ?? unreadableEvents(runtimeDirectory, bootId());
}

/** The daemon that asks has resolved symbolic links; what is not there has only its name. */
function isSame(path: string, other: string): boolean {
  const [one, two] = [path, other].map((each) => statSync(each, { throwIfNoEntry: false }));
  return path === other || (one !== undefined && one.ino === two?.ino && one.dev === two.dev);
}
