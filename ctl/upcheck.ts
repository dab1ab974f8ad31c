import { type ExitStatus, exitStatuses } from './exit-status.ts';
import { ConnectionFailure, isFault } from './failures.ts';
import type { Session } from './session.ts';

/** The version of supervisord's XML-RPC interface that both sides must agree on. */
const apiVersion = '3.0';

const noNamespace =
  'Sorry, supervisord responded but did not recognize the supervisor namespace commands that ' +
  'supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is ' +
  'enabled in the configuration file (see sample.conf).';

/**
 * Makes sure that a supervisord answers, and one that understands us.
 *
 * @returns `undefined` if so; else the exit status, after having told why not
 * @throws what `Client.call` does, for all that is none of these reasons
 * @see supervisor/supervisorctl.py, `upcheck`
 */
export async function upcheck(session: Session): Promise<ExitStatus | undefined> {
  try {
    const version = await session.supervisor.getVersion();
    if (version === apiVersion) return undefined;
    session.print(
      `Sorry, this version of supervisorctl expects to talk to a server with API version ${apiVersion}, ` +
        `but the remote version is ${version}.`,
    );
    return exitStatuses.NOT_INSTALLED;
  } catch (error) {
    if (isFault(error, 'UNKNOWN_METHOD')) {
      session.print(noNamespace);
      return exitStatuses.UNIMPLEMENTED_FEATURE;
    }
    const code = error instanceof ConnectionFailure ? error.code : undefined;
    if (code === 'ECONNREFUSED') {
      session.print(`${session.serverurl} refused connection`);
      return exitStatuses.INSUFFICIENT_PRIVILEGES;
    }
    if (code === 'ENOENT') {
      session.print(`${session.serverurl} no such file`);
      return exitStatuses.NOT_RUNNING;
    }
    throw error;
  }
}
