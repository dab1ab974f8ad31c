/** Sections → groups: what the daemon activates, stops and compares as one. */
import type { Section } from './dialect.ts';
import { eventTypes } from './event-types.ts';
import type { Scope } from './expand.ts';
import { readFcgiSocket } from './fcgi-socket.ts';
import { defaultResultHandler, eventlistenerKeys } from './keys/eventlistener.ts';
import { groupKeys } from './keys/group.ts';
import type { KeyTable } from './keys/key.ts';
import { programKeys } from './keys/program.ts';
import type { Loading } from './load-context.ts';
import { checkSectionName, nameOf, readProcesses } from './processes.ts';
import { compareCodePoints } from './python-text.ts';
import type { ScheduleOfGroup } from './schedule-sections.ts';
import type { SchedulerSettings } from './schedule-settings.ts';
import { readSchedules } from './schedules.ts';
import { SectionReader } from './section-reader.ts';
import type { Environment, FcgiSocketSettings, GroupSettings, ProcessSettings } from './settings.ts';
import { checkUniqueNames, checkUniqueSchedules } from './unique-names.ts';

/** What reading groups needs beside the document. */
interface Reading {
  readonly loading: Loading;
  /** Without names: what keys of groups may use. */
  readonly scope: Scope;
  readonly inherited: Environment;
}

/** A group and the section that makes it. */
export interface GroupOfSection {
  readonly section: Section;
  readonly group: GroupSettings;
}

/**
 * Reads all groups, ascending by (priority, name).
 *
 * @param environment `[supervisord] environment`, which children inherit and `ENV_*` finds
 */
export function readGroups(
  loading: Loading,
  environment: Environment,
  scheduler: SchedulerSettings,
): GroupSettings[] {
  const scope: Scope = { names: new Map(), environment: new Map([...loading.context.env, ...environment]) };
  const reading: Reading = { loading, scope, inherited: environment };
  const claimed = new Set<string>();
  const all: GroupOfSection[] = [];
  const add = (prefix: string, read: (section: Section) => GroupSettings) => {
    for (const section of loading.document.sections.values()) {
      if (!section.name.startsWith(prefix) || claimed.has(section.name)) continue;
      all.push({ section, group: read(section) });
    }
  };
  add('group:', (section) => readGroup(section, reading, claimed));
  add('program:', (section) => readProgram(section, reading));
  add('eventlistener:', (section) => readEventListener(section, reading));
  add('fcgi-program:', (section) => readFcgiProgram(section, reading));
  const schedules = readSchedules({
    loading,
    scheduler,
    inherited: environment,
    groups: all.map(({ group }) => group),
  });
  all.push(...schedules.groups);
  checkUniqueNames(all, loading.findings);
  checkUniqueSchedules(all, schedules.additions, loading.findings);
  const groups = all.map(({ group }) => group);
  return [...withSchedules(groups, schedules.additions)].sort(byPriorityAndName);
}

/** Gives groups the schedules that `cron` of their programs makes. */
function withSchedules(
  groups: readonly GroupSettings[],
  additions: readonly ScheduleOfGroup[],
): readonly GroupSettings[] {
  const byGroup = Map.groupBy(additions, ({ group }) => group);
  return groups.map((group) => {
    const schedules = byGroup.get(group.name)?.map(({ schedule }) => schedule);
    return schedules === undefined ? group : { ...group, schedules };
  });
}

interface Ranked {
  readonly priority: number;
  readonly name: string;
}

function byPriorityAndName(a: Ranked, b: Ranked): number {
  return a.priority - b.priority || compareCodePoints(a.name, b.name);
}

function readerOf<Table extends KeyTable>(
  section: Section,
  table: Table,
  loading: Loading,
): SectionReader<Table> {
  const { document, findings, context } = loading;
  return new SectionReader({ section, defaults: document.defaults, table, findings, context });
}

