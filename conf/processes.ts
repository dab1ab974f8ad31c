/** `[program:x]`, and the program part of `[eventlistener:x]` and `[fcgi-program:x]`: sections → processes. */
import { isDeepStrictEqual } from 'node:util';
import type { Section } from './dialect.ts';
import { readEnvironment } from './environment-syntax.ts';
import type { Scope } from './expand.ts';
import type { FormatValue } from './format.ts';
import { programKeys } from './keys/program.ts';
import { readKillTarget } from './kill-target.ts';
import type { Loading } from './load-context.ts';
import { readChannel } from './process-channels.ts';
import { strip } from './python-text.ts';
import { formatsRunName, runPlaceholders } from './run-names.ts';
import { SectionReader } from './section-reader.ts';
import type { Environment, FcgiSocketSettings, ProcessSettings } from './settings.ts';
import { parseName } from './values.ts';

export type ProcessReader = SectionReader<typeof programKeys>;

/** Most processes of one section; a larger number is a mistake that would exhaust the memory. */
export const maxNumprocs = 65_536;

export interface ProcessesOptions {
  readonly loading: Loading;
  readonly section: Section;
  /** The group that the processes end up in. */
  readonly group: string;
  /** `ENV_*` names, and what children inherit of `[supervisord]`. */
  readonly scope: Scope;
  readonly inherited: Environment;
  readonly socket?: FcgiSocketSettings | undefined;
  /** Whether they are those of runs, so that {@link runPlaceholders} have a meaning. */
  readonly isRun?: boolean;
}

/** Text behind the first colon, trimmed. */
export function nameOf(section: Section): string {
  return strip(section.name.slice(section.name.indexOf(':') + 1));
}

/** Checks the name that a section gives its program or group. */
export function checkSectionName(reader: {
  readonly section: Section;
  attempt(key: undefined, read: () => string, otherwise: () => undefined): string | undefined;
}): void {
  const { name } = reader.section;
  reader.attempt(
    undefined,
    () => parseName(name.slice(name.indexOf(':') + 1)),
    () => undefined,
  );
}

/** The processes of a section, by number, in the order in which supervisord reports what is wrong. */
export function readProcesses(options: ProcessesOptions): ProcessSettings[] {
  const { loading, section, group, scope, inherited, socket, isRun = false } = options;
  const reader: ProcessReader = new SectionReader({
    section,
    defaults: loading.document.defaults,
    table: programKeys,
    findings: loading.findings,
    context: loading.context,
    ...(isRun ? { namesKey: true } : { namesSection: true }),
  });
  const program = nameOf(section);
  checkSectionName(reader);
  const names = new Map<string, FormatValue>([
    ['program_name', program],
    ['host_node_name', loading.context.hostname],
    ['group_name', group],
  ]);
  const once: Scope = { names, environment: scope.environment };

  const shared = {
    priority: reader.get('priority', once),
    autostart: reader.get('autostart', once),
    autorestart: reader.get('autorestart', once),
    startsecs: reader.get('startsecs', once),
    startretries: reader.get('startretries', once),
    stopsignal: reader.get('stopsignal', once),
    stopwaitsecs: reader.get('stopwaitsecs', once),
  };
  const stopasgroup = reader.get('stopasgroup', once);
  const killasgroup = reader.get('killasgroup', once);
  const exitcodes = reader.get('exitcodes', once);
  const on_exit = reader.get('on_exit', once);
  const on_fatal = reader.get('on_fatal', once) ?? (on_exit === 'none' ? 'none' : 'shutdown');
  const redirect_stderr = reader.get('redirect_stderr', once);
  const numprocs = reader.get('numprocs', once);
  const start = reader.get('numprocs_start', once);
  const stdout = readOnce('stdout', reader, once);
  const stderr = readOnce('stderr', reader, once);
  const serverurl = readServerUrl(reader, once);
  const user = reader.get('user', once);
  const umask = reader.get('umask', once);
  checkNameTemplate(reader, numprocs);
  const killTarget = readKillTarget(reader, once, { stopasgroup, killasgroup });

  if (isRun) checkRunNames(reader);

  const processes: ProcessSettings[] = [];
  for (let number = start; number < start + Math.min(numprocs, maxNumprocs); number++) {
    const numbered = new Map(names).set('process_num', number).set('numprocs', numprocs);
    const all = isRun ? new Map([...numbered, ...runPlaceholders]) : numbered;
    const own = readEnvironment(reader, { names: all, environment: scope.environment });
    const each: Scope = {
      names: all,
      environment: own.size === 0 ? scope.environment : new Map([...scope.environment, ...own]),
    };
    const directory = reader.get('directory', each);
    const former = processes.at(-1);
    const channels = {
      stdout: sharedWith(
        former?.stdout,
        readChannel({ channel: 'stdout', reader, scope: each, once: stdout, redirect_stderr, loading }),
      ),
      stderr: sharedWith(
        former?.stderr,
        readChannel({ channel: 'stderr', reader, scope: each, once: stderr, redirect_stderr, loading }),
      ),
    };
    const command = reader.get('command', each);
    if (command === undefined && reader.written('command') === undefined) {
      reader.fail('command', `program section ${section.name} does not specify a command`);
    }
    processes.push({
      name: readName(reader, { ...each, names: numbered }),
      group,
      section: section.name,
      file: section.file,
      command: command ?? '',
      ...shared,
      ...killTarget,
      exitcodes,
      on_exit,
      on_fatal,
      redirect_stderr,
      serverurl,
      user,
      umask,
      directory,
      environment:
        own.size === 0 ? inherited : sharedWith(former?.environment, new Map([...inherited, ...own])),
      ...channels,
      ...(socket === undefined ? {} : { socket }),
    });
  }
  return processes;
}

