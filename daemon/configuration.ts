/** Where the daemon has its configuration from. */
import process from 'node:process';
import { UsageError } from '../conf/getopt.ts';
import { type LoadContext, type LoadResult, loadSettings } from '../conf/load.ts';
import { absolutePath } from '../conf/paths.ts';
import { findConfigFile, noConfigFileMessage, searchingAsRootWarning, searchPaths } from '../conf/search.ts';
import type { Notice, SupervisordSettings } from '../conf/settings.ts';
import type { CommandLine } from './command-line.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface LoaderOptions {
  /** The command as it was called: the configuration is looked for beside it, too. */
  readonly argv0: string;
  readonly context: LoadContext;
}

/**
 * What reads the configuration that a command line names, with what it sets besides; else the first that is found.
 * Makes the path absolute once: a daemon changes its directory, and reads the file again later.
 *
 * @throws {UsageError} there is none
 */
export function loaderOf(
  { action, configuration, overrides }: CommandLine,
  { argv0, context }: LoaderOptions,
): () => LoadResult {
  const file = configuration ?? searchConfiguration(argv0, context, { warns: action !== 'check-upgrade' });
  return () => {
    const result = loadSettings(file, { ...context, overridden: new Set(Object.keys(overrides)) });
    if (result.type === 'invalid') return result;
    const supervisord: Mutable<SupervisordSettings> = { ...result.settings.supervisord, ...overrides };
    supervisord.pidfile = absolutePath(supervisord.pidfile, context);
    if (supervisord.logfile !== 'syslog') supervisord.logfile = absolutePath(supervisord.logfile, context);
    return { type: 'ok', settings: { ...result.settings, supervisord } };
  };
}

/** The daemon of PID 1 has no background to go to: without a child PID 1 would end, and everything with it. */
export function inForeground(load: () => LoadResult): () => LoadResult {
  return () => {
    const result = load();
    if (result.type === 'invalid' || result.settings.supervisord.nodaemon) return result;
    const { settings } = result;
    const notice: Notice = { level: 'info', text: 'Staying in the foreground: PID 1 ends with its daemon' };
    return {
      type: 'ok',
      settings: {
        ...settings,
        supervisord: { ...settings.supervisord, nodaemon: true },
        notices: [...settings.notices, notice],
      },
    };
  };
}

/** @throws {UsageError} there is none */
function searchConfiguration(
  argv0: string,
  { uid }: LoadContext,
  { warns }: { readonly warns: boolean },
): string {
  if (uid === 0 && warns) process.stderr.write(`${searchingAsRootWarning}\n`);
  const paths = searchPaths(argv0);
  const found = findConfigFile(paths);
  if (found === undefined) throw new UsageError(noConfigFileMessage(paths));
  return found;
}
