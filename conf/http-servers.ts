/** `[inet_http_server]` and `[unix_http_server]`. */
import type { Scope } from './expand.ts';
import { type credentialKeys, inetHttpServerKeys, unixHttpServerKeys } from './keys/http-server.ts';
import type { KeyTable } from './keys/key.ts';
import type { Loading } from './load-context.ts';
import { isLoopbackHost } from './loopback.ts';
import { readPasswordFile } from './password-file.ts';
import { SectionReader } from './section-reader.ts';
import type { Credentials, HttpServerSettings } from './settings.ts';
import { parseStoredPassword } from './stored-password.ts';

/** The servers, and the files that their passwords are in. */
export interface HttpServersOfConfiguration {
  /** All inet servers in file order, then all unix servers. */
  readonly servers: readonly HttpServerSettings[];
  /** Absolute paths. */
  readonly passwordFiles: readonly string[];
}

/** Reads all servers; what is wrong with one is among the findings. */
export function readHttpServers(loading: Loading, scope: Scope): HttpServersOfConfiguration {
  const servers: HttpServerSettings[] = [];
  const passwordFiles: string[] = [];
  for (const reader of readersOf('inet_http_server', inetHttpServerKeys, loading)) {
    const section = reader.section.name;
    const address = reader.get('port', scope);
    if (reader.written('port') === undefined) reader.fail('port', `section [${section}] has no port value`);
    const credentials = readCredentials({ reader, scope, loading, passwordFiles });
    const allowed_hosts = reader.get('allowed_hosts', scope)?.map((name) => name.toLowerCase());
    if (address === undefined) continue;
    if (credentials === undefined && !isLoopbackHost(address.host)) {
      loading.findings.warnAt(reader.place('port'), openToTheNetwork);
    }
    servers.push({
      type: 'inet',
      section,
      credentials,
      ...address,
      ...(allowed_hosts !== undefined && { allowed_hosts }),
    });
  }
  for (const reader of readersOf('unix_http_server', unixHttpServerKeys, loading)) {
    const section = reader.section.name;
    const file = reader.get('file', scope);
    if (reader.written('file') === undefined) reader.fail('file', `section [${section}] has no file value`);
    const chmod = reader.get('chmod', scope);
    const chown = reader.get('chown', scope) ?? { uid: undefined, gid: undefined };
    const credentials = readCredentials({ reader, scope, loading, passwordFiles });
    if (file !== undefined) servers.push({ type: 'unix', section, credentials, file, chmod, chown });
  }
  return { servers, passwordFiles };
}

const openToTheNetwork =
  'whoever reaches this address can control the programs: set username and password, or listen on 127.0.0.1';

function readersOf<Table extends KeyTable>(
  prefix: string,
  table: Table,
  loading: Loading,
): SectionReader<Table>[] {
  const { document, findings, context } = loading;
  return [...document.sections.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .map((section) => new SectionReader({ section, defaults: document.defaults, table, findings, context }));
}

interface CredentialsReading {
  readonly reader: Pick<
    SectionReader<typeof credentialKeys>,
    'section' | 'written' | 'expanded' | 'attempt' | 'fail' | 'place'
  >;
  readonly scope: Scope;
  readonly loading: Loading;
  /** Takes the path of the file that is read. */
  readonly passwordFiles: string[];
}

/** Both empty means no authentication, which files in use say that way. */
function readCredentials({
  reader,
  scope,
  loading,
  passwordFiles,
}: CredentialsReading): Credentials | undefined {
  const username = reader.expanded('username', scope);
  const key = reader.written('password_file') === undefined ? 'password' : 'password_file';
  if (key === 'password_file' && reader.written('password') !== undefined) {
    reader.fail(key, 'password and password_file exclude each other');
    return undefined;
  }
  const written = reader.expanded(key, scope);
  if ((reader.written('username') === undefined) !== (reader.written(key) === undefined)) {
    reader.fail(
      undefined,
      `Section [${reader.section.name}] contains incomplete authentication: If a username or a password is specified, both the username and password must be specified`,
    );
  }
  if (username === undefined || written === undefined) return undefined;
  if (key === 'password' && username === '' && written === '') return undefined;
  const readPassword = () => {
    const text = key === 'password' ? written : passwordIn(written, { reader, loading, passwordFiles });
    return { username, password: parseStoredPassword(text) };
  };
  return reader.attempt(key, readPassword, () => undefined);
}

/** @throws {InvalidValue} the file holds no password */
function passwordIn(
  file: string,
  { reader, loading, passwordFiles }: Omit<CredentialsReading, 'scope'>,
): string {
  const here = reader.written('password_file')?.here ?? '';
  const { path, password, looseMode } = readPasswordFile(file, { here, home: loading.context });
  passwordFiles.push(path);
  if (looseMode !== undefined) {
    const what = `others can read the password (mode ${looseMode.toString(8)})`;
    loading.findings.securityWarning(reader.place('password_file'), what);
  }
  return password;
}
