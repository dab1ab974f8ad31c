/** Schedules that follow each other in a circle, so that their runs have no end. */
import type { Findings } from './findings.ts';
import type { ScheduleSettings } from './schedule-settings.ts';

const keys = ['on_success', 'on_failure'] as const;

/**
 * Warns of circles whose links are all of one key: of the others, such as a repair after a failure and a new try
 * after the repair, there is an end.
 */
export function warnOfChainLoops(schedules: readonly ScheduleSettings[], findings: Findings): void {
  const byName = new Map(schedules.map((schedule) => [schedule.name, schedule]));
  for (const key of keys) {
    const seen = new Set<string>();
    for (const schedule of schedules) {
      const loop = loopFrom(schedule, key, byName, seen);
      const [first] = loop;
      const written = first?.written.get(key);
      if (first === undefined || written === undefined) continue;
      const outcome = key === 'on_success' ? 'succeed' : 'fail';
      const circle = [...loop, first].map(({ name }) => name).join(', ');
      findings.warnAt(
        { ...written, section: first.section, key },
        `runs follow each other without an end as long as they ${outcome}: ${circle}`,
      );
    }
  }
}

/** @param seen schedules from which it was looked before; those on the way are added */
function loopFrom(
  start: ScheduleSettings,
  key: (typeof keys)[number],
  byName: ReadonlyMap<string, ScheduleSettings>,
  seen: Set<string>,
): readonly ScheduleSettings[] {
  const way: ScheduleSettings[] = [];
  let next: ScheduleSettings | undefined = start;
  while (next !== undefined && !seen.has(next.name)) {
    seen.add(next.name);
    way.push(next);
    const chain: ScheduleSettings[typeof key] = next[key];
    next = chain?.type === 'schedule' ? byName.get(chain.name) : undefined;
  }
  // A way that ends in one that was seen before this one is no circle of its own.
  return next === undefined || !way.includes(next) ? [] : way.slice(way.indexOf(next));
}
