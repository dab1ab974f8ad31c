/** The processes of the runs of a schedule: for as many runs as there can be at the same time. */
import { placeText } from './config-error.ts';
import type { Scope } from './expand.ts';
import { programKeys } from './keys/program.ts';
import { maxNumprocs, nameOf, readProcesses } from './processes.ts';
import { withRunNames } from './run-names.ts';
import { noSuch } from './schedule-action.ts';
import type { ScheduleReader, ScheduleReading } from './schedule-reading.ts';
import type { ProcessSettings } from './settings.ts';

/** What the process of a run has in place of what its program says: the schedule alone starts it. */
const underSchedule = { autostart: false, autorestart: 'never', startsecs: 0 } as const;

/** Reads the processes of one run: those of the `command` in the section itself, or of the program that it names. */
export function readRunProcesses(
  reader: ScheduleReader,
  scope: Scope,
  reading: ScheduleReading,
): readonly ProcessSettings[] {
  const program = reader.get('program', scope);
  if (program === undefined) {
    if (reader.written('command') !== undefined) return ownProcesses(reader, reading);
    if (reader.written('program') === undefined) reader.fail(undefined, 'needs a program or a command');
    return [];
  }
  refuseProgramKeys(reader);
  const processes = reading.processes.get(`program:${program}`);
  if (processes === undefined) {
    const isThere = reading.loading.document.sections.has(`program:${program}`);
    const what = isThere
      ? `[program:${program}] has no processes that could be started`
      : noSuch(`[program:${program}]`, program, programsOf(reading));
    reader.fail('program', what);
    return [];
  }
  remarkAutostart(processes, placeText(reader.place('program')), reading);
  const [only, ...others] = processes;
  return only !== undefined && others.length === 0 ? [{ ...only, name: nameOf(reader.section) }] : processes;
}

/** People who say when a program is to run seldom want it to run at every start of the daemon too. */
export function remarkAutostart(
  processes: readonly ProcessSettings[],
  place: string,
  { loading }: Pick<ScheduleReading, 'loading'>,
): void {
  const found = processes.find(({ autostart }) => autostart);
  if (found === undefined) return;
  loading.findings.remark(
    `${place}: [${found.section}] also starts with supervisord, as its autostart is true`,
  );
}

function programsOf({ processes }: ScheduleReading): string[] {
  return [...processes.keys()].flatMap((section) => /^program:(.*)$/s.exec(section)?.[1] ?? []);
}

function ownProcesses(reader: ScheduleReader, { loading, inherited, scope }: ScheduleReading) {
  const { section } = reader;
  for (const key of Object.keys(underSchedule) as (keyof typeof underSchedule)[]) {
    if (section.values.has(key)) reader.warn(key, 'has no meaning here: the schedule alone starts it');
  }
  return readProcesses({ loading, section, group: nameOf(section), scope, inherited, isRun: true });
}

/** Refuses what only goes with a `command`. */
export function refuseProgramKeys(reader: ScheduleReader): void {
  for (const key of Object.keys(programKeys) as (keyof typeof programKeys)[]) {
    if (!reader.section.values.has(key)) continue;
    const why =
      key === 'command' ? 'there is a program, and both cannot be' : 'program says it in its own section';
    reader.fail(key, why);
  }
}

/**
 * The processes of all instances, one instance after the other. With several, `_00`, `_01` … is added to the names, so
 * that they stay unique whatever the names are: what follows the last `_` is the instance.
 */
export function processesOfInstances(
  reader: ScheduleReader,
  processes: readonly ProcessSettings[],
  instances: number,
): ProcessSettings[] {
  const { section } = reader;
  if (processes.length * instances > maxNumprocs) {
    const count = `${processes.length} processes for each of ${instances} runs`;
    reader.fail('max_instances', `${count} are more than ${maxNumprocs}`);
    return [];
  }
  const place = { group: nameOf(section), section: section.name, file: section.file };
  const templates = processes.map((settings) => ({ ...withRunNames(settings), ...underSchedule, ...place }));
  if (instances === 1) return templates;
  return Array.from({ length: instances }, (_, instance) => `_${String(instance).padStart(2, '0')}`).flatMap(
    (suffix) => templates.map((template) => ({ ...template, name: template.name + suffix })),
  );
}
