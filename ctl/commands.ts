import type { Command } from './command.ts';
import type { Plugin } from './plugins/plugin.ts';

/**
 * Every command, by name. Each is loaded when it is first used: scripts run `supervisorctl status` often
 * and pay for nothing else.
 */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['add', async () => (await import('./commands/add.ts')).add],
  ['avail', async () => (await import('./commands/avail.ts')).avail],
  ['clear', async () => (await import('./commands/clear.ts')).clear],
  ['exit', async () => (await import('./commands/leave.ts')).exit],
  ['fg', async () => (await import('./commands/fg.ts')).fg],
  ['maintail', async () => (await import('./commands/maintail.ts')).maintail],
  ['open', async () => (await import('./commands/open.ts')).open],
  ['pid', async () => (await import('./commands/pid.ts')).pid],
  ['quit', async () => (await import('./commands/leave.ts')).quit],
  ['reload', async () => (await import('./commands/reload.ts')).reload],
  ['remove', async () => (await import('./commands/remove.ts')).remove],
  ['reread', async () => (await import('./commands/reread.ts')).reread],
  ['restart', async () => (await import('./commands/restart.ts')).restart],
  ['schedule', async () => (await import('./commands/schedule.ts')).schedule],
  ['shutdown', async () => (await import('./commands/shutdown.ts')).shutdown],
  ['signal', async () => (await import('./commands/signal.ts')).signal],
  ['start', async () => (await import('./commands/start.ts')).start],
  ['status', async () => (await import('./commands/status.ts')).status],
  ['stop', async () => (await import('./commands/stop.ts')).stop],
  ['tail', async () => (await import('./commands/tail.ts')).tail],
  ['update', async () => (await import('./commands/update.ts')).update],
  ['upgrade', async () => (await import('./commands/upgrade.ts')).upgrade],
  ['version', async () => (await import('./commands/version.ts')).version],
  ['help', async () => (await import('./commands/help.ts')).help],
  ['EOF', async () => (await import('./commands/leave.ts')).endOfInput],
]);

/** Commands that work but are not in the list that `help` shows. */
export const unlistedCommands: ReadonlySet<string> = new Set(['help', 'EOF']);

/** Finds a command by its name; one of a plug-in never hides one of ours, nor of a plug-in before it. */
export function findCommand(
  name: string,
  plugins: readonly Plugin[],
): Promise<Command> | Command | undefined {
  const load = commands.get(name);
  if (load !== undefined) return load();
  return plugins.find((plugin) => plugin.commands.has(name))?.commands.get(name);
}
