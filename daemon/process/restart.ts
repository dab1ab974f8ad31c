import type { SupervisorControl } from './control.ts';

/**
 * Stops a process, and starts it again when it has ended. One that is not there, or does not run, is left alone. If the
 * daemon is killed meanwhile, the next one goes on with it.
 */
export async function restart(supervisor: SupervisorControl, group: string, name: string): Promise<void> {
  const process = supervisor.groups.get(group)?.processes.get(name);
  if (process === undefined) return;
  const outcome = await supervisor.stop(process, { until: 'stopped', purpose: 'restart' });
  if (outcome.type === 'stopped') await supervisor.start(process, { until: 'spawned' });
}
