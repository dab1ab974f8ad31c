/**
 * The Gregorian calendar without zones. A *day* is a number of days since 1970-01-01, a *wall time* a number of
 * seconds since 1970-01-01 00:00:00 on some clock on the wall.
 */

export const secondsPerDay = 86_400;

/** The last year that triggers know. */
export const lastYear = 9999;

/** A date as it is written; months and days count from 1. */
export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
const daysIn = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Whether a year has a February 29th. */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** How many days a month has. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (daysIn[month - 1] ?? Number.NaN);
}

/** The day of January 1st. */
export function firstDayOfYear(year: number): number {
  const before = year - 1;
  const leapYears = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  // 1970 years of 365 days and 477 leap days lie before 1970-01-01, less the year 0 that there is not.
  return 365 * before + leapYears - 719_162;
}

/** How many days of a year lie before a month. */
export function daysBeforeMonth(isLeap: boolean, month: number): number {
  return (daysBefore[month - 1] ?? Number.NaN) + (isLeap && month > 2 ? 1 : 0);
}

/** The day of a date, which need not be a valid one: the 31st of April is the 1st of May. */
export function dayOf({ year, month, day }: CivilDate): number {
  return firstDayOfYear(year) + daysBeforeMonth(isLeapYear(year), month) + day - 1;
}

/** The year that a day is in. */
export function yearOf(day: number): number {
  // A quotient by the mean length of a year is right, or one off on either side.
  let year = 1970 + Math.floor(day / 365.2425);
  while (firstDayOfYear(year) > day) year -= 1;
  while (firstDayOfYear(year + 1) <= day) year += 1;
  return year;
}

/** The date of a day. */
export function dateOf(day: number): CivilDate {
  const year = yearOf(day);
  const isLeap = isLeapYear(year);
  const dayOfYear = day - firstDayOfYear(year);
  let month = Math.min(12, 1 + Math.floor(dayOfYear / 28));
  while (daysBeforeMonth(isLeap, month) > dayOfYear) month -= 1;
  return { year, month, day: dayOfYear - daysBeforeMonth(isLeap, month) + 1 };
}

/** The weekday of a day; 0 is monday. */
export function weekdayOf(day: number): number {
  // 1970-01-01 was a thursday.
  return (((day + 3) % 7) + 7) % 7;
}

/** The ISO week of a day, 1–53. */
export function isoWeekOf(day: number): number {
  // The week belongs to the year that its thursday is in.
  const thursday = day - weekdayOf(day) + 3;
  return 1 + Math.floor((thursday - firstDayOfYear(yearOf(thursday))) / 7);
}

/** `2024-03-01`. */
export function dateText({ year, month, day }: CivilDate): string {
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

/** `08:05:00`, of a number of seconds since midnight. */
export function timeOfDayText(seconds: number): string {
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => pad(Math.floor(part))).join(':');
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
