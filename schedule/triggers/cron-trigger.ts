import { TriggerError } from '../trigger-error.ts';
import { type TimeZone, timeZone } from '../wall-clock/time-zone.ts';
import { type CronField, type CronFieldName, cronFields, parseCronField } from './cron-field.ts';
import { type CronPattern, cronPattern } from './cron-pattern.ts';
import { type CronSearch, cronSearch, type DstRule } from './cron-search.ts';
import { weekdaysOfCrontab } from './crontab-field.ts';
import { type DayRule, dayPattern } from './day-pattern.ts';
import { after } from './due-times.ts';
import { type DateOption, readInstant, readJitter, specOf, zoneOf } from './options.ts';
import { timePattern } from './time-pattern.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/**
 * What a cron trigger is made of. A field that is left out is `*`, or the least value if it is finer than all
 * that are given.
 */
export interface CronOptions {
  readonly year?: number | string | undefined;
  readonly month?: number | string | undefined;
  readonly day?: number | string | undefined;
  /** The ISO week. */
  readonly week?: number | string | undefined;
  /** 0 is monday. */
  readonly dayOfWeek?: number | string | undefined;
  readonly hour?: number | string | undefined;
  readonly minute?: number | string | undefined;
  readonly second?: number | string | undefined;
  /** Whether `day` and `dayOfWeek` have to match both, which is the default, or either of them. */
  readonly days?: DayRule | undefined;
  /** The first instant that can be the first fire time. */
  readonly startDate?: DateOption | undefined;
  /** The last instant that can be a fire time. */
  readonly endDate?: DateOption | undefined;
  readonly timezone?: string | undefined;
  /** Seconds by which a start may be put off by chance. */
  readonly jitter?: number | undefined;
  /** What becomes of times that the clocks leave out or show twice; by default `wallclock`. */
  readonly dst?: DstRule | undefined;
}

/** What goes with a crontab line. */
export interface FromCrontabOptions
  extends Pick<CronOptions, 'timezone' | 'jitter' | 'startDate' | 'endDate' | 'dst'> {
  /** The numbers of weekdays: `apscheduler`, the default, has 0 for monday; `crontab` 0 and 7 for sunday. */
  readonly weekdays?: 'apscheduler' | 'crontab' | undefined;
}

const optionOf = {
  year: 'year',
  month: 'month',
  day: 'day',
  week: 'week',
  day_of_week: 'dayOfWeek',
  hour: 'hour',
  minute: 'minute',
  second: 'second',
} as const satisfies Record<CronFieldName, keyof CronOptions>;

const fieldNames = Object.keys(cronFields) as readonly CronFieldName[];

/**
 * Fires whenever the clocks of a zone match all of its fields.
 *
 * @see apscheduler/triggers/cron/__init__.py
 */
export class CronTrigger implements Trigger {
  readonly jitter: number;
  readonly timezone: string | undefined;
  readonly #options: CronOptions;
  readonly #fields: CronFields;
  readonly #pattern: CronPattern;
  #evaluation: Evaluation | undefined;

  /** @throws {TriggerError} an option is not what it has to be, or no field is given */
  constructor(options: CronOptions) {
    const { days = 'both', dst = 'wallclock', jitter, timezone } = options;
    this.#options = options;
    this.jitter = readJitter(jitter);
    this.timezone = timezone;
    checkWord('days', days, ['both', 'either']);
    checkWord('dst', dst, ['wallclock', 'once']);
    if (days === 'either' && (options.day === undefined || options.dayOfWeek === undefined)) {
      throw new TriggerError('days=either needs both day and day_of_week', { field: 'days' });
    }
    this.#fields = readFields(options);
    const { hour, minute, second } = this.#fields;
    this.#pattern = cronPattern(dayPattern(this.#fields, days), timePattern(hour, minute, second));
    // Without a zone this only shows that the dates can be read.
    const evaluation = this.#evaluate(timeZone(timezone ?? 'UTC'));
    this.#evaluation = timezone === undefined ? undefined : evaluation;
  }

