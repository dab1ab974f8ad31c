import { faults, RpcFault } from '../../rpc/faults.ts';
import { formatNamespec } from '../../rpc/namespec.ts';
import type { Encodable } from '../../rpc/xmlrpc.ts';
import type { SupervisedProcess } from '../process/control.ts';

/**
 * Runs `action` on each process, all at once, and answers what became of each: SUCCESS, or the fault.
 * Answers come in the order of completion, those that are known at once first, in the order given.
 *
 * @param action is called with the process and its namespec, for all processes before anything is awaited
 * @see supervisor/rpcinterface.py, `make_allfunc`
 */
export async function forEach(
  processes: readonly SupervisedProcess[],
  action: (process: SupervisedProcess, namespec: string) => void | Promise<void>,
): Promise<Encodable[]> {
  const statuses: Encodable[] = [];
  await Promise.all(
    processes.map(async (process) => {
      const { name, group } = process.settings;
      try {
        await action(process, formatNamespec(group, name));
        statuses.push({ name, group, status: faults.SUCCESS, description: 'OK' });
      } catch (error) {
        if (!(error instanceof RpcFault)) throw error;
        statuses.push({ name, group, status: error.code, description: error.message });
      }
    }),
  );
  return statuses;
}
