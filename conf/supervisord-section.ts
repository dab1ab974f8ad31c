/** `[supervisord]`. */
import { ConfigError } from './config-error.ts';
import type { Section } from './dialect.ts';
import { parseEnvironment } from './environment-syntax.ts';
import type { Scope } from './expand.ts';
import { InvalidValue } from './invalid-value.ts';
import { supervisordKeys } from './keys/supervisord.ts';
import type { Loading } from './load-context.ts';
import { absolutePath } from './paths.ts';
import { SectionReader } from './section-reader.ts';
import type { Environment, SupervisordSettings, User } from './settings.ts';
import { user } from './users.ts';

/** The settings, and a check that comes last: whether the user exists. */
export interface SupervisordSection {
  readonly settings: Omit<SupervisordSettings, 'user'>;
  /** Whether warnings are errors. */
  readonly strict: boolean;
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
    environment: readEnvironment(reader, withHostname),
    runtime_directory: runtimeDirectory === undefined ? undefined : absolutePath(runtimeDirectory, context),
    on_daemon_exit: reader.get('on_daemon_exit', scope),
  };
  return {
    settings,
    strict: reader.get('strict', scope),
    resolveUser() {
      if (username === undefined || context.overridden?.has('user') === true) return undefined;
      try {
        return user.read(username, context);
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        reader.fail('user', error.message);
        return undefined;
      }
    },
  };
}

function readEnvironment(reader: SectionReader<typeof supervisordKeys>, scope: Scope): Environment {
  try {
    return parseEnvironment(reader.expanded('environment', scope) ?? '');
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    reader.fail('environment', error.message);
    return new Map();
  }
}
