/**
 * Methods about the daemon itself.
 *
 * @see supervisor/rpcinterface.py
 */
import { stat } from 'node:fs/promises';
import { RpcFault } from '../../rpc/faults.ts';
import { supervisorStates } from '../../rpc/process-states.ts';
import { supervisorVersion } from '../../rpc/version.ts';
import { method } from './method.ts';
import { integer } from './parameter.ts';
import { readLogFile } from './read-log.ts';

/** The XML-RPC interface that this is: supervisord's, unchanged since its version 3. */
const apiVersion = '3.0';

/** `supervisor.getAPIVersion()`, and its old name `getVersion`. */
export const getAPIVersion = method({
  parameters: [],
  returns: 'string',
  help: 'The version of the XML-RPC interface.',
  call: () => apiVersion,
});

/** `supervisor.getSupervisorVersion()`. */
export const getSupervisorVersion = method({
  parameters: [],
  returns: 'string',
  help: 'The version of supervisord that this daemon behaves as. For its own, see monitor.getProductVersion.',
  call: () => supervisorVersion,
});

/** `supervisor.getIdentification()`. */
export const getIdentification = method({
  parameters: [],
  returns: 'string',
  help: 'The identifier of this daemon, from its configuration.',
  call: ({ configuration }) => configuration().supervisord.identifier,
});

/** `supervisor.getState()`. */
export const getState = method({
  parameters: [],
  returns: 'struct',
  help: 'The state of the daemon: statecode and statename.',
  call({ supervisor }) {
    return { statecode: supervisorStates[supervisor.state], statename: supervisor.state };
  },
});

/** `supervisor.getPID()`. */
export const getPID = method({
  parameters: [],
  returns: 'int',
  help: 'The process id of the daemon.',
  call: ({ pid }) => pid,
});

/** `supervisor.readLog(offset, length)`, and its old name `readMainLog`. */
export const readLog = method({
  parameters: [integer, integer],
  parameterNames: 'offset, length',
  returns: 'string',
  help: 'Text of the activity log: length bytes from offset on, or to the end if length is 0. With a negative offset and length 0, the last bytes.',
  async call({ activityLog }, offset, length) {
    if (activityLog.path === undefined) throw new RpcFault('NO_FILE', 'syslog');
    await activityLog.flush();
    return await readLogFile(activityLog.path, offset, length);
  },
});

/** `supervisor.clearLog()`. */
export const clearLog = method({
  parameters: [],
  returns: 'boolean',
  help: 'Empties the activity log.',
  async call({ activityLog }) {
    if (activityLog.path === undefined || !(await exists(activityLog.path))) throw new RpcFault('NO_FILE');
    try {
      await activityLog.clear();
    } catch {
      throw new RpcFault('FAILED');
    }
    return true;
  },
});

/** `supervisor.shutdown()`: answers at once; the daemon ends when all processes have stopped. */
export const shutdown = method({
  parameters: [],
  returns: 'boolean',
  help: 'Stops all processes and ends the daemon.',
  call({ supervisor }) {
    supervisor.shutDown('exit');
    return true;
  },
});

/** `supervisor.restart()`: answers at once; the daemon starts over when all processes have stopped. */
export const restart = method({
  parameters: [],
  returns: 'boolean',
  help: 'Stops all processes and starts the daemon over, with its configuration read again.',
  call(context) {
    context.restart();
    return true;
  },
});

/**
 * `supervisor.reloadConfig()`: reads the configuration again, and tells what changed. Nothing is started
 * or stopped; `addProcessGroup` and `removeProcessGroup` do that.
 *
 * @returns an array of one element, the array of added, changed and removed names
 * @throws {RpcFault} `CANT_REREAD`
 */
export const reloadConfig = method({
  parameters: [],
  returns: 'array',
  help: 'Reads the configuration again. Answers [[added, changed, removed]], names of groups; nothing is started or stopped.',
  async call(context) {
    const { added, changed, removed } = await context.reload();
    return [[added, changed, removed]];
  },
});

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
