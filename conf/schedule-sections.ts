/** `[schedule:x]`, `[trigger:x]` and the `cron` of `[program:x]`: sections → schedules and their groups. */
import { warnOfChainLoops } from './chain-loops.ts';
import { placeText } from './config-error.ts';
import type { Section } from './dialect.ts';
import type { Scope } from './expand.ts';
import { cronKey, cronKeys } from './keys/schedule.ts';
import { checkSectionName, nameOf } from './processes.ts';
import { readSchedule, readTriggerSection } from './schedule.ts';
import { readAction } from './schedule-action.ts';
import {
  processesOfInstances,
  readRunProcesses,
  refuseProgramKeys,
  remarkAutostart,
} from './schedule-processes.ts';
import {
  type ScheduleReading,
  type ScheduleReadingOptions,
  scheduleReader,
  scheduleReading,
} from './schedule-reading.ts';
import type { ScheduleSettings } from './schedule-settings.ts';
import type { GroupSettings } from './settings.ts';

/** A schedule for a group that is there without it. */
export interface ScheduleOfGroup {
  readonly group: string;
  readonly schedule: ScheduleSettings;
}

/** All schedules of a configuration, with where they belong. */
export interface SchedulesOfConfiguration {
  /** Those that `[schedule:x]` sections make. */
  readonly groups: readonly { readonly section: Section; readonly group: GroupSettings }[];
  /** Those that `cron` makes. */
  readonly additions: readonly ScheduleOfGroup[];
}

/** The sections that schedules are made of. */
export interface ScheduleSections {
  /** `[schedule:x]`. */
  readonly own: readonly Section[];
  /** `[trigger:x]`. */
  readonly triggers: readonly Section[];
  /** `[program:x]` with `cron`. */
  readonly withCron: readonly Section[];
}

/** The group of a `[schedule:x]`. */
export type ScheduleGroup = Extract<GroupSettings, { type: 'schedule' }> & {
  readonly schedules: readonly [ScheduleSettings];
};

/** Reads the sections that schedules are made of; there are some. */
export function readScheduleSections(
  { own, triggers, withCron }: ScheduleSections,
  options: Omit<ScheduleReadingOptions, 'source' | 'schedules'>,
): SchedulesOfConfiguration {
  const names = new Set([...own, ...withCron].map(nameOf));
  const reading = scheduleReading({ ...options, source: 'file', schedules: names });
  const groups = own.map((section) => ({ section, group: readScheduleGroup(section, reading) }));
  const additions = withCron.flatMap((section) => readCron(section, reading) ?? []);
  for (const section of triggers) readTriggerSection(section, reading.timezone, reading);
  warnOfUnusedTriggers(triggers, groups, reading);
  warnOfChainLoops(
    [...groups.map(({ group }) => group.schedules[0]), ...additions.map(({ schedule }) => schedule)],
    reading.loading.findings,
  );
  return { groups, additions };
}

/** Reads a `[schedule:x]`, as the group that is activated for it. */
export function readScheduleGroup(section: Section, reading: ScheduleReading): ScheduleGroup {
  const reader = scheduleReader(section, reading.loading);
  checkSectionName(reader);
  const name = nameOf(section);
  const scope = scopeOf(name, reading);
  const action = readAction(reader, scope, reading);
  const processes = action?.type === 'run' ? readRunProcesses(reader, scope, reading) : [];
  if (action?.type !== 'run') refuseProgramKeys(reader);
  const schedule = readSchedule(reader, { name, action: action ?? { type: 'run' }, scope }, reading);
  return {
    type: 'schedule',
    name,
    priority: processes[0]?.priority ?? reader.get('priority', reading.scope),
    processes: processesOfInstances(reader, processes, schedule.max_instances),
    processesPerRun: processes.length,
    instances: schedule.max_instances,
    schedules: [schedule],
  };
}

function scopeOf(name: string, { loading, scope }: ScheduleReading): Scope {
  const names = { program_name: name, group_name: name, host_node_name: loading.context.hostname };
  return { ...scope, names: new Map(Object.entries(names)) };
}

/** Reads the schedule that `cron` of a program makes; `undefined`: the program has no processes, which is told. */
function readCron(section: Section, reading: ScheduleReading): ScheduleOfGroup | undefined {
  // The others are no keys of a program: each is warned of, and says nothing.
  const values = new Map([...section.values].filter(([key]) => Object.hasOwn(cronKeys, key)));
  const reader = scheduleReader({ ...section, values }, reading.loading, cronKey);
  const name = nameOf(section);
  const action = { type: 'start', target: { type: 'section', section: section.name } } as const;
  const schedule = readSchedule(reader, { name, action, scope: scopeOf(name, reading) }, reading);
  const processes = reading.processes.get(section.name) ?? [];
  const [process] = processes;
  if (process === undefined) {
    reader.warn('cron', `[${section.name}] has no processes that could be started`);
    return undefined;
  }
  remarkAutostart(processes, placeText(reader.place('cron')), reading);
  const { line } = reader.place('cron');
  return { group: process.group, schedule: { ...schedule, line: line ?? section.line } };
}

function warnOfUnusedTriggers(
  triggers: readonly Section[],
  groups: SchedulesOfConfiguration['groups'],
  { loading }: ScheduleReading,
): void {
  const used = new Set(
    groups
      .flatMap(({ section }) => section.values.get('triggers')?.value.split(',') ?? [])
      .map((name) => name.trim()),
  );
  for (const { name, file, line } of triggers) {
    if (used.has(name.slice('trigger:'.length).trim())) continue;
    loading.findings.warnAt({ file, line, section: name }, 'no schedule names this trigger');
  }
}
