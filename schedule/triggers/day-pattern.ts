/**
 * The days that a cron trigger matches, as one set of bits a month.
 *
 * Which days of a month match depends on no more than the weekday that its year begins with, whether that is a
 * leap year, and, for the ISO weeks of early january, whether the year before was. That makes 21 kinds of
 * years. So the bits of a month are worked out once for each kind, and looking for a day is looking through a
 * table, as fast for February 30th, which never comes.
 */
import {
  dateOf,
  daysBeforeMonth,
  daysInMonth,
  firstDayOfYear,
  isLeapYear,
  isoWeekOf,
  lastYear,
  weekdayOf,
} from '../wall-clock/civil.ts';
import type { CronField } from './cron-field.ts';

/** Whether a day has to match both `day` and `day_of_week`, or one of them, as in a crontab. */
export type DayRule = 'both' | 'either';

/** Sets of days. Each is a number of days since 1970-01-01. */
export interface DayPattern {
  /** Whether no year is left out. */
  readonly isEveryYear: boolean;
  has(day: number): boolean;
  /** The first one from a day on; `undefined` after the year 9999. */
  next(from: number): number | undefined;
  /** The last one before a day; `undefined` before 1970. */
  before(day: number): number | undefined;
  /** How many there are from a day on and before another. */
  count(from: number, until: number): number;
}

/** The fields that days are chosen by. */
export interface DayFields {
  readonly year: CronField;
  readonly month: CronField;
  readonly day: CronField;
  readonly week: CronField;
  readonly day_of_week: CronField;
}

const firstYear = 1970;
const monthsPerYear = 12;
const yearKinds = 21;
const unknown = -1;
/** After so many years the calendar repeats, so what has not come by then never comes. */
const calendarCycle = 400;

/** A pattern of days. */
export function dayPattern(fields: DayFields, rule: DayRule): DayPattern {
  return new MonthTable((year, month) => bitsOfMonth(fields, rule, year, month), yearsOf(fields.year));
}

class MonthTable implements DayPattern {
  readonly isEveryYear: boolean;
  readonly #bitsOf: (year: number, month: number) => number;
  readonly #years: ReadonlySet<number> | undefined;
  /** The bits of each month of each kind of year; bit 0 is the 1st. */
  readonly #table = new Int32Array(yearKinds * monthsPerYear).fill(unknown);

  constructor(bitsOf: (year: number, month: number) => number, years: ReadonlySet<number> | undefined) {
    this.#bitsOf = bitsOf;
    this.#years = years;
    this.isEveryYear = years === undefined;
  }

  has(day: number): boolean {
    const { year, month, day: dayOfMonth } = dateOf(day);
    return ((this.#bits(year, month) >>> (dayOfMonth - 1)) & 1) === 1;
  }

  next(from: number): number | undefined {
    const start = from < 0 ? { year: firstYear, month: 1, day: 1 } : dateOf(from);
    let possible = -1 << (start.day - 1);
    const end = this.isEveryYear ? Math.min(lastYear, start.year + calendarCycle) : lastYear;
    for (let { year, month } = start; year <= end; year += 1, month = 1) {
      if (this.#years?.has(year) === false) {
        possible = -1;
        continue;
      }
      for (; month <= monthsPerYear; month += 1, possible = -1) {
        const bits = this.#bits(year, month) & possible;
        if (bits !== 0) return firstOfMonth(year, month) + 31 - Math.clz32(bits & -bits);
      }
    }
    return undefined;
  }

  before(day: number): number | undefined {
    const end = dateOf(day - 1);
    let possible = -1 >>> (32 - end.day);
    for (let { year, month } = end; year >= firstYear; year -= 1, month = monthsPerYear) {
      for (; month >= 1; month -= 1, possible = -1) {
        const bits = this.#bits(year, month) & possible;
        if (bits !== 0) return firstOfMonth(year, month) + 31 - Math.clz32(bits);
      }
    }
    return undefined;
  }

  count(from: number, until: number): number {
    if (from >= until) return 0;
    const last = dateOf(until - 1);
    let { year, month, day } = dateOf(from);
    let possible = -1 << (day - 1);
    let sum = 0;
    while (year < last.year || month < last.month) {
      sum += bitsIn(this.#bits(year, month) & possible);
      possible = -1;
      month += 1;
      if (month > monthsPerYear) {
        month = 1;
        year += 1;
      }
    }
    ({ day } = last);
    return sum + bitsIn(this.#bits(year, month) & possible & (-1 >>> (32 - day)));
  }

  #bits(year: number, month: number): number {
    if (year < firstYear || year > lastYear || this.#years?.has(year) === false) return 0;
    const index = kindOf(year) * monthsPerYear + month - 1;
    const known = this.#table[index] ?? 0;
    if (known !== unknown) return known;
    const bits = this.#bitsOf(year, month);
    this.#table[index] = bits;
    return bits;
  }
}

function kindOf(year: number): number {
  const leap = isLeapYear(year) ? 0 : isLeapYear(year - 1) ? 1 : 2;
  return weekdayOf(firstDayOfYear(year)) * 3 + leap;
}

function firstOfMonth(year: number, month: number): number {
  return firstDayOfYear(year) + daysBeforeMonth(isLeapYear(year), month);
}

function yearsOf({ values }: CronField): ReadonlySet<number> | undefined {
  return values === undefined ? undefined : new Set(values);
}

function bitsOfMonth(fields: DayFields, rule: DayRule, year: number, month: number): number {
  if (fields.month.values?.includes(month) === false) return 0;
  const length = daysInMonth(year, month);
  const first = firstOfMonth(year, month);
  let bits = 0;
  for (let day = 1; day <= length; day += 1) {
    const weekday = weekdayOf(first + day - 1);
    const isDay = matchesDay(fields.day, day, length, weekday);
    const isWeekday = fields.day_of_week.values?.includes(weekday) ?? true;
    if (rule === 'both' ? !(isDay && isWeekday) : !(isDay || isWeekday)) continue;
    if (fields.week.values?.includes(isoWeekOf(first + day - 1)) === false) continue;
    bits |= 1 << (day - 1);
  }
  return bits;
}

function matchesDay(field: CronField, day: number, length: number, weekday: number): boolean {
  if (field.values?.includes(day) ?? true) return true;
  if (field.hasLastDay && day === length) return true;
  return field.positions.some(
    ({ position, weekday: wanted }) =>
      weekday === wanted && (position === 'last' ? day + 7 > length : Math.ceil(day / 7) === position),
  );
}

function bitsIn(bits: number): number {
  let rest = bits;
  let count = 0;
  for (; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
