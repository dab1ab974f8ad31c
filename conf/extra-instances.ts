/**
 * Processes for a run of a schedule beyond `max_instances`, as somebody may want one: they come with the run and go
 * with it, so that no file names them. Their names are those of the first instance, with what systemd would add:
 * `nightly@1`. All names of a schedule come of one template, and none of its numbers is written with an `@`: a name
 * with one more of them is nobody else's.
 */
import type { GroupSettings, ProcessSettings } from './settings.ts';

/**
 * The processes of an extra instance of a schedule; none of other groups.
 *
 * @param number from 1
 */
export function extraInstance(group: GroupSettings, number: number): ProcessSettings[] {
  if (group.type !== 'schedule') return [];
  const { processes, processesPerRun, instances } = group;
  return processes.slice(0, processesPerRun).map(({ isOutdated: _, ...settings }) => {
    const name = instances === 1 ? settings.name : settings.name.replace(/_\d+$/, '');
    return { ...settings, name: `${name}@${number}`, extraInstance: number };
  });
}

/** The number of the extra instance in which a process of that name would be; `undefined`: in none. */
export function extraInstanceOf(group: GroupSettings, name: string): number | undefined {
  const number = Number(/@([1-9]\d*)$/.exec(name)?.[1]);
  return extraInstance(group, number).some((process) => process.name === name) ? number : undefined;
}

/** Of some processes of a group, those that are in extra instances, by the numbers of these. */
export function byExtraInstance<P extends { readonly settings: ProcessSettings }>(
  processes: Iterable<P>,
): ReadonlyMap<number, readonly P[]> {
  const found = new Map<number, P[]>();
  for (const process of processes) {
    const { extraInstance: number } = process.settings;
    if (number === undefined) continue;
    const others = found.get(number);
    if (others === undefined) found.set(number, [process]);
    else others.push(process);
  }
  return found;
}
