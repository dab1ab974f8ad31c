import type { Command } from '../command.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { isFault } from '../failures.ts';

/** `remove`: takes groups, all of whose processes are down, out of the active configuration. */
export const remove: Command = {
  help: ['remove <name> [...]\tRemoves process/group from active config'],
  async run(session, { words }) {
    let exitStatus: ExitStatus = exitStatuses.SUCCESS;
    for (const name of words) {
      try {
        await session.supervisor.removeProcessGroup(name);
        session.print(`${name}: removed process group`);
      } catch (error) {
        if (isFault(error, 'STILL_RUNNING')) session.print(`ERROR: process/group still running: ${name}`);
        else if (isFault(error, 'BAD_NAME')) session.print(`ERROR: no such process/group: ${name}`);
        else throw error;
        exitStatus = exitStatuses.GENERIC;
      }
    }
    return exitStatus;
  },
};
