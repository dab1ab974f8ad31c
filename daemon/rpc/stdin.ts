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
 *   `NO_FILE`: the child has closed its stdin, or never had one; `FAILED`: it does not read, and what waits
 *   for it already fills the buffer
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
    switch (process.child.writeStdin(Buffer.from(chars))) {
      case 'queued':
        return true;
      case 'closed':
        throw new RpcFault('NO_FILE', name);
      case 'full':
        throw new RpcFault('FAILED', `${name} does not read its stdin, and no more can be kept for it`);
    }
  },
});
