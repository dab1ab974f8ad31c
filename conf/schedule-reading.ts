/** What the readers of schedules share. */
import { findHostTimeZone } from '../schedule/wall-clock/host-time-zone.ts';
import type { Section } from './dialect.ts';
import type { Scope } from './expand.ts';
import { scheduleSectionKeys } from './keys/schedule.ts';
import type { Loading } from './load-context.ts';
import { repr } from './python-text.ts';
import type { SchedulerSettings, ScheduleSettings } from './schedule-settings.ts';
import { SectionReader } from './section-reader.ts';
import type { Environment, GroupSettings, ProcessSettings } from './settings.ts';

/** Reads the keys of a schedule, and those of its program. */
export type ScheduleReader = SectionReader<typeof scheduleSectionKeys>;

/** The configuration that schedules are part of. */
export interface ScheduleReadingOptions {
  readonly loading: Loading;
  readonly source: ScheduleSettings['source'];
  readonly scheduler: SchedulerSettings;
  /** `[supervisord] environment`. */
  readonly inherited: Environment;
  /** All groups but those of schedules. */
  readonly groups: Iterable<GroupSettings>;
  /** Names of all schedules, which others can run. */
  readonly schedules: ReadonlySet<string>;
}

/** The same, in the form in which it is looked up. */
export interface ScheduleReading extends Omit<ScheduleReadingOptions, 'groups'> {
  /** What `ENV_*` finds, and no names. */
  readonly scope: Scope;
  /** The zone of schedules that have none of their own. */
  readonly timezone: string;
  readonly now: Date;
  readonly groups: ReadonlyMap<string, GroupSettings>;
  /** The processes of each section, such as `program:web`, as they are in the first group that has any. */
  readonly processes: ReadonlyMap<string, readonly ProcessSettings[]>;
}

/** Gets ready what reading any schedule takes; it goes through all processes once. */
export function scheduleReading(options: ScheduleReadingOptions): ScheduleReading {
  const { loading, scheduler, inherited } = options;
  const groups = [...options.groups].filter(({ type }) => type !== 'schedule');
  const processes = new Map<string, ProcessSettings[]>();
  for (const group of groups) {
    for (const process of group.processes) {
      const known = processes.get(process.section);
      if (known === undefined) processes.set(process.section, [process]);
      else if (known[0]?.group === group.name) known.push(process);
    }
  }
  return {
    ...options,
    scope: { names: new Map(), environment: new Map([...loading.context.env, ...inherited]) },
    timezone: scheduler.timezone ?? zoneOfHost(loading),
    // Without a clock nothing is over.
    now: loading.context.now?.() ?? new Date(0),
    groups: new Map(groups.map((group) => [group.name, group])),
    processes,
  };
}

/** UTC if nothing tells it, which is seldom what was meant. */
function zoneOfHost({ context, findings }: Loading): string {
  const tz = context.env.get('TZ');
  const zone = findHostTimeZone(tz);
  if (zone !== undefined) return zone;
  const place = tz === undefined ? '' : ` from TZ=${repr(tz)}`;
  // No warning that `strict` refuses: each schedule may have a zone of its own.
  findings.remark(
    `the time zone of the host cannot be told${place}: schedules without a timezone of their own are in UTC`,
  );
  return 'UTC';
}

/**
 * A reader of the keys of a schedule.
 *
 * @param nameInSection what they are called, if not as in `[schedule:x]`
 */
export function scheduleReader(
  section: Section,
  { document, findings, context }: Loading,
  nameInSection?: (key: string) => string,
): ScheduleReader {
  const options = { section, defaults: document.defaults, table: scheduleSectionKeys, findings, context };
  return new SectionReader({
    ...options,
    namesKey: true,
    ...(nameInSection === undefined ? {} : { nameInSection }),
  });
}
