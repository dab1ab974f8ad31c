import { columns } from '../columns.ts';
import type { Command } from '../command.ts';
import { commands, unlistedCommands } from '../commands.ts';
import { exitStatuses } from '../exit-status.ts';

/** `help`: the list of commands, or the help of one. */
export const help: Command = {
  help: ['help\t\tPrint a list of available actions', 'help <action>\tPrint help for <action>'],
  async run(session, { text }) {
    if (text === '') session.printAll(overview());
    else session.printAll(await helpOn(text));
    return exitStatuses.SUCCESS;
  },
};

async function helpOn(topic: string): Promise<readonly string[]> {
  const command = await commands.get(topic)?.();
  return command === undefined || command.help.length === 0 ? [`*** No help on ${topic}`] : command.help;
}

function overview(): readonly string[] {
  const title = 'default commands (type help <topic>):';
  const listed = [...commands.keys()].filter((name) => !unlistedCommands.has(name)).sort();
  return ['', title, '='.repeat(title.length), ...columns(listed), ''];
}
