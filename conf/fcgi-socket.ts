/** The socket of an `[fcgi-program:x]`. */
import { fcgiSocket } from './addresses.ts';
import type { Section } from './dialect.ts';
import type { Scope } from './expand.ts';
import { fcgiProgramKeys } from './keys/fcgi-program.ts';
import type { Loading } from './load-context.ts';
import { nameOf } from './processes.ts';
import { SectionReader } from './section-reader.ts';
import type { FcgiSocketSettings } from './settings.ts';

const defaultMode = 0o700;

/** Reads the keys of the socket; `undefined` if there is none to speak of, which is an error by then. */
export function readFcgiSocket(
  section: Section,
  loading: Loading,
  scope: Scope,
): FcgiSocketSettings | undefined {
  const { document, findings, context } = loading;
  const reader = new SectionReader({
    section,
    defaults: document.defaults,
    table: fcgiProgramKeys,
    findings,
    context,
  });
  const user = reader.get('user', scope);
  const backlog = reader.get('socket_backlog', scope);
  const owner = reader.get('socket_owner', scope);
  const mode = reader.get('socket_mode', scope);
  if (reader.written('socket') === undefined) {
    reader.fail('socket', `[${section.name}] section requires a "socket" line`);
    return undefined;
  }
  const names = new Map([...scope.names, ['program_name', nameOf(section)] as const]);
  const address = reader.getBy(fcgiSocket(section.name), 'socket', { ...scope, names });
  if (address === undefined) return undefined;
  if (address.type === 'tcp') {
    for (const key of ['socket_owner', 'socket_mode'] as const) {
      if (reader.written(key) === undefined) continue;
      reader.fail(
        key,
        `socket_owner and socket_mode params should only be used with a Unix domain socket in [${section.name}] socket`,
      );
      break;
    }
    const url = `tcp://${address.host}:${address.port}`;
    return { url, address, owner: undefined, mode: undefined, backlog };
  }
  // Its own user must be able to use the socket, whoever created it.
  const byUser =
    user === undefined || user.uid === context.uid ? undefined : { uid: user.uid, gid: user.gid };
  const url = `unix://${address.path}`;
  return { url, address, owner: owner ?? byUser, mode: mode ?? defaultMode, backlog };
}
