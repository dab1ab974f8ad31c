import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { exitStatuses } from '../exit-status.ts';
import { isFault } from '../failures.ts';

/** `reload`: restarts the daemon with all its processes. Does not wait for it. */
export const reload: Command = {
  help: ['reload \t\tRestart the remote supervisord.'],
  takesNoArguments: true,
  async run(session) {
    if (!(await confirm(session, 'Really restart the remote supervisord process y/N? '))) {
      return exitStatuses.SUCCESS;
    }
    try {
      await session.supervisor.restart();
      session.print('Restarted supervisord');
      return exitStatuses.SUCCESS;
    } catch (error) {
      if (isFault(error, 'SHUTDOWN_STATE')) session.print('ERROR: already shutting down');
      else if (isFault(error, 'CANT_REREAD')) session.print(`ERROR: ${error.text}`);
      else throw error;
      return exitStatuses.GENERIC;
    }
  },
};
