/** Dates as text, in the forms that APScheduler reads. */
import { TriggerError } from '../trigger-error.ts';
import {
  type CivilDate,
  dateOf,
  dateText,
  dayOf,
  daysInMonth,
  secondsPerDay,
  timeOfDayText,
} from './civil.ts';
import { instantOf, type TimeZone, timeZone } from './time-zone.ts';

const pattern =
  /^(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})(?:[ T](?<hour>\d{1,2}):(?<minute>\d{1,2}):(?<second>\d{1,2})(?:\.(?<fraction>\d{1,6}))?(?<zone>Z|[+-]\d\d:\d\d)?)?$/;

/**
 * The instant, in milliseconds, of `Y-m-d` or `Y-m-d H:M:S`, with a blank or a `T` in between, a fraction of up to
 * six digits, of which three count, and `Z` or `±HH:MM`, which wins over the zone. A date alone is its midnight. A
 * time in a gap of the zone lies behind it, one that comes twice is the first.
 *
 * @param field the option it is the value of, for the error
 * @throws {TriggerError} it is no such text, or there is no such date
 * @see apscheduler/util.py, `convert_to_datetime`
 */
export function parseInstant(text: string, zone: TimeZone, field: string): number {
  const {
    fraction = '',
    zone: own,
    ...parts
  } = groupsOf(pattern, text) ?? invalid('Invalid date string', field);
  const date = validDate(parts, field);
  const timeOfDay = validTime(parts, field);
  const wall = dayOf(date) * secondsPerDay + timeOfDay;
  const seconds = instantOf(own === undefined ? zone : offsetZone(own, field), wall);
  return seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
}

/**
 * The date of `YYYY-MM-DD`.
 *
 * @throws {TriggerError} it is no such text, or there is no such date
 * @see apscheduler/util.py, `asdate`
 */
export function parseDate(text: string, field: string): CivilDate {
  const parts = groupsOf(/^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)$/, text);
  return validDate(parts ?? invalid(`Invalid isoformat string: '${text}'`, field), field);
}

/** `2024-03-31T03:30:00+02:00`, with milliseconds if there are any. */
export function formatInstant(instant: Date, timezone: string): string {
  const milliseconds = instant.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  const { offset } = timeZone(timezone).spanAt(seconds);
  const wall = seconds + offset;
  const day = Math.floor(wall / secondsPerDay);
  const fraction = milliseconds - seconds * 1000;
  const fractionText = fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`;
  const time = timeOfDayText(wall - day * secondsPerDay);
  return `${dateText(dateOf(day))}T${time}${fractionText}${offsetText(offset)}`;
}

function offsetText(offset: number): string {
  // Offsets with seconds are of times before the zones were made.
  const text = timeOfDayText(Math.abs(offset)).replace(/:00$/, '');
  return `${offset < 0 ? '-' : '+'}${text}`;
}

type Parts = Readonly<Record<string, string | undefined>>;

function groupsOf(expression: RegExp, text: string): Parts | undefined {
  return expression.exec(text)?.groups;
}

function validDate({ year, month, day }: Parts, field: string): CivilDate {
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  if (date.year < 1) invalid(`year ${date.year} is out of range`, field);
  if (date.month < 1 || date.month > 12) invalid('month must be in 1..12', field);
  if (date.day < 1 || date.day > daysInMonth(date.year, date.month)) {
    invalid('day is out of range for month', field);
  }
  return date;
}

function validTime({ hour = '0', minute = '0', second = '0' }: Parts, field: string): number {
  return timeOfDay({ hour: Number(hour), minute: Number(minute), second: Number(second) }, field);
}

/** A time of day as it is written. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * The seconds since midnight.
 *
 * @throws {TriggerError} a part of it is out of its range
 */
export function timeOfDay({ hour, minute, second }: TimeOfDay, field?: string): number {
  checkPart('hour', hour, 23, field);
  checkPart('minute', minute, 59, field);
  checkPart('second', second, 59, field);
  return hour * 3600 + minute * 60 + second;
}

function checkPart(name: string, value: number, last: number, field = name): void {
  if (!Number.isInteger(value) || value < 0 || value > last) invalid(`${name} must be in 0..${last}`, field);
}

function offsetZone(text: string, field: string): TimeZone {
  if (text !== 'Z' && (text.slice(1, 3) > '23' || text.slice(4) > '59'))
    invalid('Invalid date string', field);
  return timeZone(text);
}

function invalid(reason: string, field: string): never {
  throw new TriggerError(reason, { field });
}
