import { exitStatuses } from '../exit-status.ts';
import type { FireTimes } from './scheduler-api.ts';
import type { ScheduleSession, Subcommand } from './subcommand.ts';
import { countOf, Misuse, onlyName, type ReadWords, readWords } from './words.ts';

/** `schedule next`: when a schedule runs next, or would by an expression, which takes no server to say. */
export const next: Subcommand = {
  help: [
    'schedule next <name> [-n <number>] [--tz <zone>]\tShow the next 10 times of a schedule',
    'schedule next <line> [...]\tShow those of a line of a crontab',
    'schedule next <key>=<value>... [...]\tShow those of the keys of a [schedule:x]',
    'Ex:',
    "schedule next '*/5 9-17 * * mon-fri' --tz Europe/Berlin",
    "schedule next 'day=last fri' hour=18 -n 3",
  ],
  completes: 'schedules',
  isOffline: (words) => !isName(read(words)),
  async run({ session, scheduler, now }, words) {
    const given = read(words);
    const count = countOf(given, { otherwise: 10, most: 1000 });
    const timezone = given.values.get('--tz');
    const { evaluate } = await import('./evaluate.ts');
    const fires = isName(given)
      ? await ofSchedule(scheduler, onlyName(given, 'name'), count)
      : evaluate(given.names, { count, timezone, now: new Date(now() * 1000) });
    const { previewJson, previewLines } = await import('./preview.ts');
    const preview = { ...fires, timezone: timezone ?? fires.timezone, now: now() };
    if (given.flags.has('--json')) session.print(JSON.stringify(previewJson(preview), undefined, 2));
    else session.printAll(previewLines(preview));
    return exitStatuses.SUCCESS;
  },
};

function read(words: readonly string[]): ReadWords {
  return readWords(words, { flags: ['--json'], values: ['-n', '--tz'] });
}

/** One word without blanks that is neither `key=value` nor such as `@daily`. */
function isName({ names }: ReadWords): boolean {
  const [word, ...others] = names;
  if (word === undefined) throw new Misuse('no name given, and no expression');
  return others.length === 0 && !/[\s=]|^@/.test(word);
}

function ofSchedule(
  scheduler: ScheduleSession['scheduler'],
  name: string,
  count: number,
): Promise<FireTimes> {
  return scheduler.getNextFireTimes(name, count);
}
