import type { Command } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';

/** `quit`: leaves the shell. */
export const quit: Command = leaving(['quit\tExit the supervisor shell.']);

/** `exit`: the same. */
export const exit: Command = leaving(['exit\tExit the supervisor shell.']);

/** `EOF`: what Ctrl-D and the end of the input stand for. */
export const endOfInput: Command = leaving([]);

function leaving(help: readonly string[]): Command {
  return {
    help,
    leavesShell: true,
    async run(session) {
      session.print('');
      return exitStatuses.SUCCESS;
    },
  };
}
