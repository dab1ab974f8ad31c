/** Which schedules a configuration has. What reads them is called only if there are any. */
import type { Section } from './dialect.ts';
import { cronKeys } from './keys/schedule.ts';
import type { ScheduleReadingOptions } from './schedule-reading.ts';
import { readScheduleSections, type SchedulesOfConfiguration } from './schedule-sections.ts';

/** Reads all schedules of a configuration. */
export function readSchedules(
  options: Omit<ScheduleReadingOptions, 'source' | 'schedules'>,
): SchedulesOfConfiguration {
  const { document } = options.loading;
  const sections = [...document.sections.values()];
  const ofKind = (kind: string) => sections.filter(({ name }) => name.startsWith(`${kind}:`));
  const own = ofKind('schedule');
  const triggers = ofKind('trigger');
  const programs = ofKind('program');
  const withCron = programs.filter(({ values }) => values.has('cron') || document.defaults.has('cron'));
  warnOfKeysWithoutCron(programs, options);
  if (own.length === 0 && triggers.length === 0 && withCron.length === 0)
    return { groups: [], additions: [] };
  return readScheduleSections({ own, triggers, withCron }, options);
}

function warnOfKeysWithoutCron(
  programs: readonly Section[],
  { loading }: Pick<ScheduleReadingOptions, 'loading'>,
): void {
  const { document, findings } = loading;
  if (document.defaults.has('cron')) return;
  for (const { name, values } of programs) {
    if (values.has('cron')) continue;
    for (const [key, { file, line }] of values) {
      if (!Object.hasOwn(cronKeys, key)) continue;
      findings.warnAt({ file, line, section: name, key }, 'has no meaning without cron');
    }
  }
}
