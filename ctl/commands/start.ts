import { type Command, explainUsage } from '../command.ts';
import { controlProcesses } from '../control-processes.ts';
import { exitStatuses } from '../exit-status.ts';

/** `start`: starts processes, and waits until each runs or has failed to. */
export const start: Command = {
  help: [
    'start <name>\t\tStart a process',
    'start <gname>:*\t\tStart all processes in a group',
    'start <name> <name>\tStart multiple processes or groups',
    'start all\t\tStart all processes',
  ],
  upcheck: true,
  async run(session, { words }) {
    if (words.length === 0) {
      explainUsage(session, 'Error: start requires a process name', start);
      return exitStatuses.INVALID_ARGS;
    }
    const { supervisor } = session;
    return controlProcesses(session, words, {
      done: 'started',
      failures: {
        BAD_NAME: { words: 'no such process' },
        NO_FILE: { words: 'no such file' },
        NOT_EXECUTABLE: { words: 'file is not executable' },
        ALREADY_STARTED: { words: 'already started' },
        SPAWN_ERROR: { words: 'spawn error' },
        ABNORMAL_TERMINATION: { words: 'abnormal termination' },
      },
      ignored: 'ALREADY_STARTED',
      unknownGroup: exitStatuses.INVALID_ARGS,
      all: () => supervisor.startAllProcesses(),
      group: (name) => supervisor.startProcessGroup(name),
      process: (namespec) => supervisor.startProcess(namespec),
    });
  },
};