/** A `[group:x]`; adds the sections of its programs to those claimed. */
function readGroup(section: Section, reading: Reading, claimed: Set<string>): GroupSettings {
  const { loading, scope } = reading;
  const reader = readerOf(section, groupKeys, loading);
  checkSectionName(reader);
  const name = nameOf(section);
  const programs = reader.get('programs', scope) ?? [];
  const priority = reader.get('priority', scope);
  const processes: ProcessSettings[] = [];
  const seen = new Set<string>();
  for (const program of programs) {
    if (seen.has(program)) {
      reader.warn('programs', `${program} is listed twice and counts once`);
      continue;
    }
    seen.add(program);
    const ordinary = loading.document.sections.get(`program:${program}`);
    const fcgi = loading.document.sections.get(`fcgi-program:${program}`);
    const member = ordinary ?? fcgi;
    if (member === undefined) {
      reader.fail('programs', `[${section.name}] names unknown program or fcgi-program ${program}`);
      continue;
    }
    if (ordinary !== undefined && fcgi !== undefined) {
      reader.fail(
        'programs',
        `[${section.name}] name ${program} is ambiguous (exists as program and fcgi-program)`,
      );
    }
    claimed.add(member.name);
    const socket = member === fcgi ? readFcgiSocket(member, loading, scope) : undefined;
    processes.push(...readProcesses({ ...reading, section: member, group: name, socket }));
  }
  return { type: 'group', name, priority, processes };
}

function readProgram(section: Section, reading: Reading): GroupSettings {
  const reader = readerOf(section, programKeys, reading.loading);
  checkSectionName(reader);
  const name = nameOf(section);
  const priority = reader.get('priority', reading.scope);
  const processes = readProcesses({ ...reading, section, group: name }).sort(byPriorityAndName);
  return { type: 'program', name, priority, processes };
}

function readEventListener(section: Section, reading: Reading): GroupSettings {
  const { loading, scope } = reading;
  const reader = readerOf(section, eventlistenerKeys, loading);
  const name = nameOf(section);
  const priority = reader.get('priority', scope);
  const buffer_size = reader.get('buffer_size', scope);
  if (buffer_size < 1) {
    reader.fail('buffer_size', `[${section.name}] section sets invalid buffer_size (${buffer_size})`);
  }
  const result_handler = reader.get('result_handler', scope);
  if (result_handler !== defaultResultHandler) {
    const only = `the only one is ${defaultResultHandler}`;
    reader.fail('result_handler', `${result_handler} cannot be resolved within [${section.name}]: ${only}`);
  }
  const events = readEvents(reader, scope);
  if (reader.get('redirect_stderr', scope)) {
    reader.fail(
      'redirect_stderr',
      `[${section.name}] section sets redirect_stderr=true but this is not allowed because it will interfere with the eventlistener protocol`,
    );
  }
  const processes = readProcesses({ ...reading, section, group: name }).sort(byPriorityAndName);
  return { type: 'eventlistener', name, priority, processes, buffer_size, events, result_handler };
}

const knownEvents: ReadonlySet<string> = new Set(eventTypes);

function readEvents(reader: SectionReader<typeof eventlistenerKeys>, scope: Scope): readonly string[] {
  const events = new Set((reader.get('events', scope) ?? []).map((event) => event.toUpperCase()));
  const section = reader.section.name;
  if (events.size === 0) reader.fail('events', `[${section}] section requires an "events" line`);
  for (const event of events) {
    if (!knownEvents.has(event)) reader.fail('events', `Unknown event type ${event} in [${section}] events`);
  }
  return [...events];
}

function readFcgiProgram(section: Section, reading: Reading): GroupSettings {
  const { loading, scope } = reading;
  const reader = readerOf(section, programKeys, loading);
  checkSectionName(reader);
  const name = nameOf(section);
  const priority = reader.get('priority', scope);
  const socket = readFcgiSocket(section, loading, scope) ?? noSocket;
  const processes = readProcesses({ ...reading, section, group: name, socket }).sort(byPriorityAndName);
  return { type: 'fcgi-program', name, priority, processes, socket };
}

/** Holds the place of a socket that is wrong, until the error is reported. */
const noSocket: FcgiSocketSettings = {
  url: '',
  address: { type: 'unix', path: '' },
  owner: undefined,
  mode: undefined,
  backlog: undefined,
};
