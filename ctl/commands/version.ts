import { type Command, explainUsage } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';
import { isFault } from '../failures.ts';
import type { Session } from '../session.ts';
import { upcheck } from '../upcheck.ts';

/**
 * `version`: the version of supervisor that the server is, or is compatible with. With `--full`, also
 * the version of the product itself, if the server tells one.
 */
export const version: Command = {
  help: ['version\t\t\tShow the version of the remote supervisord process'],
  async run(session, { text }) {
    if (text !== '' && text !== '--full') {
      explainUsage(session, 'Error: version accepts no arguments', version);
      return exitStatuses.GENERIC;
    }
    const down = await upcheck(session);
    if (down !== undefined) return down;
    session.print(await session.supervisor.getSupervisorVersion());
    if (text === '--full') await printProductVersion(session);
    return exitStatuses.SUCCESS;
  },
};

async function printProductVersion(session: Session): Promise<void> {
  try {
    session.print(`product version ${await session.supervisor.getProductVersion()}`);
  } catch (error) {
    if (!isFault(error, 'UNKNOWN_METHOD')) throw error;
  }
}
