import type { ScheduleSettings, ScheduleTarget } from '../../conf/schedule-settings.ts';
import type { ProcessSettings } from '../../conf/settings.ts';

/** The schedules that there are, by name, and which of them start a process that runs without them too. */
export class KnownSchedules {
  readonly #byName: Map<string, ScheduleSettings>;
  /** Names by what is started; `undefined`: somebody has to ask first. */
  #starters: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(schedules: Iterable<ScheduleSettings>) {
    this.#byName = new Map(Array.from(schedules, (schedule) => [schedule.name, schedule]));
  }

  get(name: string): ScheduleSettings | undefined {
    return this.#byName.get(name);
  }

  set(schedule: ScheduleSettings): void {
    this.#byName.set(schedule.name, schedule);
    this.#starters = undefined;
  }

  delete(name: string): void {
    this.#byName.delete(name);
    this.#starters = undefined;
  }

  /** Names of those whose `action=start` is, among others, about this process. */
  startersOf({ section, group, name }: ProcessSettings): readonly string[] {
    const starters = this.#starters ?? startersOf(this.#byName.values());
    this.#starters = starters;
    if (starters.size === 0) return [];
    const targets: readonly ScheduleTarget[] = [
      { type: 'section', section },
      { type: 'group', group },
      { type: 'process', group, name },
    ];
    return targets.flatMap((target) => starters.get(keyOf(target)) ?? []);
  }
}

function startersOf(schedules: Iterable<ScheduleSettings>): ReadonlyMap<string, readonly string[]> {
  const starters = new Map<string, string[]>();
  for (const { name, action } of schedules) {
    if (action.type !== 'start') continue;
    const key = keyOf(action.target);
    const known = starters.get(key);
    if (known === undefined) starters.set(key, [name]);
    else known.push(name);
  }
  return starters;
}

/** No name has a line break in it. */
function keyOf(target: ScheduleTarget): string {
  return Object.values(target).join('\n');
}
