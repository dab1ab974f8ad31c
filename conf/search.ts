/** Where the configuration file is when nobody says. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What supervisord prints when root starts it without `-c`. */
export const searchingAsRootWarning =
  'Supervisord is running as root and it is searching for its configuration file in default locations (including its current working directory); you probably want to specify a "-c" argument specifying an absolute path to a configuration file for improved security.';

/**
 * The places, in order. The first two lie beside the directory of the executable.
 *
 * @param argv0 the command as it was called
 */
export function searchPaths(argv0: string): string[] {
  const bin = argv0.includes('/') ? dirname(argv0) : '';
  const base = bin.includes('/') ? dirname(bin) : '';
  const beside = (path: string) => (base === '' ? path : join(base, path));
  return [
    beside('etc/supervisord.conf'),
    beside('supervisord.conf'),
    'supervisord.conf',
    'etc/supervisord.conf',
    '/etc/supervisord.conf',
    '/etc/supervisor/supervisord.conf',
  ];
}

/** The first of the paths that exists, a directory too; relative ones start at the working directory. */
export function findConfigFile(
  paths: readonly string[],
  exists: (path: string) => boolean = existsSync,
): string | undefined {
  return paths.find((path) => exists(path));
}

/** Usage error of supervisord when {@link findConfigFile} finds nothing. */
export function noConfigFileMessage(paths: readonly string[]): string {
  return `No config file found at default paths (${paths.join(', ')}); use the -c option to specify a config file at a different path`;
}
