import { type Command, explainUsage } from '../command.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { ConnectionFailure, isFault } from '../failures.ts';
import type { Session } from '../session.ts';

/** `upgrade`: has the installed version of the daemon take the place of the running one, and waits for it. */
export const upgrade: Command = {
  help: [
    'upgrade\t\t\tReplace the remote supervisord by the version that is installed now.',
    '\t\t\tPrograms run on.',
    'upgrade --check\t\tShow which version that is, or why it could not go on.',
  ],
  upcheck: true,
  async run(session, { text }) {
    if (text !== '' && text !== '--check') {
      explainUsage(session, `Error: bad argument ${text}`, upgrade);
      return exitStatuses.GENERIC;
    }
    try {
      if (text === '') return await replace(session);
      session.print(`version ${await session.supervisor.checkUpgrade()} can take over`);
      return exitStatuses.SUCCESS;
    } catch (error) {
      if (isFault(error, 'UNKNOWN_METHOD'))
        session.print('ERROR: this supervisord cannot be upgraded in place');
      else if (isFault(error, 'SHUTDOWN_STATE')) session.print('ERROR: already shutting down');
      else if (isFault(error, 'FAILED')) session.print(`ERROR: ${error.text.replace(/^FAILED: /, '')}`);
      else throw error;
      return exitStatuses.GENERIC;
    }
  },
};

async function replace(session: Session): Promise<ExitStatus> {
  const { supervisor } = session;
  const before = await supervisor.getProductVersion();
  const wanted = await session.whileWaiting(supervisor.upgrade());
  // What is connected now waits until the new version is there.
  session.reconnect();
  const after = await versionAfterwards(session);
  if (after !== wanted) {
    session.print(
      after === undefined
        ? `ERROR: version ${wanted} has ended before it answered; see the log of supervisord`
        : `ERROR: version ${after} still runs; see the log of supervisord`,
    );
    return exitStatuses.GENERIC;
  }
  session.print(
    after === before ? `upgraded: version ${after} again` : `upgraded from ${before} to ${after}`,
  );
  return exitStatuses.SUCCESS;
}

/** `undefined`: nobody answers. */
async function versionAfterwards({ supervisor }: Session): Promise<string | undefined> {
  try {
    return await supervisor.getProductVersion();
  } catch (error) {
    if (error instanceof ConnectionFailure) return undefined;
    throw error;
  }
}
