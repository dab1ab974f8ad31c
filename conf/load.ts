/** A configuration file and all it includes → settings, or everything that is wrong with them. */
import { dirname, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import type { Scope } from './expand.ts';
import { Findings } from './findings.ts';
import { readGroups } from './groups.ts';
import { readHttpServers } from './http-servers.ts';
import { type Included, readIncludes } from './includes.ts';
import type { LoadContext, Loading } from './load-context.ts';
import { readRpcInterfaces } from './rpc-interfaces.ts';
import { readScheduler } from './scheduler-section.ts';
import type { Settings } from './settings.ts';
import { readSupervisordSection } from './supervisord-section.ts';
import { warnOfUnknownNames } from './unknown-names.ts';
import { warnOfUnsafeFiles } from './unsafe-files.ts';

export type { LoadContext } from './load-context.ts';

export type LoadResult =
  | { readonly type: 'ok'; readonly settings: Settings }
  | {
      readonly type: 'invalid';
      /** All of them, in the order in which supervisord would have come upon them one by one. */
      readonly errors: readonly [ConfigError, ...ConfigError[]];
    };

/**
 * Loads a configuration. Depends on nothing but the arguments and the files, so a second load after an edit
 * gives what a fresh start would.
 *
 * @param file relative to `context.cwd` unless absolute
 */
export function loadSettings(file: string, context: LoadContext): LoadResult {
  const path = resolve(context.cwd, file);
  const findings = new Findings(path);
  const { document, files, directories } = readDocument(file, path, context, findings);
  // With a line missing, half of what follows would be wrong only because of that.
  const unread = invalid(findings);
  if (unread !== undefined) return unread;

  const loading: Loading = { document, context, findings };
  const section = readSupervisordSection(loading, path);
  const { environment } = section.settings;
  const scope: Scope = { names: new Map(), environment: new Map([...context.env, ...environment]) };
  const rpcInterfaces = readRpcInterfaces(loading, scope);
  const scheduler = readScheduler(loading, scope.environment, section.settings);
  const groups = readGroups(loading, environment, scheduler);
  const exit_code_from = section.resolveExitCodeFrom(groups);
  const { servers: httpServers, passwordFiles } = readHttpServers(loading, scope);
  const supervisord = { ...section.settings, exit_code_from, user: section.resolveUser() };
  const settings = { file: path, supervisord, httpServers, rpcInterfaces, groups, scheduler };

  const wrong = invalid(findings);
  if (wrong !== undefined) return wrong;
  warnOfUnknownNames(document, findings);
  if (context.warnsOfUnsafeFiles === true) {
    warnOfUnsafeFiles({ files: [path, ...files, ...passwordFiles], directories }, loading);
  }
  if (section.strict) findings.refuseWarnings();
  const refused = invalid(findings);
  if (refused !== undefined) return refused;
  return { type: 'ok', settings: { ...settings, notices: findings.notices } };
}

function invalid({ errors }: Findings): LoadResult | undefined {
  const [first, ...others] = errors;
  return first === undefined ? undefined : { type: 'invalid', errors: [first, ...others] };
}

function readDocument(file: string, path: string, context: LoadContext, findings: Findings): Included {
  const result = readConfigFile(path);
  if (result.type === 'unreadable') {
    const missing = result.code === 'ENOENT' || result.code === 'ENOTDIR';
    const what = `could not ${missing ? 'find' : 'read'} config file ${file}`;
    findings.error(new ConfigError({ file: path }, missing ? what : `${what}: ${result.code}`, what));
    return { document: { sections: new Map(), defaults: new Map() }, files: [], directories: [] };
  }
  for (const error of result.errors) findings.error(error);
  return readIncludes({
    main: result.document,
    here: dirname(path),
    scope: { names: new Map([['host_node_name', context.hostname]]), environment: context.env },
    findings,
    context,
  });
}
