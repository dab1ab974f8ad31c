import { type Command, explainUsage } from '../command.ts';
import { exitStatuses, lastFailure } from '../exit-status.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';

/** `restart`: `stop` and then `start` with the same names. The configuration is not read again. */
export const restart: Command = {
  help: [
    'restart <name>\t\tRestart a process',
    'restart <gname>:*\tRestart all processes in a group',
    'restart <name> <name>\tRestart multiple processes or groups',
    'restart all\t\tRestart all processes',
    'Note: restart does not reread config files. For that, see reread and update.',
  ],
  upcheck: true,
  async run(session, given) {
    if (given.words.length === 0) {
      explainUsage(session, 'Error: restart requires a process name', restart);
      return exitStatuses.GENERIC;
    }
    const stopped = await stop.run(session, given);
    return lastFailure(stopped, await start.run(session, given));
  },
};
