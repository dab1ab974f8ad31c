/** `[supervisord]`. */
import { ConfigError } from './config-error.ts';
import type { Section } from './dialect.ts';
import { readEnvironment } from './environment-syntax.ts';
import type { Scope } from './expand.ts';
import { supervisordKeys } from './keys/supervisord.ts';
import type { Loading } from './load-context.ts';
import { absolutePath } from './paths.ts';
import { repr } from './python-text.ts';
import { SectionReader } from './section-reader.ts';
import type { GroupSettings, ProcessName, SupervisordSettings, User } from './settings.ts';
import { user } from './users.ts';

/** The settings, and checks that come later: whether the process and the user exist. */
export interface SupervisordSection {
  readonly settings: Omit<SupervisordSettings, 'user' | 'exit_code_from'>;
  /** Whether warnings are errors. */
  readonly strict: boolean;
  /** The process that `exit_code_from` names. */
  resolveExitCodeFrom(groups: readonly GroupSettings[]): ProcessName | undefined;
  resolveUser(): User | undefined;
}

/** Reads `[supervisord]`, in the order in which supervisord reports what is wrong. */
export function readSupervisordSection(
  { document, context, findings }: Loading,
  file: string,
): SupervisordSection {
  let section = document.sections.get('supervisord');
  if (section === undefined) {
    findings.error(new ConfigError({ file }, '.ini file does not include supervisord section'));
    section = { name: 'supervisord', file, line: 1, values: new Map() } satisfies Section;
  }
  const options = { section, defaults: document.defaults, table: supervisordKeys, findings, context };
  const reader = new SectionReader(options);
  const scope: Scope = { names: new Map(), environment: context.env };
  const withHostname: Scope = { ...scope, names: new Map([['host_node_name', context.hostname]]) };

  const minfds = reader.get('minfds', scope);
  const minprocs = reader.get('minprocs', scope);
  const directory = reader.get('directory', scope);
  const username = reader.get('user', scope);
  const umask = reader.get('umask', scope);
  const logfile = reader.get('logfile', scope);
  const runtimeDirectory = reader.get('runtime_directory', scope);
  const settings = {
    minfds,
    minprocs,
    directory,
    umask,
    logfile: logfile === 'syslog' ? logfile : absolutePath(logfile, context),
    logfile_maxbytes: reader.get('logfile_maxbytes', scope),
    logfile_backups: reader.get('logfile_backups', scope),
    loglevel: reader.get('loglevel', scope),
    pidfile: absolutePath(reader.get('pidfile', scope), context),
    identifier: reader.get('identifier', scope),
    nodaemon: reader.get('nodaemon', scope),
    silent: reader.get('silent', scope),
    childlogdir: reader.get('childlogdir', scope) ?? context.tempDirectory,
    nocleanup: reader.get('nocleanup', scope),
    strip_ansi: reader.get('strip_ansi', scope),
    exit_when_done: reader.get('exit_when_done', scope),
    environment: readEnvironment(reader, withHostname),
    runtime_directory: runtimeDirectory === undefined ? undefined : absolutePath(runtimeDirectory, context),
    on_daemon_exit: reader.get('on_daemon_exit', scope),
  };
  const exitCodeFrom = reader.get('exit_code_from', scope);
  return {
    settings,
    strict: reader.get('strict', scope),
    resolveExitCodeFrom(groups) {
      if (exitCodeFrom === undefined) return undefined;
      const processes = groups.flatMap((group) => group.processes);
      const found = processes.find((process) => isNamed(exitCodeFrom, process));
      if (found === undefined) {
        reader.fail(
          'exit_code_from',
          `no process ${repr(exitCodeFrom)} is configured${hint(exitCodeFrom, processes)}`,
        );
        return undefined;
      }
      return { group: found.group, name: found.name };
    },
    resolveUser() {
      if (username === undefined || context.overridden?.has('user') === true) return undefined;
      return reader.attempt(
        'user',
        () => user.read(username, context),
        () => undefined,
      );
    },
  };
}

/** Whether `text` is a namespec of that process; a whole group is none. */
function isNamed(text: string, { group, name }: ProcessName): boolean {
  return text === `${group}:${name}` || (text === group && text === name);
}

/** What may have been meant by a name that leaves out the group or the process. */
function hint(text: string, processes: readonly ProcessName[]): string {
  const meant = processes.find(({ group, name }) => text === name || text.replace(/:\*?$/, '') === group);
  return meant === undefined ? '' : `; did you mean ${meant.group}:${meant.name}?`;
}
