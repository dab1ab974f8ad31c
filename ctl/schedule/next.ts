import { TriggerError } from '../../schedule/trigger-error.ts';
import { exitStatuses } from '../exit-status.ts';
import type { FireTimes } from './scheduler-api.ts';
import type { ScheduleSession, Subcommand } from './subcommand.ts';
import { countOf, Misuse, onlyName, type ReadWords, readWords } from './words.ts';

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
    try {
      const given = read(words);
      const timezone = given.values.get('--tz');
      const fires = await fireTimes(using, given, timezone);
      const { previewJson, previewLines } = await import('./preview.ts');
      const preview = { ...fires, timezone: timezone ?? fires.timezone, now: using.now() };
      if (given.flags.has('--json')) using.session.print(JSON.stringify(previewJson(preview), undefined, 2));
      else using.session.printAll(previewLines(preview));
      return exitStatuses.SUCCESS;
    } catch (error) {
      if (!(error instanceof TriggerError)) throw error;
      using.session.printAll(error.message.split('\n').map((line) => `ERROR: ${line}`));
      return exitStatuses.GENERIC;
    }
  },
};

async function fireTimes(
  { scheduler, now }: ScheduleSession,
  given: ReadWords,
  timezone: string | undefined,
): Promise<FireTimes> {
  const count = countOf(given, { otherwise: 10, most: 1000 });
  if (isName(given)) return scheduler.getNextFireTimes(onlyName(given, 'name'), count);
  const { evaluate } = await import('./evaluate.ts');
  return evaluate(given.names, { count, timezone, now: new Date(now() * 1000) });
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
