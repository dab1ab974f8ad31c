import { TriggerError } from '../trigger-error.ts';
import {
  type CivilDate,
  dateOf,
  dateText,
  dayOf,
  daysInMonth,
  lastYear,
  secondsPerDay,
  timeOfDayText,
} from '../wall-clock/civil.ts';
import { parseDate, timeOfDay } from '../wall-clock/date-text.ts';
import { hostTimeZone } from '../wall-clock/host-time-zone.ts';
import { instantOf, type TimeZone } from '../wall-clock/time-zone.ts';
import { type DateOption, readInstant, readJitter, specOf, zoneOf } from './options.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/** What a calendar interval trigger is made of. The lengths are whole numbers, and at least one day together. */
export interface CalendarIntervalOptions {
  readonly years?: number | undefined;
  readonly months?: number | undefined;
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  readonly hour?: number | undefined;
  readonly minute?: number | undefined;
  readonly second?: number | undefined;
  /**
   * The first date, `YYYY-MM-DD`, by default that on which the trigger is bound. Of a `Date`, its date in the
   * zone counts.
   */
  readonly startDate?: DateOption | undefined;
  /** The last date. */
  readonly endDate?: DateOption | undefined;
  readonly timezone?: string | undefined;
  /** Seconds by which a start may be put off by chance. */
  readonly jitter?: number | undefined;
}

/**
 * Fires on dates that lie so many years, months, weeks and days apart, always at the same time of day. Years
 * and months keep the day of the month, and pass over months that lack it. A date on which the clocks leave
 * that time out is passed over too; if they show it twice, the first one counts.
 *
 * @see apscheduler/triggers/calendarinterval.py
 */
export class CalendarIntervalTrigger implements Trigger {
  readonly jitter: number;
  readonly timezone: string | undefined;
  readonly #options: CalendarIntervalOptions;
  readonly #step: Step;
  /** Seconds since midnight. */
  readonly #time: number;
  readonly #zone: TimeZone;
  readonly #start: CivilDate | undefined;
  /** The last day. */
  readonly #end: number;

