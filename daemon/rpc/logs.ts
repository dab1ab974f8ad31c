/**
 * Methods on the logs of processes.
 *
 * @see supervisor/rpcinterface.py
 */
import { RpcFault } from '../../rpc/faults.ts';
import type { Channel } from '../host/host.ts';
import type { SupervisedProcess } from '../process/control.ts';
import { allByPriority, findProcess } from './find.ts';
import { method, type RpcMethod } from './method.ts';
import { integer, string } from './parameter.ts';
import { readLogFile, tailLogFile } from './read-log.ts';
import { forEach } from './status.ts';

/** `supervisor.readProcessStdoutLog(name, offset, length)`, and its old name `readProcessLog`. */
export const readProcessStdoutLog = readMethod('stdout');
/** `supervisor.readProcessStderrLog(name, offset, length)`. */
export const readProcessStderrLog = readMethod('stderr');
/** `supervisor.tailProcessStdoutLog(name, offset, length)`, and its old name `tailProcessLog`. */
export const tailProcessStdoutLog = tailMethod('stdout');
/** `supervisor.tailProcessStderrLog(name, offset, length)`. */
export const tailProcessStderrLog = tailMethod('stderr');

/**
 * `supervisor.clearProcessLogs(name)`, and its old name `clearProcessLog`. Backups are kept.
 *
 * @throws {RpcFault} `BAD_NAME`, also for a whole group; `FAILED`
 */
export const clearProcessLogs = method({
  parameters: [string],
  parameterNames: 'name',
  returns: 'boolean',
  help: 'Empties the logs of a process.',
  call({ supervisor }, name) {
    clear(findProcess(supervisor, name), name);
    return true;
  },
});

/** `supervisor.clearAllProcessLogs()`. */
export const clearAllProcessLogs = method({
  parameters: [],
  returns: 'array',
  help: 'Empties the logs of all processes. Answers a status for each.',
  call: ({ supervisor }) => forEach(allByPriority(supervisor), clear),
});

function readMethod(channel: Channel): RpcMethod {
  return method({
    parameters: [string, integer, integer],
    parameterNames: 'name, offset, length',
    returns: 'string',
    help: `Text of the ${channel} log of a process: length bytes from offset on, or to the end if length is 0. With a negative offset and length 0, the last bytes.`,
    call: ({ supervisor }, name, offset, length) =>
      readLogFile(findProcess(supervisor, name).child.logfiles[channel], offset, length),
  });
}

function tailMethod(channel: Channel): RpcMethod {
  return method({
    parameters: [string, integer, integer],
    parameterNames: 'name, offset, length',
    returns: 'array',
    help: `The last length bytes of the ${channel} log of a process, its size, and whether more than length bytes came after offset.`,
    call: ({ supervisor }, name, offset, length) =>
      tailLogFile(findProcess(supervisor, name).child.logfiles[channel], offset, length),
  });
}

function clear(process: SupervisedProcess, name: string): void {
  try {
    process.child.clearLogs();
  } catch {
    throw new RpcFault('FAILED', name);
  }
}
