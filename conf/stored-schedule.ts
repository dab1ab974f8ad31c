/** Schedules that clients add: names and values without a file, read as a `[schedule:x]` is. */
import { dirname } from 'node:path';
import { ConfigError, textOf } from './config-error.ts';
import type { DocumentValue, Section } from './dialect.ts';
import { Findings } from './findings.ts';
import { scheduleSectionKeys } from './keys/schedule.ts';
import type { LoadContext, Loading } from './load-context.ts';
import { repr } from './python-text.ts';
import { scheduleReading } from './schedule-reading.ts';
import { readScheduleGroup } from './schedule-sections.ts';
import { type ScheduleSettings, schedulesOf } from './schedule-settings.ts';
import type { GroupSettings, Notice, Settings } from './settings.ts';
import { allTriggerKeys } from './triggers.ts';
import { closest, didYouMean } from './unknown-names.ts';

/** What a client's schedule comes to. */
export type StoredScheduleResult =
  | {
      readonly type: 'ok';
      readonly schedule: ScheduleSettings;
      /** The group that is activated for it; `schedule` is among its schedules. */
      readonly group: GroupSettings;
      readonly notices: readonly Notice[];
    }
  /** The `text` of each says the key and the value; there is no file to speak of. */
  | { readonly type: 'invalid'; readonly errors: readonly [ConfigError, ...ConfigError[]] };

/** What the meaning of a client's schedule depends on. */
export interface StoredScheduleOptions {
  /** The configuration that it is added to: its programs, groups and `[scheduler]`. */
  readonly settings: Settings;
  readonly context: LoadContext;
  /** Names of other schedules that clients have added, for `on_success` and `on_failure`. */
  readonly stored?: Iterable<string>;
}

/**
 * Reads a schedule as a client gives it. What it says of programs can become wrong with the next configuration, so it
 * is read again with each.
 *
 * @param values by key, with percent signs written `%%` as in a file
 */
export function readStoredSchedule(
  name: string,
  values: ReadonlyMap<string, string>,
  { settings, context, stored = [] }: StoredScheduleOptions,
): StoredScheduleResult {
  const findings = new Findings(settings.file);
  const place = { file: settings.file, line: 0, here: dirname(settings.file) };
  const section: Section = {
    name: `schedule:${name}`,
    ...place,
    values: new Map([...values].map(([key, value]): [string, DocumentValue] => [key, { ...place, value }])),
  };
  const loading: Loading = { document: { sections: new Map(), defaults: new Map() }, context, findings };
  checkName(name, section, settings, findings);
  checkKeys(section, findings);
  const reading = scheduleReading({
    loading,
    source: 'rpc',
    scheduler: settings.scheduler,
    inherited: settings.supervisord.environment,
    groups: settings.groups,
    schedules: new Set([...schedulesOf(settings.groups).map((schedule) => schedule.name), ...stored, name]),
  });
  const group = readScheduleGroup(section, reading);
  const [first, ...others] = findings.errors;
  if (first !== undefined) return { type: 'invalid', errors: [first, ...others] };
  const { notices } = findings;
  return { type: 'ok', schedule: group.schedules[0], group, notices };
}

/** The values of which {@link readStoredSchedule} makes a schedule like this one. */
export function valuesOf({ written }: ScheduleSettings): Map<string, string> {
  return new Map([...written].map(([key, { value }]) => [key, value]));
}

/** The values without those that say when, for another trigger to take their place. */
export function withoutTrigger(values: ReadonlyMap<string, string>): Map<string, string> {
  const keys: readonly string[] = [...allTriggerKeys, 'triggers'];
  return new Map([...values].filter(([key]) => !keys.includes(key)));
}

function checkName(name: string, section: Section, settings: Settings, findings: Findings): void {
  const what = problemOfName(name, settings);
  if (what === undefined) return;
  const place = { file: section.file, line: section.line, section: section.name };
  findings.error(new ConfigError(place, what, textOf(place, what)));
}

function problemOfName(name: string, { groups }: Settings): string | undefined {
  // A name in a file has one line; one that had more would forge lines of the log, and words of events.
  if (/[^\S ]|\p{Cc}/u.test(name)) return `Invalid name: ${repr(name)}: it has control characters`;
  const schedule = schedulesOf(groups).find((other) => other.name === name);
  if (schedule !== undefined) return `there is a schedule named ${name} in ${schedule.file}:${schedule.line}`;
  return groups.some((other) => other.name === name) ? `there is a group named ${name}` : undefined;
}

function checkKeys({ name: section, values }: Section, findings: Findings): void {
  const known = Object.keys(scheduleSectionKeys);
  for (const [key, { file, line, value }] of values) {
    if (known.includes(key)) continue;
    const what = `unknown key${didYouMean(closest(key, known))}`;
    const place = { file, line, section, key, value };
    findings.error(new ConfigError(place, what, textOf(place, what)));
  }
}
