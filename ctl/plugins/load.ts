/**
 * The plug-ins of the configuration. One that cannot be had is told in a line on stderr, and everything else
 * works: who needs supervisorctl needs it most when something is broken.
 */
import type { CtlPluginSettings } from '../../conf/settings.ts';
import type { Encodable } from '../../rpc/xmlrpc.ts';
import type { Command } from '../command.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { plain } from '../plain-value.ts';
import { runLine } from '../run-line.ts';
import type { Session } from '../session.ts';
import { findFactory } from './find-factory.ts';
import type { Controller, Plugin, PluginCommand, PluginFactory } from './plugin.ts';

/** Makes the plug-ins, in the order of their sections. */
export async function loadPlugins(
  session: Session,
  settings: readonly CtlPluginSettings[],
): Promise<readonly Plugin[]> {
  const plugins: Plugin[] = [];
  for (const one of settings) {
    try {
      const factory = await findFactory(one);
      plugins.push(await makePlugin(session, one, factory));
    } catch (error) {
      const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
      session.output.printError(`Warning: [ctlplugin:${one.name}] is left out: ${reason}`);
    }
  }
  return plugins;
}

async function makePlugin(
  session: Session,
  { name, options }: CtlPluginSettings,
  factory: PluginFactory,
): Promise<Plugin> {
  const made: unknown = await factory(controllerOf(session), Object.fromEntries(options));
  if (typeof made !== 'object' || made === null) throw new Error('its factory returned no commands');
  const commands = Object.entries(made).map(([command, definition]): [string, Command] => {
    if (!/^\w+$/.test(command)) throw new Error(`"${command}" cannot be the name of a command`);
    if (!isCommand(definition)) throw new Error(`its command ${command} has no function run`);
    return [command, asCommand(definition)];
  });
  return { name, commands: new Map(commands) };
}

function isCommand(definition: unknown): definition is PluginCommand {
  return (
    typeof definition === 'object' &&
    definition !== null &&
    'run' in definition &&
    typeof definition.run === 'function'
  );
}

function asCommand(definition: PluginCommand): Command {
  const { help, completes } = definition;
  return {
    help: typeof help === 'string' ? help.split('\n') : [],
    ...((completes === 'processes' || completes === 'groups') && { completes }),
    async run(_session, { words }) {
      const status = await definition.run(words);
      // Whatever number a plug-in returns is the status: it need not be one of ours.
      return Number.isInteger(status) ? (status as ExitStatus) : exitStatuses.SUCCESS;
    },
  };
}

function controllerOf(session: Session): Controller {
  return {
    call: async (method, ...params: readonly Encodable[]) => plain(await session.call(method, ...params)),
    processes: () => session.supervisor.getAllProcessInfo(),
    run: (line) => session.withoutProgress(async () => (await runLine(session, line)).exitStatus),
    print: (line) => session.print(line),
    printError: (line) => session.output.printError(line),
  };
}
