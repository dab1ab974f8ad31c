import { UsageError } from '../conf/getopt.ts';
import { findConfigFile, searchPaths } from '../conf/search.ts';
import type { SupervisorctlSettings } from '../conf/settings.ts';
import { loadSupervisorctlSettings } from '../conf/supervisorctl.ts';
import type { CtlOptions } from './options.ts';
import { readContext } from './read-context.ts';

/**
 * The settings that hold: what the command line says, else the configuration file, else the defaults.
 *
 * @param argv0 the command as it was called
 * @throws {UsageError} with the file's first error
 */
export function loadSettings(argv0: string, options: CtlOptions): SupervisorctlSettings {
  const result = loadSupervisorctlSettings(options.configuration ?? findConfigFile(searchPaths(argv0)), {
    ...readContext(),
    hasPassword: options.password !== undefined,
  });
  if (result.type === 'invalid') throw new UsageError(result.errors[0].text);
  const { settings } = result;
  return {
    ...settings,
    serverurl: options.serverurl ?? settings.serverurl,
    username: options.username ?? settings.username,
    password: options.password ?? settings.password,
    history_file: options.history_file ?? settings.history_file,
  };
}
