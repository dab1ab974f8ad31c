import { commands, unlistedCommands } from './commands.ts';
import type { Complete } from './input.ts';
import type { Plugin } from './plugins/plugin.ts';
import type { ProcessInfo } from './supervisor-api.ts';

/** Whose arguments are names of groups, and whose are names of processes. */
const groupCommands: ReadonlySet<string> = new Set(['add', 'remove', 'update']);
const processCommands: ReadonlySet<string> = new Set([
  'clear',
  'fg',
  'pid',
  'restart',
  'signal',
  'start',
  'status',
  'stop',
  'tail',
]);

/** Completes a line of the shell. `processes` and `schedules` are asked only where names of them are wanted. */
export function completer(
  processes: () => Promise<readonly ProcessInfo[]>,
  plugins: readonly Plugin[] = [],
  schedules: () => Promise<readonly string[]> = async () => [],
): Complete {
  return async (line) => {
    const word = lastWord(line);
    const candidates = await candidatesFor(line, word, { processes, plugins, schedules });
    return [candidates.filter((candidate) => candidate.startsWith(word)).map((found) => `${found} `), word];
  };
}

/** What is being typed: `:`, `*` and `-` belong to a word, since names are made of them. */
function lastWord(line: string): string {
  return /[^\s`~!@#$%^&()=+[{\]}\\|;'",<>/?]*$/.exec(line)?.[0] ?? '';
}

interface Offer {
  readonly processes: () => Promise<readonly ProcessInfo[]>;
  readonly plugins: readonly Plugin[];
  readonly schedules: () => Promise<readonly string[]>;
}

async function candidatesFor(
  line: string,
  word: string,
  { processes, plugins, schedules }: Offer,
): Promise<readonly string[]> {
  const words = line.trim().split(/\s+/);
  const [command = ''] = words;
  const isFirstWord = words.length === 1 && !line.endsWith(' ');
  if (command === '' || isFirstWord || command === 'help') return commandNames(plugins);
  if (command === 'schedule') return scheduleWords(words.slice(1), line.endsWith(' '), schedules);
  switch (argumentsOf(command, plugins)) {
    case 'groups':
      return groupNames(await processes());
    case 'processes':
      return processNames(await processes(), word);
    case undefined:
      return [];
  }
}

/** What goes behind `schedule`: its own commands, then names where they take them. */
async function scheduleWords(
  [name, ...others]: readonly string[],
  isBetweenWords: boolean,
  schedules: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { subcommands = new Map() } = (await commands.get('schedule')?.()) ?? {};
  if (name === undefined || (others.length === 0 && !isBetweenWords)) return [...subcommands.keys()];
  return subcommands.get(name)?.completes === 'schedules' ? schedules() : [];
}

function argumentsOf(name: string, plugins: readonly Plugin[]): 'groups' | 'processes' | undefined {
  if (groupCommands.has(name)) return 'groups';
  if (processCommands.has(name)) return 'processes';
  return plugins.find(({ commands: theirs }) => theirs.has(name))?.commands.get(name)?.completes;
}

function commandNames(plugins: readonly Plugin[]): readonly string[] {
  const own = [...commands.keys()].filter((name) => !unlistedCommands.has(name)).sort();
  return ['help', ...own, ...plugins.flatMap((plugin) => [...plugin.commands.keys()])];
}

function groupNames(processes: readonly ProcessInfo[]): readonly string[] {
  return [...new Set(processes.map(({ group }) => group))];
}

function processNames(processes: readonly ProcessInfo[], word: string): readonly string[] {
  const names = new Set<string>();
  for (const { group, name } of processes) {
    if (group === name && !word.includes(':')) {
      names.add(name);
    } else {
      names.add(`${group}:${name}`);
      names.add(`${group}:*`);
    }
  }
  return [...names];
}
