/** What a schedule does, and what follows it: names of programs, groups and schedules → things that are configured. */
import type { Scope } from './expand.ts';
import { strip } from './python-text.ts';
import type { ScheduleReader, ScheduleReading } from './schedule-reading.ts';
import type { ScheduleAction, ScheduleChain, ScheduleTarget } from './schedule-settings.ts';
import { closest, didYouMean } from './unknown-names.ts';

/** Reads `action`, and whom it is about; `undefined` if that is wrong, which is recorded. */
export function readAction(
  reader: ScheduleReader,
  scope: Scope,
  reading: ScheduleReading,
): ScheduleAction | undefined {
  const action = reader.get('action', scope);
  if (action.type === 'run') return { type: 'run' };
  const program = reader.get('program', scope);
  if (program === undefined) {
    if (reader.written('program') === undefined)
      reader.fail(undefined, `action=${action.type} needs a program`);
    return undefined;
  }
  const target = findTarget(strip(program), reading);
  if (target !== undefined) return { ...action, target };
  const known = [...sectionNames(reading, targetKinds), ...reading.groups.keys()];
  reader.fail('program', noSuch(`program, process or group ${program}`, program, known));
  return undefined;
}

/** Sections whose processes can be started and stopped. */
const programKinds = ['program', 'fcgi-program'];
const targetKinds = [...programKinds, 'eventlistener'];

function findTarget(text: string, reading: ScheduleReading): ScheduleTarget | undefined {
  const [, groupName = '', name = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  if (groupName !== '') {
    const group = reading.groups.get(groupName);
    if (group === undefined) return undefined;
    if (name === '*' || name === '') return { type: 'group', group: groupName };
    return group.processes.some((process) => process.name === name)
      ? { type: 'process', group: groupName, name }
      : undefined;
  }
  const section = findSection(text, targetKinds, reading);
  if (section !== undefined) return { type: 'section', section };
  return reading.groups.has(text) ? { type: 'group', group: text } : undefined;
}

function findSection(
  name: string,
  kinds: readonly string[],
  { processes }: ScheduleReading,
): string | undefined {
  return kinds.map((kind) => `${kind}:${name}`).find((section) => processes.has(section));
}

function sectionNames({ processes }: ScheduleReading, kinds: readonly string[]): string[] {
  return [...processes.keys()].flatMap((section) => {
    const [, kind = '', name = ''] = /^([^:]*):(.*)$/s.exec(section) ?? [];
    return kinds.includes(kind) ? [name] : [];
  });
}

/** Reads `on_success` or `on_failure`. */
export function readChain(
  key: 'on_success' | 'on_failure',
  reader: ScheduleReader,
  scope: Scope,
  reading: ScheduleReading,
): ScheduleChain | undefined {
  const text = strip(reader.get(key, scope) ?? '');
  if (text === '') return undefined;
  const [, kind, name = ''] = /^(program|schedule):(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'program': {
      const section = findSection(name, programKinds, reading);
      if (section !== undefined) return { type: 'program', section };
      reader.fail(key, noSuch(`[program:${name}]`, name, sectionNames(reading, programKinds)));
      return undefined;
    }
    case 'schedule':
      if (reading.schedules.has(name)) return { type: 'schedule', name };
      reader.fail(key, noSuch(`schedule ${name}`, name, [...reading.schedules]));
      return undefined;
    default:
      reader.fail(key, 'expected program:NAME or schedule:NAME');
      return undefined;
  }
}

/** What to say of a name that leads nowhere. */
export function noSuch(what: string, name: string, known: readonly string[]): string {
  return `there is no ${what}${didYouMean(closest(name, known))}`;
}