  /** @throws {TriggerError} an option is not what it has to be */
  constructor(options: CalendarIntervalOptions) {
    const { years = 0, months = 0, weeks = 0, days = 0, hour = 0, minute = 0, second = 0 } = options;
    const { startDate, endDate, timezone, jitter } = options;
    for (const [field, count] of Object.entries({ years, months, weeks, days })) {
      if (Number.isInteger(count) && count >= 0) continue;
      throw new TriggerError(`${field} must be a whole number, 0 or more`, { field });
    }
    this.#step = { months: years * 12 + months, days: weeks * 7 + days };
    if (this.#step.months === 0 && this.#step.days === 0) {
      throw new TriggerError('interval must be at least 1 day long');
    }
    if (this.#step.months > 12 * lastYear || this.#step.days > 366 * lastYear) {
      throw new TriggerError(`the interval reaches beyond the year ${lastYear}`);
    }
    this.#options = options;
    this.jitter = readJitter(jitter);
    this.timezone = timezone;
    this.#time = timeOfDay({ hour, minute, second });
    this.#zone = zoneOf(timezone);
    this.#start = readDate(startDate, this.#zone, 'start_date');
    const end = readDate(endDate, this.#zone, 'end_date');
    this.#end = end === undefined ? Number.POSITIVE_INFINITY : dayOf(end);
    if (this.#start !== undefined && dayOf(this.#start) > this.#end) {
      throw new TriggerError('end_date cannot be earlier than start_date', { field: 'end_date' });
    }
  }

  getNextFireTime(previous: Date | undefined, now: Date): Date | undefined {
    const date =
      previous === undefined
        ? this.#firstAround(now)
        : advance(dateAt(previous.getTime(), this.#zone), this.#step);
    const earliest = previous === undefined ? now.getTime() : Number.NEGATIVE_INFINITY;
    return this.#firstShown(date, earliest);
  }

  getDueTimes(first: Date, now: Date): DueTimes {
    let last = first;
    for (let count = 1; ; count += 1) {
      const next = this.getNextFireTime(last, now);
      if (next === undefined || next > now) return { last, count };
      last = next;
    }
  }

  bind({ timezone, now }: TriggerBinding): CalendarIntervalTrigger {
    if (this.timezone !== undefined && this.#start !== undefined) return this;
    const bound = this.timezone ?? timezone;
    const { startDate = dateText(dateAt(now.getTime(), zoneOf(bound))) } = this.#options;
    return new CalendarIntervalTrigger({ ...this.#options, startDate, timezone: bound });
  }

  toJSON(): TriggerSpec {
    const { years, months, weeks, days, hour, minute, second, startDate, endDate, timezone, jitter } =
      this.#options;
    const bounds = { startDate, endDate, timezone, jitter };
    return specOf('calendarinterval', { years, months, weeks, days, hour, minute, second, ...bounds });
  }

  toString(): string {
    const { years, months, weeks, days } = this.#options;
    const lengths = Object.entries({ years, months, weeks, days }).filter(([, count = 0]) => count > 0);
    const texts = lengths.map(([name, count]) => `${name}=${count}`);
    texts.push(`time='${timeOfDayText(this.#time)}'`);
    if (this.#start !== undefined) texts.push(`start_date='${dateText(this.#start)}'`);
    if (this.#end !== Number.POSITIVE_INFINITY) texts.push(`end_date='${dateText(dateOf(this.#end))}'`);
    texts.push(`timezone='${this.timezone ?? hostTimeZone()}'`);
    return `CalendarIntervalTrigger(${texts.join(', ')})`;
  }

  /**
   * A date of the sequence that begins with the start, from which on none is left out that is not before an
   * instant.
   */
  #firstAround(now: Date): CivilDate {
    const today = dateAt(now.getTime(), this.#zone);
    const start = this.#start ?? today;
    const { months, days } = this.#step;
    const passed = dayOf(today) - dayOf(start);
    if (months === 0) {
      const steps = Math.max(0, Math.floor(passed / days));
      return dateOf(dayOf(start) + steps * days);
    }
    let date = start;
    for (
      let next = advance(date, this.#step);
      dayOf(next) <= dayOf(today);
      next = advance(next, this.#step)
    ) {
      date = next;
    }
    return date;
  }

  /** The first fire time on a date or those that follow it, not before an instant. */
  #firstShown(from: CivilDate, earliest: number): Date | undefined {
    for (let date = from; date.year <= lastYear; date = advance(date, this.#step)) {
      if (dayOf(date) > this.#end) return undefined;
      const wall = dayOf(date) * secondsPerDay + this.#time;
      const instant = instantOf(this.#zone, wall);
      const isShown = instant + this.#zone.spanAt(instant).offset === wall;
      if (isShown && instant * 1000 >= earliest) return new Date(instant * 1000);
    }
    return undefined;
  }
}

/** Months first, then days. */
interface Step {
  readonly months: number;
  readonly days: number;
}

/** The next date of a sequence; past the last year if there is none. */
function advance(date: CivilDate, { months, days }: Step): CivilDate {
  if (months === 0) return dateOf(dayOf(date) + days);
  let { year, month } = date;
  do {
    const since = month - 1 + months;
    year += Math.floor(since / 12);
    month = (since % 12) + 1;
  } while (date.day > daysInMonth(year, month) && year <= lastYear);
  return days === 0 ? { year, month, day: date.day } : dateOf(dayOf({ year, month, day: date.day }) + days);
}

function dateAt(instant: number, zone: TimeZone): CivilDate {
  const seconds = Math.floor(instant / 1000);
  return dateOf(Math.floor((seconds + zone.spanAt(seconds).offset) / secondsPerDay));
}

function readDate(date: DateOption | undefined, zone: TimeZone, field: string): CivilDate | undefined {
  if (typeof date === 'string') return parseDate(date, field);
  const instant = readInstant(date, zone, field);
  return instant === undefined ? undefined : dateAt(instant, zone);
}
