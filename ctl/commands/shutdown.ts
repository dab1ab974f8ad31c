import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { exitStatuses } from '../exit-status.ts';
import { ConnectionFailure, isFault } from '../failures.ts';

/** `shutdown`: ends the daemon and all its processes. Does not wait for it. */
export const shutdown: Command = {
  help: ['shutdown \tShut the remote supervisord down.'],
  takesNoArguments: true,
  async run(session) {
    if (!(await confirm(session, 'Really shut the remote supervisord process down y/N? '))) {
      return exitStatuses.SUCCESS;
    }
    try {
      await session.supervisor.shutdown();
      session.print('Shut down');
      return exitStatuses.SUCCESS;
    } catch (error) {
      if (isFault(error, 'SHUTDOWN_STATE')) {
        session.print('ERROR: already shutting down');
        return exitStatuses.SUCCESS;
      }
      const trouble = error instanceof ConnectionFailure && troubles.get(error.code ?? '');
      if (!trouble) throw error;
      session.print(`ERROR: ${session.serverurl} ${trouble} (already shut down?)`);
      return exitStatuses.GENERIC;
    }
  },
};

const troubles: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'refused connection'],
  ['ENOENT', 'no such file'],
]);
