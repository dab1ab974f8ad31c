import { RpcFault } from '../../rpc/faults.ts';
import { findProcess } from './find.ts';
import { method } from './method.ts';
import { characters, string } from './parameter.ts';

/**
 * `supervisor.sendProcessStdin(name, chars)`: queues text, as UTF-8, for the stdin of a process. What its
 * pipe does not hold yet is sent on as the process reads.
 *
 * @returns always `true`
 * @throws {RpcFault} `BAD_NAME`, also for a whole group; `NOT_RUNNING`: no child, or it is being stopped;
 *   `NO_FILE`: the child has closed its stdin, or never had one
 * @see supervisor/rpcinterface.py, `sendProcessStdin`
 */
export const sendProcessStdin = method({
  parameters: [string, characters],
  parameterNames: 'name, chars',
  returns: 'boolean',
  help: 'Writes text to the stdin of a process.',
  call({ supervisor }, name, chars) {
    const process = findProcess(supervisor, name);
    const { pid, state } = process.view();
    if (pid === 0 || state === 'STOPPING') throw new RpcFault('NOT_RUNNING', name);
    if (process.child.writeStdin(Buffer.from(chars)) === 'closed') throw new RpcFault('NO_FILE', name);
    return true;
  },
});
