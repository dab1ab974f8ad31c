/** `[inet_http_server]` and `[unix_http_server]`. */
import type { Scope } from './expand.ts';
import { type credentialKeys, inetHttpServerKeys, unixHttpServerKeys } from './keys/http-server.ts';
import type { KeyTable } from './keys/key.ts';
import type { Loading } from './load-context.ts';
import { SectionReader } from './section-reader.ts';
import type { Credentials, HttpServerSettings } from './settings.ts';

/** All inet servers in file order, then all unix servers. */
export function readHttpServers(loading: Loading, scope: Scope): HttpServerSettings[] {
  const servers: HttpServerSettings[] = [];
  for (const reader of readersOf('inet_http_server', inetHttpServerKeys, loading)) {
    const section = reader.section.name;
    const address = reader.get('port', scope);
    if (reader.written('port') === undefined) reader.fail('port', `section [${section}] has no port value`);
    const credentials = readCredentials(reader, scope);
    if (address !== undefined) servers.push({ type: 'inet', section, credentials, ...address });
  }
  for (const reader of readersOf('unix_http_server', unixHttpServerKeys, loading)) {
    const section = reader.section.name;
    const file = reader.get('file', scope);
    if (reader.written('file') === undefined) reader.fail('file', `section [${section}] has no file value`);
    const chmod = reader.get('chmod', scope);
    const chown = reader.get('chown', scope) ?? { uid: undefined, gid: undefined };
    const credentials = readCredentials(reader, scope);
    if (file !== undefined) servers.push({ type: 'unix', section, credentials, file, chmod, chown });
  }
  return servers;
}

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

type CredentialsReader = Pick<SectionReader<typeof credentialKeys>, 'section' | 'fail' | 'expanded'>;

/** Both empty means no authentication, which files in use say that way. */
function readCredentials(reader: CredentialsReader, scope: Scope): Credentials | undefined {
  const username = reader.expanded('username', scope);
  const password = reader.expanded('password', scope);
  if ((username === undefined) !== (password === undefined)) {
    reader.fail(
      undefined,
      `Section [${reader.section.name}] contains incomplete authentication: If a username or a password is specified, both the username and password must be specified`,
    );
  }
  if (username === undefined || password === undefined || (username === '' && password === ''))
    return undefined;
  return { username, password };
}
