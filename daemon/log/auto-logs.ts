/**
 * Log files that the daemon names: `<process>-<channel>---<identifier>-<8 random characters>.log`. They
 * last as long as the daemon; the next one with the same identifier deletes them.
 */
import { closeSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';
import { repr } from '../../conf/python-text.ts';
import type { ProcessSettings } from '../../conf/settings.ts';
import type { Channel } from '../host/host.ts';
import { getrandom } from '../host/libc/random.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789_';

export interface AutoLogName {
  readonly childlogdir: string;
  readonly identifier: string;
  readonly process: string;
  readonly channel: 'stdout' | 'stderr';
}

/**
 * Creates an empty log file that only the daemon's user can read.
 *
 * @returns its path
 * @throws an error with `code` when the directory does not let us
 * @see supervisor/options.py, `get_autochildlog_name`
 */
export function createAutoLog({ childlogdir, identifier, process, channel }: AutoLogName): string {
  for (;;) {
    const suffix = Array.from(getrandom(8), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
    const path = join(childlogdir, `${process}-${channel}---${identifier}-${suffix}.log`);
    try {
      closeSync(openSync(path, 'wx', 0o600));
      return path;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

/** The youngest AUTO log of a process that is there; `undefined`: there is none. */
export function findAutoLog({ childlogdir, identifier, process, channel }: AutoLogName): string | undefined {
  const start = `${process}-${channel}---${identifier}-`;
  const isIts = (name: string) =>
    name.startsWith(start) && /^[a-z0-9_]{8}\.log$/.test(name.slice(start.length));
  try {
    const paths = readdirSync(childlogdir)
      .filter(isIts)
      .map((name) => join(childlogdir, name));
    return paths.toSorted((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs).at(-1);
  } catch {
    return undefined;
  }
}

/** Those of the logs of a process that the daemon has named. @param logfiles by which names */
export function autoLogsOf(
  settings: Pick<ProcessSettings, Channel>,
  logfiles: { readonly [C in Channel]: string | undefined },
): { readonly [C in Channel]?: string } {
  const { stdout, stderr } = logfiles;
  return {
    ...(settings.stdout.logfile.type === 'AUTO' && stdout !== undefined && { stdout }),
    ...(settings.stderr.logfile.type === 'AUTO' && stderr !== undefined && { stderr }),
  };
}

export interface ClearOptions {
  readonly childlogdir: string;
  readonly identifier: string;
  /** Paths of those that are still in use. */
  readonly kept: ReadonlySet<string>;
  log(level: 'warn', text: string): void;
}

/**
 * Deletes the AUTO logs, backups included, that an earlier daemon with this identifier left behind.
 *
 * @see supervisor/options.py, `clear_autochildlogdir`
 */
export function clearAutoLogs({ childlogdir, identifier, kept, log }: ClearOptions): void {
  let names: readonly string[];
  try {
    names = readdirSync(childlogdir);
  } catch {
    log('warn', 'Could not clear childlog dir');
    return;
  }
  for (const name of names.filter((candidate) => isAutoLog(candidate, identifier))) {
    const path = join(childlogdir, name);
    if (kept.has(path.replace(/\.\d+$/, ''))) continue;
    try {
      unlinkSync(path);
    } catch {
      log('warn', `Failed to clean up ${repr(path)}`);
    }
  }
}

/** The random part and the number of a backup, up to the end of the name. */
const ending = /^[a-z0-9_]+\.log(?:\.\d{1,4})?$/;

function isAutoLog(name: string, identifier: string): boolean {
  const mark = `---${identifier}-`;
  // The identifier is plain text, and the process has a name; the last mark counts, for names may hold one.
  const index = name.lastIndexOf(mark);
  return index > 0 && ending.test(name.slice(index + mark.length));
}
