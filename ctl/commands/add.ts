import type { Command } from '../command.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { isFault } from '../failures.ts';

/** `add`: activates groups of the configuration that was read last. */
export const add: Command = {
  help: ['add <name> [...]\tActivates any updates in config for process/group'],
  async run(session, { words }) {
    let exitStatus: ExitStatus = exitStatuses.SUCCESS;
    for (const name of words) {
      try {
        await session.supervisor.addProcessGroup(name);
        session.print(`${name}: added process group`);
      } catch (error) {
        if (isFault(error, 'ALREADY_ADDED')) {
          session.print('ERROR: process group already active');
          continue;
        }
        if (isFault(error, 'SHUTDOWN_STATE')) session.print('ERROR: shutting down');
        else if (isFault(error, 'BAD_NAME')) session.print(`ERROR: no such process/group: ${name}`);
        else throw error;
        exitStatus = exitStatuses.GENERIC;
      }
    }
    return exitStatus;
  },
};
