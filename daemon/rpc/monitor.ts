/** Methods beside supervisord's, under `monitor`: what its clients had to measure for themselves. */
import { faults, RpcFault } from '../../rpc/faults.ts';
import { Double, type Encodable } from '../../rpc/xmlrpc.ts';
import type { ExitStatus } from '../host/host.ts';
import type { Usage } from '../host/usage-meter.ts';
import type { SupervisedProcess } from '../process/control.ts';
import { exitText } from '../process/exit-text.ts';
import { signalName } from '../process/signal-names.ts';
import { allByPriority } from './find.ts';
import { method } from './method.ts';
import { string } from './parameter.ts';

/** `monitor.getProductVersion()`. */
export const getProductVersion = method({
  parameters: [],
  returns: 'string',
  help: 'The version of this program.',
  available: 'always',
  call: ({ productVersion }) => productVersion,
});

/** `monitor.getWarnings()`: a line for each; with none, an empty array. */
export const getWarnings = method({
  parameters: [],
  returns: 'array',
  help: 'What makes this daemon open to people who should not control it: an array of texts.',
  available: 'always',
  call: ({ warnings }) => warnings(),
});

/** `monitor.checkUpgrade()`. @throws {RpcFault} `FAILED`, with the reason */
export const checkUpgrade = method({
  parameters: [],
  returns: 'string',
  help: 'The version of this program that is installed now, once it has said that it can read the configuration and go on with the processes of this daemon.',
  call: ({ checkUpgrade: check }) => check(),
});

/** `monitor.upgrade()`: answers when it begins. @throws {RpcFault} `FAILED`, with the reason; nothing has changed */
export const upgrade = method({
  parameters: [],
  returns: 'string',
  help: 'Has the version of this program that is installed now take the place of this daemon, in the same process: programs run on. Answers that version.',
  call: ({ upgrade: begin }) => begin(),
});

/**
 * `monitor.getAllProcessUsage()`: one struct for each process, by priority. `cpu` is per cent of one core
 * since the call before (since the start of the process, the first time), `memory` resident bytes, both 0
 * without a child; `restarts` counts the starts nobody asked for; `lastexit` says how the last child ended;
 * `dropped` counts the bytes of output that its logs could not take.
 */
export const getAllProcessUsage = method({
  parameters: [],
  returns: 'array',
  help: 'Per process: name, group, pid, cpu (per cent of one core), memory (bytes), restarts, lastexit, how the last child ended, and dropped, bytes of output that its logs could not take.',
  call({ supervisor, measureUsage }) {
    const processes = allByPriority(supervisor);
    const usage = measureUsage(processes.map((process) => process.view().pid).filter((pid) => pid !== 0));
    return processes.map((process) => processUsage(process, usage));
  },
});

/**
 * `monitor.updateProcessGroup(name)`: brings an active group in line with the configuration that was read last.
 * Processes that are the same in both go on as they are.
 *
 * @returns a status for each process that had to leave: SUCCESS, or FAILED if it could not be stopped and stays
 * @throws {RpcFault} `BAD_NAME`: the group is not active, or not configured; `FAILED`: the new processes cannot
 *   be set up, and nothing was stopped; `SHUTDOWN_STATE`: the daemon began to end meanwhile
 */
export const updateProcessGroup = method({
  parameters: [string],
  parameterNames: 'name',
  returns: 'array',
  help: 'Brings an active group in line with the configuration that was read last: stops, replaces, adds and removes only processes that differ. Answers a status for each process that was replaced or removed.',
  async call({ configuration, supervisor }, name) {
    const settings = configuration().groups.find((group) => group.name === name);
    if (settings === undefined) throw new RpcFault('BAD_NAME', name);
    const outcome = await supervisor.updateGroup(settings);
    switch (outcome.type) {
      case 'updated':
        return outcome.departures.map(({ process, problem }) => ({
          name: process.settings.name,
          group: process.settings.group,
          status: problem === undefined ? faults.SUCCESS : faults.FAILED,
          description: problem ?? 'OK',
        }));
      case 'not-active':
        throw new RpcFault('BAD_NAME', name);
      case 'shutting-down':
        throw new RpcFault('SHUTDOWN_STATE');
      case 'failed':
        throw new RpcFault('FAILED', outcome.reason);
      default:
        return outcome satisfies never;
    }
  },
});

function processUsage(process: SupervisedProcess, usage: ReadonlyMap<number, Usage>): Encodable {
  const { name, group, pid, restarts, lastExit } = process.view();
  const { cpu, memory } = usage.get(pid) ?? { cpu: 0, memory: 0 };
  return {
    name,
    group,
    pid,
    cpu: new Double(cpu),
    // A double, since 32 bits do not hold 2 GiB.
    memory: new Double(memory),
    restarts,
    lastexit: lastExit === undefined ? '' : lastExitText(lastExit),
    dropped: new Double(process.child.dropped),
  };
}

function lastExitText(status: ExitStatus): string {
  return status.type === 'signalled' ? signalName(status.signal) : exitText(status);
}
