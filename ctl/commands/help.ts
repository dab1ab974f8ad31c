import { columns } from '../columns.ts';
import type { Command } from '../command.ts';
import { commands, findCommand, unlistedCommands } from '../commands.ts';
import { exitStatuses } from '../exit-status.ts';
import type { Plugin } from '../plugins/plugin.ts';

/** `help`: the list of commands, or the help of one. */
export const help: Command = {
  help: ['help\t\tPrint a list of available actions', 'help <action>\tPrint help for <action>'],
  async run(session, { text }) {
    if (text === '') session.printAll(overview(session.plugins));
    else session.printAll(await helpOn(text, session.plugins));
    return exitStatuses.SUCCESS;
  },
};

async function helpOn(topic: string, plugins: readonly Plugin[]): Promise<readonly string[]> {
  const command = await findCommand(topic, plugins);
  return command === undefined || command.help.length === 0 ? [`*** No help on ${topic}`] : command.help;
}

function overview(plugins: readonly Plugin[]): readonly string[] {
  const own = [...commands.keys()].filter((name) => !unlistedCommands.has(name));
  const others = plugins.flatMap((plugin) => topics(plugin.name, [...plugin.commands.keys()]));
  return [...topics('default', own), ...others];
}

function topics(owner: string, names: readonly string[]): readonly string[] {
  const title = `${owner} commands (type help <topic>):`;
  return ['', title, '='.repeat(title.length), ...columns([...names].sort()), ''];
}
