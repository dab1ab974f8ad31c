import { exitStatuses } from '../exit-status.ts';
import type { ScheduleSession, Subcommand } from './subcommand.ts';
import type { TimesOf } from './times.ts';
import { countOf, keyValues, Misuse, onlyName, type ReadWords, readWords } from './words.ts';

/** `schedule next`: when a schedule runs next, or would by an expression, which takes no server to say. */
export const next: Subcommand = {
  help: [
    ['schedule next <name> [-n <n>] [--tz <zone>]', 'Show the next 10 times of a schedule'],
    ['schedule next <line> [...]', 'Show those of a line of a crontab'],
    ['schedule next <key>=<value>... [...]', 'Show those of the keys of a [schedule:x]'],
  ],
  examples: [
    "schedule next '*/5 9-17 * * mon-fri' --tz Europe/Berlin",
    "schedule next 'day=last fri' hour=18 -n 3",
  ],
  completes: 'schedules',
  isOffline: (words) => !isName(read(words)),
  async run(using, words) {
    const given = read(words);
    const count = countOf(given, { otherwise: 10, most: 1000 });
    const of = await timesOf(using, given, count);
    const { tellTimes } = await import('./times.ts');
    const told = tellTimes(of, {
      count,
      timezone: given.values.get('--tz'),
      defaultTimezone: using.session.timezone,
      now: new Date(using.now() * 1000),
      isJson: given.flags.has('--json'),
    });
    using.session.printAll(told.type === 'ok' ? told.lines : told.errors.map((line) => `ERROR: ${line}`));
    return told.type === 'ok' ? exitStatuses.SUCCESS : exitStatuses.GENERIC;
  },
};

async function timesOf({ scheduler }: ScheduleSession, given: ReadWords, count: number): Promise<TimesOf> {
  if (isName(given)) {
    return { type: 'known', fires: await scheduler.getNextFireTimes(onlyName(given, 'name'), count) };
  }
  const { names } = given;
  // `CRON_TZ=` begins a line of a crontab: keys have small letters.
  if (/^[a-z_]+=/.test(names[0] ?? '')) return { type: 'keys', values: keyValues(names) };
  return { type: 'crontab', line: names.join(' ') };
}

function read(words: readonly string[]): ReadWords {
  return readWords(words, { flags: ['--json'], values: ['-n', '--tz'] });
}

/** One word without blanks that is neither `key=value` nor such as `@daily`. */
function isName({ names }: ReadWords): boolean {
  const [word, ...others] = names;
  if (word === undefined) throw new Misuse('no name given, and no expression');
  return others.length === 0 && !/[\s=]|^@/.test(word);
}
