import { type Command, explainUsage } from '../command.ts';
import { controlProcesses } from '../control-processes.ts';
import { exitStatuses } from '../exit-status.ts';

/** `signal`: sends a UNIX signal, by name or number, to processes. */
export const signal: Command = {
  help: [
    'signal <signal name> <name>\t\tSignal a process',
    'signal <signal name> <gname>:*\t\tSignal all processes in a group',
    'signal <signal name> <name> <name>\tSignal multiple processes or groups',
    'signal <signal name> all\t\tSignal all processes',
  ],
  upcheck: true,
  async run(session, { words }) {
    const [signalName, ...names] = words;
    if (signalName === undefined || names.length === 0) {
      explainUsage(session, 'Error: signal requires a signal name and a process name', signal);
      return exitStatuses.GENERIC;
    }
    const { supervisor } = session;
    return controlProcesses(session, names, {
      done: 'signalled',
      failures: {
        BAD_NAME: { words: 'no such process' },
        BAD_SIGNAL: { words: 'bad signal name' },
        NOT_RUNNING: { words: 'not running' },
        FAILED: 'as told',
      },
      unknownGroup: exitStatuses.GENERIC,
      all: () => supervisor.signalAllProcesses(signalName),
      group: (name) => supervisor.signalProcessGroup(name, signalName),
      process: (namespec) => supervisor.signalProcess(namespec, signalName),
    });
  },
};
