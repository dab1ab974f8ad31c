import type { Command, CommandArguments } from '../command.ts';
import { type ExitStatus, exitStatuses } from '../exit-status.ts';
import { isFault, ServerFault } from '../failures.ts';
import { faultReason } from '../schedule/names.ts';
import { schedulerApi } from '../schedule/scheduler-api.ts';
import type { Subcommand } from '../schedule/subcommand.ts';
import { subcommands } from '../schedule/subcommands.ts';
import { Misuse, quotedWords } from '../schedule/words.ts';
import type { Session } from '../session.ts';
import { upcheck } from '../upcheck.ts';

/** Columns that what can be typed takes in the help. */
const usageWidth = 45;

/** `schedule`: shows and controls what runs at times. */
export const schedule: Command = {
  help: [...subcommands.values()].flatMap(helpLines),
  subcommands,
  async run(session, given) {
    try {
      const { subcommand, words } = find(given);
      return await run(session, subcommand, words);
    } catch (error) {
      if (!(error instanceof Misuse)) throw error;
      session.print(`Error: ${error.message}`);
      session.printAll(helpOn(given));
      return exitStatuses.INVALID_ARGS;
    }
  },
};

interface Found {
  readonly subcommand: Subcommand;
  /** What follows its name. */
  readonly words: readonly string[];
}

/** Without a word, or with options alone, it is `list`. @throws {Misuse} there is no such command */
function find(given: CommandArguments): Found {
  const words = quotedWords(given);
  const [first] = words;
  const isNamed = first !== undefined && !first.startsWith('-');
  const name = isNamed ? first : 'list';
  const subcommand = subcommands.get(name);
  if (subcommand === undefined) {
    throw new Misuse(`there is no "schedule ${name}" but ${[...subcommands.keys()].join(', ')}`);
  }
  return { subcommand, words: isNamed ? words.slice(1) : words };
}

async function run(session: Session, subcommand: Subcommand, words: readonly string[]): Promise<ExitStatus> {
  if (!subcommand.isOffline?.(words)) {
    const down = await upcheck(session);
    if (down !== undefined) return down;
  }
  const scheduler = schedulerApi((method, ...params) => session.call(method, ...params));
  try {
    return await subcommand.run({ session, scheduler, now: () => Date.now() / 1000 }, words);
  } catch (error) {
    if (!(error instanceof ServerFault)) throw error;
    const hasNone = isFault(error, 'UNKNOWN_METHOD');
    const reason = hasNone ? 'this supervisord has no scheduler' : faultReason(error);
    session.printAll(reason.split('\n').map((line) => `ERROR: ${line}`));
    return exitStatuses.GENERIC;
  }
}

/** The help on what was misused, if that can be told. */
function helpOn({ words: [name = ''] }: CommandArguments): readonly string[] {
  const subcommand = subcommands.get(name);
  return subcommand === undefined ? [] : helpLines(subcommand);
}

function helpLines({ help, examples = [] }: Subcommand): readonly string[] {
  const lines = help.map(([usage, does]) => usage.padEnd(usageWidth) + does);
  return examples.length === 0 ? lines : [...lines, 'Ex:', ...examples];
}
