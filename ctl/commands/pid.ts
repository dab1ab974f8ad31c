import type { Command } from '../command.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { isFault } from '../failures.ts';

/** `pid`: the daemon's process id, or that of each named process; 0 is a process that is down. */
export const pid: Command = {
  help: [
    'pid\t\t\tGet the PID of supervisord.',
    'pid <name>\t\tGet the PID of a single child process by name.',
    'pid all\t\t\tGet the PID of every child process, one per line.',
  ],
  upcheck: true,
  async run(session, { words }) {
    const { supervisor } = session;
    if (words.length === 0) {
      session.print(String(await supervisor.getPID()));
      return exitStatuses.SUCCESS;
    }
    if (words.includes('all')) {
      for (const info of await supervisor.getAllProcessInfo()) session.print(String(info.pid));
      return exitStatuses.SUCCESS;
    }
    let exitStatus: ExitStatus = exitStatuses.SUCCESS;
    for (const name of words) {
      try {
        const info = await supervisor.getProcessInfo(name);
        session.print(String(info.pid));
        if (info.pid === 0) exitStatus = exitStatuses.NOT_RUNNING;
      } catch (error) {
        if (!isFault(error, 'BAD_NAME')) throw error;
        session.print(`No such process ${name}`);
        exitStatus = exitStatuses.GENERIC;
      }
    }
    return exitStatus;
  },
};
