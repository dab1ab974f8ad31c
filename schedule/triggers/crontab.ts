/**
 * Lines of crontabs, as cron itself and the cron of programs in Go read them. They become the same triggers that
 * APScheduler's fields do; only the language is another.
 *
 * @see crontab(5); robfig/cron for `@every`, `CRON_TZ=` and seconds
 */
import { TriggerError } from '../trigger-error.ts';
import { type CronOptions, CronTrigger, type FromCrontabOptions } from './cron-trigger.ts';
import { type CrontabFieldName, parseCrontabField } from './crontab-field.ts';
import { parseDuration } from './duration.ts';
import { IntervalTrigger } from './interval-trigger.ts';
import type { Trigger } from './trigger.ts';

const nicknames: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/** What goes with a line; the zone is that of a line without `CRON_TZ=`. `dst` means nothing to `@every`. */
export type CrontabOptions = Omit<FromCrontabOptions, 'weekdays'>;

/**
 * The trigger of a line of a crontab: five fields, or six with the seconds first; 0 and 7 are sunday; if both
 * the day and the weekday are restricted, either will do. Also `@daily` and its like, `@every 1h30m`, and
 * `CRON_TZ=Zone` in front.
 *
 * @throws {TriggerError} it is not right
 */
export function parseCrontab(line: string, options: CrontabOptions = {}): Trigger {
  const [, zone, rest = ''] = /^\s*(?:(?:CRON_)?TZ=(\S*)\s)?\s*(.*?)\s*$/s.exec(line) ?? [];
  const bounds = zone === undefined ? options : { ...options, timezone: zone };
  const [word = '', ...others] = rest.split(/\s+/);
  if (!word.startsWith('@')) return parseFields(rest, bounds);
  if (word === '@every') return every(others.join(' '), bounds);
  const fields = nicknames.get(word.toLowerCase());
  if (fields !== undefined && others.length === 0) return parseFields(fields, bounds);
  if (word === '@reboot') {
    throw new TriggerError('"@reboot" is no time: a [program:x] with autorestart=false runs at each start', {
      field: 'cron',
    });
  }
  throw new TriggerError(`Unrecognized expression "${rest}"`, { field: 'cron' });
}

function every(text: string, { dst: _, ...options }: CrontabOptions): Trigger {
  const duration = parseDuration(text);
  if (duration === undefined || duration <= 0) {
    throw new TriggerError(`Unrecognized duration "${text}": such as 90s or 1h30m is expected`, {
      field: 'cron',
    });
  }
  // As robfig/cron does: whole seconds, and at least one.
  return new IntervalTrigger({ ...options, seconds: Math.max(1, Math.floor(duration)) });
}

function parseFields(text: string, options: CrontabOptions): Trigger {
  const values = text === '' ? [] : text.split(/\s+/);
  if (values.length !== 5 && values.length !== 6) {
    throw new TriggerError(`Wrong number of fields; got ${values.length}, expected 5 or 6`, {
      field: 'cron',
    });
  }
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = values.slice(-5);
  const plain = (name: CrontabFieldName, value: string): string => parseCrontabField(name, value).text;
  const [second] = values.length === 6 ? values : [];
  return new CronTrigger({
    ...options,
    ...daysOf(day, weekday),
    month: plain('month', month),
    hour: plain('hour', hour),
    minute: plain('minute', minute),
    second: second === undefined ? undefined : plain('second', second),
  });
}

/** A day and a weekday. Positions of weekdays go to the day, where triggers have them. */
function daysOf(dayText: string, weekdayText: string): Pick<CronOptions, 'day' | 'dayOfWeek' | 'days'> {
  const day = parseCrontabField('day', dayText);
  const weekday = parseCrontabField('day_of_week', weekdayText);
  if (weekday.positions.length === 0) {
    const either = day.isOpen || weekday.isOpen ? {} : { days: 'either' as const };
    return { day: day.text, dayOfWeek: weekday.text, ...either };
  }
  if (day.isOpen && day.text !== '*') {
    const reason = `"${dayText}" cannot go with "${weekdayText}"`;
    throw new TriggerError(reason, { field: 'day_of_week', reason });
  }
  const days = [...(day.isOpen ? [] : [day.text]), ...weekday.positions].join(',');
  return weekday.text === ''
    ? { day: days, dayOfWeek: '*' }
    : { day: days, dayOfWeek: weekday.text, days: 'either' };
}
