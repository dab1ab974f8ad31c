/** What `supervisord --help` prints. A module of its own, so that a daemon does not have commander in memory for years. */
import { Command, Option } from 'commander';
import { commandOptions } from './command-line.ts';

/**
 * The text that `--help` prints.
 *
 * @param name of the command, as it was called
 */
export function helpText(name: string): string {
  const command = new Command(name)
    .description('supervisord -- run a set of applications as daemons.')
    .usage('[options]')
    .helpOption(false);
  for (const { flags, description } of commandOptions) command.addOption(new Option(flags, description));
  return command.helpInformation();
}
