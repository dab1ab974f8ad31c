import type { GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import { processSettings } from './process-settings.ts';

/** The settings of a process of a `[schedule:x]`. */
export function scheduledProcess(changes: Partial<ProcessSettings> = {}): ProcessSettings {
  return processSettings({ autostart: false, autorestart: 'never', startsecs: 0, ...changes });
}

/** The group of a `[schedule:x]` that runs a program, with as many processes as its instances need. */
export function scheduleGroup(
  name: string,
  { instances = 1, processesPerRun = 1, ...changes }: ScheduleGroupChanges = {},
): GroupSettings {
  const count = instances * processesPerRun;
  const names = count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}_0${index}`);
  const processes = names.map((process) => scheduledProcess({ ...changes, name: process, group: name }));
  return { type: 'schedule', name, priority: 999, processes, instances, processesPerRun };
}

type ScheduleGroupChanges = Partial<ProcessSettings> & {
  readonly instances?: number;
  readonly processesPerRun?: number;
};
