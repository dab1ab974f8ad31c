import { fullName, matchingProcesses, type ProcessName, patternsOf } from './matching.ts';
import type { PluginCommand, PluginFactory } from './plugin.ts';

/**
 * What the Python plug-in supervisor-wildcards does: `mstart`, `mstop`, `mrestart` and `mstatus` take patterns of
 * names. The option `match_group=1` has them match `group:name`.
 */
export const makeWildcards: PluginFactory = (controller, { match_group }) => {
  const matchesGroup = Number(match_group ?? 0) !== 0;

  const namespecs = async (words: readonly string[]): Promise<readonly string[]> => {
    const nameOf = matchesGroup ? fullName : ({ name }: ProcessName) => name;
    return (await matchingProcesses(controller, patternsOf(words), nameOf)).map(fullName);
  };

  const wildcard = (
    command: string,
    linesOf: (names: readonly string[]) => readonly string[],
  ): PluginCommand => ({
    help:
      `m${command} <pattern> <pattern>\tThe same as ${command}, for processes whose name matches a pattern\n` +
      `m${command} all\t\tThe same as ${command}, for all processes`,
    completes: 'processes',
    async run(words) {
      const statuses = await Promise.all(linesOf(await namespecs(words)).map((line) => controller.run(line)));
      return statuses.find((status) => status !== 0) ?? 0;
    },
  });

  /** All at once, each in a line of its own. */
  const inParallel = (command: string): PluginCommand =>
    wildcard(command, (names) => names.map((name) => `${command} ${name}`));

  return {
    mstart: inParallel('start'),
    mstop: inParallel('stop'),
    mrestart: inParallel('restart'),
    mstatus: wildcard('status', (names) => (names.length === 0 ? [] : [`status ${names.join(' ')}`])),
  };
};
