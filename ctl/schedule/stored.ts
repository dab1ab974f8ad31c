/** `schedule add`, `modify` and `remove`: schedules that are kept in the store, and in no file. */
import { exitStatuses } from '../exit-status.ts';
import { prospectText } from './job-text.ts';
import { forEachName } from './names.ts';
import type { Keys } from './scheduler-api.ts';
import type { Subcommand } from './subcommand.ts';
import { keyValues, Misuse, readWords } from './words.ts';

/** Makes one. */
export const add: Subcommand = {
  help: [['schedule add <name> <key>=<value>...', 'Add a schedule, by the keys of a [schedule:x]']],
  examples: ['schedule add tidy command=/usr/bin/tidy hour=3 minute=30'],
  async run({ session, scheduler }, words) {
    const { name, keys } = nameAndKeys(words);
    session.print(`${name}: added, ${prospectText(await scheduler.addJob(name, keys))}`);
    return exitStatuses.SUCCESS;
  },
};

/** Changes one. */
export const modify: Subcommand = {
  help: [
    ['schedule modify <name> <key>=<value>...', 'Change keys of such a schedule'],
    ['schedule modify <name> <key>=', 'Take a key back to its default'],
  ],
  completes: 'schedules',
  async run({ session, scheduler }, words) {
    const { name, keys } = nameAndKeys(words);
    session.print(`${name}: modified, ${prospectText(await scheduler.modifyJob(name, keys))}`);
    return exitStatuses.SUCCESS;
  },
};

/** Removes some. */
export const remove: Subcommand = {
  help: [['schedule remove <name>...', 'Remove such schedules; what they have run is still known']],
  completes: 'schedules',
  async run(using, words) {
    const { names } = readWords(words, {});
    if (names.length === 0) throw new Misuse('no name given');
    return forEachName(using, names, async (name) => {
      await using.scheduler.removeJob(name);
      return 'removed';
    });
  },
};

function nameAndKeys(words: readonly string[]): { readonly name: string; readonly keys: Keys } {
  const [name, ...pairs] = words;
  if (name === undefined || name.includes('=')) throw new Misuse('no name given');
  if (pairs.length === 0) throw new Misuse('no key=value given');
  return { name, keys: keyValues(pairs) };
}
