/** `[supervisorctl]`, for the client. It starts often, so this imports little. */
import { resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import { type Document, defaultSection } from './dialect.ts';
import type { Scope } from './expand.ts';
import { Findings } from './findings.ts';
import { InvalidValue } from './invalid-value.ts';
import { ctlpluginKeys } from './keys/ctlplugin.ts';
import { supervisorctlKeys } from './keys/supervisorctl.ts';
import { readPasswordFile } from './password-file.ts';
import { absolutePath } from './paths.ts';
import type { ReadContext } from './reader.ts';
import { SectionReader } from './section-reader.ts';
import type { CtlPluginSettings, SupervisorctlSettings } from './settings.ts';
import { parseStoredPassword } from './stored-password.ts';
import { string } from './values.ts';

export interface SupervisorctlContext extends ReadContext {
  /** The command line has a password, so that `password_file` need not be there. */
  readonly hasPassword?: boolean;
}

export type LoadSupervisorctlResult =
  | { readonly type: 'ok'; readonly settings: SupervisorctlSettings }
  | { readonly type: 'invalid'; readonly errors: readonly [ConfigError, ...ConfigError[]] };

const builtIn: SupervisorctlSettings = {
  serverurl: supervisorctlKeys.serverurl.default,
  username: undefined,
  password: undefined,
  prompt: supervisorctlKeys.prompt.default,
  history_file: undefined,
  timezone: undefined,
  plugins: [],
};

/**
 * Loads the client's settings from the main file alone; `[include]` means nothing here. Errors are usage
 * errors, by their `text`.
 *
 * @param file `undefined`: there is none, which leaves the defaults
 */
export function loadSupervisorctlSettings(
  file: string | undefined,
  context: SupervisorctlContext,
): LoadSupervisorctlResult {
  if (file === undefined) return { type: 'ok', settings: builtIn };
  const findings = new Findings(file);
  const settings = read(file, context, findings);
  const [first, ...others] = findings.errors;
  return first === undefined ? { type: 'ok', settings } : { type: 'invalid', errors: [first, ...others] };
}

const ownSections: ReadonlySet<string> = new Set(['supervisorctl', 'scheduler', defaultSection]);

/** Of thousands of programs, the client needs none. */
function isForClient(section: string): boolean {
  return ownSections.has(section) || section.startsWith(pluginPrefix);
}

function read(file: string, context: SupervisorctlContext, findings: Findings): SupervisorctlSettings {
  const path = resolve(context.cwd, file);
  const result = readConfigFile(path, isForClient);
  if (result.type === 'unreadable') {
    const missing = result.code === 'ENOENT' || result.code === 'ENOTDIR';
    const what = `could not ${missing ? 'find' : 'read'} config file ${file}`;
    findings.error(new ConfigError({ file: path }, missing ? what : `${what}: ${result.code}`, what));
    return builtIn;
  }
  for (const error of result.errors) findings.error(error);
  if (result.errors.length > 0) return builtIn;

  const { document } = result;
  const section = document.sections.get('supervisorctl');
  if (section === undefined) {
    findings.error(new ConfigError({ file: path }, '.ini file does not include supervisorctl section'));
    return builtIn;
  }
  const reader = new SectionReader({
    section,
    defaults: document.defaults,
    table: supervisorctlKeys,
    findings,
    context,
  });
  const scope: Scope = { names: new Map(), environment: context.env };
  const history = reader.get('history_file', scope);
  return {
    serverurl: absoluteServerUrl(reader.get('serverurl', scope), context),
    username: reader.get('username', scope),
    password: readPassword(reader, scope, context),
    prompt: reader.get('prompt', scope),
    history_file: history === undefined || history === '' ? undefined : absolutePath(history, context),
    timezone: readTimezone(document, { findings: new Findings(file), context, scope }),
    plugins: readPlugins(document, { findings, context, scope }),
  };
}

/** What is wrong with `[scheduler]` is for the daemon to say. */
function readTimezone({ sections, defaults }: Document, reading: Reading): string | undefined {
  const section = sections.get('scheduler');
  if (section === undefined) return undefined;
  const table = { timezone: { read: string, default: undefined, doc: '' } };
  return new SectionReader({ section, defaults, table, ...reading }).get('timezone', reading.scope);
}

/** @returns `undefined` also where the command line has a password */
function readPassword(
  reader: SectionReader<typeof supervisorctlKeys>,
  scope: Scope,
  context: SupervisorctlContext,
): string | undefined {
  const key = 'password_file';
  const written = reader.written(key);
  if (written === undefined) return reader.get('password', scope);
  if (reader.written('password') !== undefined) {
    reader.fail(key, 'password and password_file exclude each other');
    return undefined;
  }
  const file = reader.get(key, scope);
  if (context.hasPassword === true || file === undefined) return undefined;
  const readFile = () => {
    const { password } = readPasswordFile(file, { here: written.here, home: context });
    if (parseStoredPassword(password).type === 'plain') return password;
    throw new InvalidValue('the password file holds a hash: a client needs the password itself');
  };
  return reader.attempt(key, readFile, () => undefined);
}

interface Reading {
  readonly findings: Findings;
  readonly context: ReadContext;
  readonly scope: Scope;
}

const factoryKey = 'supervisor.ctl_factory';
const pluginPrefix = 'ctlplugin:';

function readPlugins(
  { sections, defaults }: Document,
  { findings, context, scope }: Reading,
): CtlPluginSettings[] {
  const plugins: CtlPluginSettings[] = [];
  for (const section of sections.values()) {
    if (!section.name.startsWith(pluginPrefix)) continue;
    const reader = new SectionReader({ section, defaults, table: ctlpluginKeys, findings, context });
    const written = reader.written(factoryKey);
    if (written === undefined) {
      reader.fail(factoryKey, `section [${section.name}] does not specify a ${factoryKey}`);
      continue;
    }
    const name = section.name.slice(pluginPrefix.length);
    const factory = reader.get(factoryKey, scope) ?? '';
    plugins.push({ name, factory, here: written.here, options: reader.others(scope) });
  }
  return plugins;
}

const unixScheme = 'unix://';

function absoluteServerUrl(serverurl: string, context: ReadContext): string {
  if (!serverurl.startsWith(unixScheme)) return serverurl;
  return unixScheme + absolutePath(serverurl.slice(unixScheme.length), context);
}
