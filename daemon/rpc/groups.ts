/**
 * Methods that activate and deactivate groups.
 *
 * @see supervisor/rpcinterface.py
 */
import { RpcFault } from '../../rpc/faults.ts';
import { findGroup } from './find.ts';
import { method } from './method.ts';
import { string } from './parameter.ts';

/**
 * `supervisor.addProcessGroup(name)`.
 *
 * @throws {RpcFault} `BAD_NAME`: the configuration has no such group; `ALREADY_ADDED`: it is active
 */
export const addProcessGroup = method({
  parameters: [string],
  parameterNames: 'name',
  returns: 'boolean',
  help: 'Activates a group of the configuration that was read last, and starts its autostart processes.',
  call({ configuration, supervisor }, name) {
    const settings = configuration().groups.find((group) => group.name === name);
    if (settings === undefined) throw new RpcFault('BAD_NAME', name);
    if (supervisor.groups.has(name)) throw new RpcFault('ALREADY_ADDED', name);
    supervisor.addGroup(settings);
    return true;
  },
});

/**
 * `supervisor.removeProcessGroup(name)`.
 *
 * @throws {RpcFault} `BAD_NAME`: no such group is active; `STILL_RUNNING`: not all its processes have stopped
 */
export const removeProcessGroup = method({
  parameters: [string],
  parameterNames: 'name',
  returns: 'boolean',
  help: 'Deactivates a group whose processes have all stopped.',
  call({ supervisor }, name) {
    findGroup(supervisor, name);
    if (supervisor.removeGroup(name) === 'still-running') throw new RpcFault('STILL_RUNNING', name);
    return true;
  },
});
