import { formatNamespec } from '../../rpc/namespec.ts';
import type { Command } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';
import { isFault } from '../failures.ts';
import type { ConfigInfo } from '../supervisor-api.ts';

/** `avail`: every process of the configuration that was read last, active or not. */
export const avail: Command = {
  help: ['avail\t\t\tDisplay all configured processes'],
  takesNoArguments: true,
  async run(session) {
    try {
      session.printAll((await session.supervisor.getAllConfigInfo()).map(describe));
      return exitStatuses.SUCCESS;
    } catch (error) {
      if (!isFault(error, 'SHUTDOWN_STATE')) throw error;
      session.print('ERROR: supervisor shutting down');
      return exitStatuses.GENERIC;
    }
  },
};

function describe({ group, name, inuse, autostart, group_prio, process_prio }: ConfigInfo): string {
  return [
    formatNamespec(group, name).padEnd(32),
    (inuse ? 'in use' : 'avail').padEnd(9),
    (autostart ? 'auto' : 'manual').padEnd(9),
    `${group_prio}:${process_prio}`,
  ].join(' ');
}
