import type { Command } from '../command.ts';
import { exitStatuses } from '../exit-status.ts';
import { isFault } from '../failures.ts';
import type { ConfigChanges } from '../supervisor-api.ts';

/** `reread`: has the server read its configuration again, and says what `update` would do. */
export const reread: Command = {
  help: ["reread \t\t\tReload the daemon's configuration files without add/remove"],
  takesNoArguments: true,
  async run(session) {
    try {
      session.printAll(describe(await session.supervisor.reloadConfig()));
      return exitStatuses.SUCCESS;
    } catch (error) {
      if (isFault(error, 'SHUTDOWN_STATE')) session.print('ERROR: supervisor shutting down');
      else if (isFault(error, 'CANT_REREAD')) session.print(`ERROR: ${error.text}`);
      else throw error;
      return exitStatuses.GENERIC;
    }
  },
};

function describe({ added, changed, removed }: ConfigChanges): readonly string[] {
  const changes = new Map<string, string>();
  for (const name of added) changes.set(name, 'available');
  for (const name of changed) changes.set(name, 'changed');
  for (const name of removed) changes.set(name, 'disappeared');
  if (changes.size === 0) return ['No config updates to processes'];
  return [...changes.keys()].sort().map((name) => `${name}: ${changes.get(name)}`);
}