/** The value, or that of the process before if it is the same: a section may have thousands. */
function sharedWith<T>(former: T | undefined, value: T): T {
  return former !== undefined && isDeepStrictEqual(former, value) ? former : value;
}

function readOnce(channel: 'stdout' | 'stderr', reader: ProcessReader, scope: Scope) {
  return {
    capture_maxbytes: reader.get(`${channel}_capture_maxbytes`, scope),
    events_enabled: reader.get(`${channel}_events_enabled`, scope),
  };
}

/** `AUTO`, in any case, is what holds without the key. */
function readServerUrl(reader: ProcessReader, scope: Scope): string | undefined {
  const serverurl = reader.get('serverurl', scope);
  return serverurl === undefined || strip(serverurl).toUpperCase() === 'AUTO' ? undefined : serverurl;
}

/** The name before expansion must be a name too: a blank in a template is a blank in each result. */
function checkNameTemplate(reader: ProcessReader, numprocs: number): void {
  const template = reader.written('process_name')?.value ?? programKeys.process_name.default;
  reader.attempt(
    'process_name',
    () => parseName(template),
    () => undefined,
  );
  if (numprocs > 1 && !template.includes('%(process_num)')) {
    reader.fail('process_name', '%(process_num) must be present within process_name when numprocs > 1');
  }
  if (numprocs > maxNumprocs) reader.fail('numprocs', `${numprocs} processes are more than ${maxNumprocs}`);
}

function checkRunNames(reader: ProcessReader): void {
  for (const key of ['command', 'environment', 'directory', 'stdout_logfile', 'stderr_logfile'] as const) {
    if (!formatsRunName(reader.written(key)?.value ?? '')) continue;
    reader.fail(key, '%(run_id)s and %(scheduled)s can have no width and no precision');
  }
}

/** The final name; an expansion must not bring in what a name may not have. */
function readName(reader: ProcessReader, scope: Scope): string {
  const expanded = strip(reader.expanded('process_name', scope) ?? '');
  return reader.attempt(
    'process_name',
    () => parseName(expanded),
    () => expanded,
  );
}
