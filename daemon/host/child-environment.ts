import type { Environment, ProcessSettings } from '../../conf/settings.ts';

/** Set by our launcher for the daemon alone. */
const launcherVariables: ReadonlySet<string> = new Set(['SUPERVISORD_SOFT_NOFILE']);

/** What a child is told beyond its own settings. */
export interface EnvironmentContext {
  /** The daemon's own, as it was at start. */
  readonly environment: Environment;
  /** The address of the daemon, if it listens anywhere. */
  readonly serverUrl: string | undefined;
}

/**
 * The environment of a child: the daemon's, overlaid with the `SUPERVISOR_` variables, overlaid with what
 * the configuration sets, which may thus override them.
 *
 * @param ofOccasion what belongs to this start alone, such as the run of a schedule that it is for
 * @see supervisor/process.py, `_spawn_as_child`
 */
export function childEnvironment(
  settings: Pick<ProcessSettings, 'name' | 'group' | 'serverurl' | 'environment'>,
  { environment, serverUrl }: EnvironmentContext,
  ofOccasion: Environment = new Map(),
): Environment {
  const result = new Map(environment);
  for (const name of launcherVariables) result.delete(name);
  result.set('SUPERVISOR_ENABLED', '1');
  const url = settings.serverurl ?? serverUrl;
  if (url !== undefined && url !== '') result.set('SUPERVISOR_SERVER_URL', url);
  result.set('SUPERVISOR_PROCESS_NAME', settings.name);
  result.set('SUPERVISOR_GROUP_NAME', settings.group);
  for (const [name, value] of ofOccasion) result.set(name, value);
  for (const [name, value] of settings.environment) result.set(name, value);
  return result;
}
