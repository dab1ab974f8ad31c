import { faults } from '../../rpc/faults.ts';
import { formatNamespec } from '../../rpc/namespec.ts';
import { type Command, explainUsage } from '../command.ts';
import { type Control, controlProcesses } from '../control-processes.ts';
import { exitStatuses } from '../exit-status.ts';
import { ServerFault } from '../failures.ts';
import type { ProcessResult, SupervisorApi } from '../supervisor-api.ts';

/** `clear`: empties the logs of processes. A group can be named too, which supervisor's own cannot. */
export const clear: Command = {
  help: [
    "clear <name>\t\tClear a process' log files.",
    "clear <name> <name>\tClear multiple process' log files",
    "clear all\t\tClear all process' log files",
  ],
  upcheck: true,
  async run(session, { words }) {
    if (words.length === 0) {
      explainUsage(session, 'Error: clear requires a process name', clear);
      return exitStatuses.GENERIC;
    }
    return controlProcesses(session, words, clearing(session.supervisor));
  },
};

function clearing(supervisor: SupervisorApi): Control {
  return {
    done: 'cleared',
    failures: { BAD_NAME: { words: 'no such process' }, FAILED: { words: 'failed' } },
    unknownGroup: exitStatuses.GENERIC,
    all: () => supervisor.clearAllProcessLogs(),
    group: (name) => clearGroup(supervisor, name),
    process: (namespec) => supervisor.clearProcessLogs(namespec),
  };
}

/** The server has no method for a group, so its members are cleared one by one. */
async function clearGroup(supervisor: SupervisorApi, group: string): Promise<readonly ProcessResult[]> {
  const members = (await supervisor.getAllProcessInfo()).filter((info) => info.group === group);
  if (members.length === 0) throw new ServerFault(faults.BAD_NAME, `BAD_NAME: ${group}`);
  const results: ProcessResult[] = [];
  for (const { name } of members) {
    try {
      await supervisor.clearProcessLogs(formatNamespec(group, name));
      results.push({ group, name, status: faults.SUCCESS, description: 'OK' });
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      results.push({ group, name, status: error.code, description: error.text });
    }
  }
  return results;
}
