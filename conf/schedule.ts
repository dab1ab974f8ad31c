/** The keys of one schedule → its settings. */
import { OrTrigger } from '../schedule/triggers/or-trigger.ts';
import type { Trigger } from '../schedule/triggers/trigger.ts';
import { placeText } from './config-error.ts';
import type { Section } from './dialect.ts';
import type { Scope } from './expand.ts';
import type { scheduleDefaultKeys } from './keys/scheduler.ts';
import { triggerKeys } from './keys/trigger.ts';
import { noSuch, readChain } from './schedule-action.ts';
import type { ScheduleReader, ScheduleReading } from './schedule-reading.ts';
import { isForOthers, type ScheduleAction, type ScheduleSettings } from './schedule-settings.ts';
import { SectionReader } from './section-reader.ts';
import { prospectOf, readTrigger, whenKeys } from './triggers.ts';

/** Reads a schedule whose action is known. What is wrong with it is recorded, and the result then means nothing. */
export function readSchedule(
  reader: ScheduleReader,
  { name, action, scope }: { readonly name: string; readonly action: ScheduleAction; readonly scope: Scope },
  reading: ScheduleReading,
): ScheduleSettings {
  const { section } = reader;
  const { scheduler } = reading;
  const isWritten = (key: keyof typeof scheduleDefaultKeys) => reader.written(key) !== undefined;
  const trigger = readWhen(reader, scope, reading);
  const hosts = readHosts(reader, scope, reading);
  return {
    name,
    section: section.name,
    source: reading.source,
    file: section.file,
    line: section.line,
    action,
    trigger: trigger?.toJSON() ?? { type: '' },
    jitter: reader.get('jitter', scope),
    jitter_fixed: reader.get('jitter_fixed', scope),
    misfire_grace_time: isWritten('misfire_grace_time')
      ? reader.get('misfire_grace_time', scope)
      : scheduler.misfire_grace_time,
    coalesce: reader.get('coalesce', scope) ?? scheduler.coalesce,
    max_instances: reader.get('max_instances', scope) ?? scheduler.max_instances,
    overlap: reader.get('overlap', scope),
    timeout: reader.get('timeout', scope),
    retries: reader.get('retries', scope),
    retry_delay: reader.get('retry_delay', scope),
    run_on_start: reader.get('run_on_start', scope),
    on_success: readChain('on_success', reader, scope, reading),
    on_failure: readChain('on_failure', reader, scope, reading),
    failure_threshold: reader.get('failure_threshold', scope),
    on_lost: reader.get('on_lost', scope),
    hosts,
    history_limit: reader.get('history_limit', scope) ?? scheduler.history_limit,
    history_max_age: isWritten('history_max_age')
      ? reader.get('history_max_age', scope)
      : scheduler.history_max_age,
    paused: reader.get('paused', scope),
    written: reader.allWritten(),
  };
}

/** The nodes that may run it; `undefined`: any. */
function readHosts(
  reader: ScheduleReader,
  scope: Scope,
  { scheduler, loading }: ScheduleReading,
): readonly string[] | undefined {
  const hosts = reader.get('hosts', scope)?.filter((host) => host !== '') ?? [];
  if (hosts.length === 0) return undefined;
  if (isForOthers(hosts, scheduler)) {
    const place = placeText(reader.place('hosts'));
    // No warning that `strict` refuses: several machines may have the same file, each with a job store of its own.
    loading.findings.remark(`${place}: does not name this node, ${scheduler.node}, so it will not run here`);
  }
  return hosts;
}

/** When it runs: what its own keys say, or the triggers that it names. */
function readWhen(reader: ScheduleReader, scope: Scope, reading: ScheduleReading): Trigger | undefined {
  const jitter = reader.get('jitter', scope) || undefined;
  const names = reader.get('triggers', scope);
  const options = { timezone: reading.timezone, jitter };
  const trigger =
    names === undefined
      ? readTrigger(reader, scope, options)
      : readNamedTriggers(names, reader, { scope, reading, jitter });
  if (trigger === undefined) return undefined;
  switch (prospectOf(trigger, reading.now)) {
    case 'never':
      reader.fail(firstWritten(reader), neverFires(trigger));
      return undefined;
    case 'over': {
      const place = placeText(reader.place(firstWritten(reader)));
      // No warning that `strict` refuses: it comes with time, and must not keep the daemon from starting.
      reading.loading.findings.remark(`${place}: its last time has passed, so it will not run`);
      return trigger;
    }
    case 'fires':
      return trigger;
  }
}

function neverFires(trigger: Trigger): string {
  return `there is no time for ${trigger}, so it would never run`;
}

function firstWritten(reader: Pick<ScheduleReader, 'written'>) {
  return (['triggers', ...whenKeys] as const).find((key) => reader.written(key) !== undefined);
}

interface NamingSchedule {
  readonly scope: Scope;
  readonly reading: ScheduleReading;
  readonly jitter: number | undefined;
}

function readNamedTriggers(
  names: readonly string[],
  reader: ScheduleReader,
  { scope, reading, jitter }: NamingSchedule,
): Trigger | undefined {
  if (reading.source === 'rpc') {
    reader.fail('triggers', 'is for schedules in files: a client says when by a key');
    return undefined;
  }
  for (const key of [...whenKeys, 'start_date', 'end_date', 'dst'] as const) {
    if (reader.section.values.has(key)) reader.fail(key, 'does not go with triggers: each of them says when');
  }
  const timezone = reader.get('timezone', scope) ?? reading.timezone;
  const { sections } = reading.loading.document;
  const members = [...new Set(names)].flatMap((name) => {
    const section = sections.get(`trigger:${name}`);
    if (section === undefined) {
      reader.fail('triggers', noSuch(`[trigger:${name}]`, name, triggerNames(sections.keys())));
      return [];
    }
    return readTriggerSection(section, timezone, reading) ?? [];
  });
  if (names.length === 0) reader.fail('triggers', 'names no trigger');
  return members.length === 0 ? undefined : new OrTrigger(members, { jitter });
}

function triggerNames(sections: Iterable<string>): string[] {
  return [...sections].flatMap((name) => /^trigger:(.*)$/s.exec(name)?.[1] ?? []);
}

/**
 * Reads a `[trigger:x]`.
 *
 * @param timezone of the schedule that names it
 */
export function readTriggerSection(
  section: Section,
  timezone: string,
  { loading, scope }: ScheduleReading,
): Trigger | undefined {
  const { document, findings, context } = loading;
  const options = { section, defaults: document.defaults, findings, context, namesKey: true };
  const reader = new SectionReader({ ...options, table: triggerKeys });
  const trigger = readTrigger(reader, scope, { timezone, jitter: undefined });
  if (trigger === undefined || prospectOf(trigger, new Date(0)) !== 'never') return trigger;
  reader.fail(
    whenKeys.find((key) => reader.written(key) !== undefined),
    neverFires(trigger),
  );
  return undefined;
}
