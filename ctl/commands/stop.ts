import { type Command, explainUsage } from '../command.ts';
import { controlProcesses } from '../control-processes.ts';
import { exitStatuses } from '../exit-status.ts';

/** `stop`: stops processes, and waits until each has stopped. */
export const stop: Command = {
  help: [
    'stop <name>\t\tStop a process',
    'stop <gname>:*\t\tStop all processes in a group',
    'stop <name> <name>\tStop multiple processes or groups',
    'stop all\t\tStop all processes',
  ],
  upcheck: true,
  async run(session, { words }) {
    if (words.length === 0) {
      explainUsage(session, 'Error: stop requires a process name', stop);
      return exitStatuses.GENERIC;
    }
    const { supervisor } = session;
    return controlProcesses(session, words, {
      done: 'stopped',
      failures: {
        BAD_NAME: { words: 'no such process' },
        NOT_RUNNING: { words: 'not running' },
        FAILED: 'as told',
      },
      ignored: 'NOT_RUNNING',
      unknownGroup: exitStatuses.GENERIC,
      all: () => supervisor.stopAllProcesses(),
      group: (name) => supervisor.stopProcessGroup(name),
      process: (namespec) => supervisor.stopProcess(namespec),
    });
  },
};