  /**
   * The trigger of a crontab's five fields, in APScheduler's language: all have to match.
   *
   * @throws {TriggerError} they are not five, or not right
   * @see `parseCrontab` for the language of crontabs themselves
   */
  static fromCrontab(expression: string, options: FromCrontabOptions = {}): CronTrigger {
    const { weekdays = 'apscheduler', ...rest } = options;
    const values = expression.split(/\s+/).filter((value) => value !== '');
    const [minute, hour, day, month, dayOfWeek] = values;
    if (values.length !== 5 || dayOfWeek === undefined) {
      throw new TriggerError(`Wrong number of fields; got ${values.length}, expected 5`);
    }
    const named = weekdays === 'crontab' ? weekdaysOfCrontab(dayOfWeek) : dayOfWeek;
    return new CronTrigger({ ...rest, minute, hour, day, month, dayOfWeek: named });
  }

  getNextFireTime(previous: Date | undefined, now: Date): Date | undefined {
    const { search, start, end } = this.#evaluated();
    const from = previous === undefined ? Math.max(now.getTime(), start) : after(previous, now);
    const next = search.next(Math.ceil(from / 1000), Math.floor(end / 1000));
    return next === undefined ? undefined : new Date(next * 1000);
  }

  getDueTimes(first: Date, now: Date): DueTimes {
    const { search, end } = this.#evaluated();
    const from = Math.floor(first.getTime() / 1000) + 1;
    const until = Math.floor(Math.min(now.getTime(), end) / 1000) + 1;
    const later = from < until ? search.between(from, until) : undefined;
    return later === undefined
      ? { last: first, count: 1 }
      : { last: new Date(later.last * 1000), count: later.count + 1 };
  }

  bind({ timezone }: TriggerBinding): CronTrigger {
    return this.timezone === undefined ? new CronTrigger({ ...this.#options, timezone }) : this;
  }

  toJSON(): TriggerSpec {
    const { days, startDate, endDate, timezone, jitter, dst } = this.#options;
    const fields = this.#given().map((name) => [optionOf[name], this.#fields[name].text]);
    return specOf('cron', {
      ...Object.fromEntries(fields),
      ...{ days, startDate, endDate, timezone, jitter, dst },
    });
  }

  toString(): string {
    const isEither = this.#options.days === 'either';
    const text = (name: CronFieldName): string => `${name}='${this.#fields[name].text}'`;
    const parts = this.#given()
      .filter((name) => !(isEither && name === 'day_of_week'))
      .map((name) => (isEither && name === 'day' ? `${text(name)} or ${text('day_of_week')}` : text(name)));
    return `cron[${parts.join(', ')}]`;
  }

  #given(): readonly CronFieldName[] {
    return fieldNames.filter((name) => this.#options[optionOf[name]] !== undefined);
  }

  #evaluated(): Evaluation {
    this.#evaluation ??= this.#evaluate(zoneOf(this.timezone));
    return this.#evaluation;
  }

  #evaluate(zone: TimeZone): Evaluation {
    const { startDate, endDate, dst = 'wallclock' } = this.#options;
    return {
      search: cronSearch(this.#pattern, zone, dst),
      start: readInstant(startDate, zone, 'start_date') ?? Number.NEGATIVE_INFINITY,
      end: readInstant(endDate, zone, 'end_date') ?? Number.POSITIVE_INFINITY,
    };
  }
}

/** A trigger in its zone. The bounds are milliseconds. */
interface Evaluation {
  readonly search: CronSearch;
  readonly start: number;
  readonly end: number;
}

type CronFields = Readonly<Record<CronFieldName, CronField>>;

function readFields(options: CronOptions): CronFields {
  const finest = fieldNames.findLastIndex((name) => options[optionOf[name]] !== undefined);
  if (finest === -1) {
    throw new TriggerError(`A cron trigger needs at least one of the fields ${fieldNames.join(', ')}`);
  }
  const read = (name: CronFieldName): CronField => {
    const given = options[optionOf[name]];
    if (given !== undefined) return parseCronField(name, String(given));
    const isFiner = fieldNames.indexOf(name) > finest;
    return isFiner && name !== 'week' && name !== 'day_of_week' ? leastOf(name) : everything;
  };
  return {
    year: read('year'),
    month: read('month'),
    day: read('day'),
    week: read('week'),
    day_of_week: read('day_of_week'),
    hour: read('hour'),
    minute: read('minute'),
    second: read('second'),
  };
}

const everything: CronField = { text: '*', values: undefined, positions: [], hasLastDay: false };

function leastOf(name: CronFieldName): CronField {
  const { first } = cronFields[name];
  return { ...everything, text: String(first), values: [first] };
}

function checkWord(field: string, word: string, words: readonly string[]): void {
  if (words.includes(word)) return;
  throw new TriggerError(`${field} must be one of ${words.join(', ')}`, { field });
}
