import { cronField, crontab, dateText, daylightSaving, timeOfDay, timezone } from '../schedule-values.ts';
import { number } from '../values.ts';
import type { KeyTable } from './key.ts';

/** The fields of a cron trigger; a time is one if it matches all of them. */
export const cronFieldKeys = {
  year: {
    read: cronField,
    default: undefined,
    absent: 'see [fields](trigger.md#fields)',
    sample: '2026-2030',
    doc: 'Years.',
  },
  month: {
    read: cronField,
    default: undefined,
    absent: 'see [fields](trigger.md#fields)',
    sample: 'jan-mar',
    doc: 'Months, 1 to 12 or `jan` to `dec`.',
  },
  day: {
    read: cronField,
    default: undefined,
    absent: 'see [fields](trigger.md#fields)',
    sample: 'last fri',
    doc: 'Days of the month, 1 to 31; `last`; `1st mon` to `5th sun`; `last fri`.',
  },
  week: {
    read: cronField,
    default: undefined,
    absent: 'any',
    sample: '*/2',
    doc: 'Weeks of the year as ISO 8601 counts them, 1 to 53.',
  },
  day_of_week: {
    read: cronField,
    default: undefined,
    absent: 'any',
    sample: 'mon-fri',
    doc: 'Days of the week, `mon` to `sun` or 0 to 6, where 0 is Monday.',
  },
  hour: {
    read: cronField,
    default: undefined,
    absent: 'see [fields](trigger.md#fields)',
    sample: '3',
    doc: 'Hours, 0 to 23.',
  },
  minute: {
    read: cronField,
    default: undefined,
    absent: 'see [fields](trigger.md#fields)',
    sample: '*/15',
    doc: 'Minutes, 0 to 59.',
  },
  second: {
    read: cronField,
    default: undefined,
    absent: 'see [fields](trigger.md#fields)',
    sample: '0',
    doc: 'Seconds, 0 to 59.',
  },
} satisfies KeyTable;

/** Keys of an interval trigger, whose times are a fixed number of seconds apart. */
export const intervalKeys = {
  weeks: { read: number, default: undefined, sample: '1', doc: 'Interval: every so many weeks.' },
  days: {
    read: number,
    default: undefined,
    sample: '1',
    doc: 'Interval: every so many times 24 hours; with `at`, every so many days.',
  },
  hours: { read: number, default: undefined, sample: '6', doc: 'Interval: every so many hours.' },
  minutes: { read: number, default: undefined, sample: '10', doc: 'Interval: every so many minutes.' },
  seconds: {
    read: number,
    default: undefined,
    sample: '30',
    doc: 'Interval: every so many seconds. All that are given add up.',
  },
} satisfies KeyTable;

/** Keys that make a calendar interval of it: always the same time of day. */
export const calendarKeys = {
  years: { read: number, default: undefined, sample: '1', doc: 'Calendar interval: every so many years.' },
  months: {
    read: number,
    default: undefined,
    sample: '2',
    doc: 'Calendar interval: every so many months, on the day of the month of `start_date`; months that have no such day are left out.',
  },
  at: {
    read: timeOfDay,
    default: undefined,
    absent: '`00:00:00` with `years` or `months`',
    sample: '04:30',
    doc: 'Calendar interval: the time of day, `HH:MM` or `HH:MM:SS`. `weeks` and `days` then count days of the calendar.',
  },
} satisfies KeyTable;

/** Keys of `[trigger:x]`: when something is to happen. */
export const triggerKeys = {
  ...cronFieldKeys,
  cron: {
    read: crontab,
    default: undefined,
    sample: '*/5 * * * *',
    doc: 'A line as in a crontab, in place of the fields: 5 fields, or 6 with seconds first; `@daily`, `@every 90s`; `CRON_TZ=Europe/Berlin` in front.',
  },
  ...intervalKeys,
  ...calendarKeys,
  run_date: { read: dateText, default: undefined, sample: '2027-01-01 00:00:00', doc: 'One date.' },
  start_date: {
    read: dateText,
    default: undefined,
    sample: '2027-01-01',
    doc: 'Not before then. Of an interval it is also the first time, from which the others are counted.',
  },
  end_date: { read: dateText, default: undefined, sample: '2027-12-31 23:59:59', doc: 'Not after then.' },
  timezone: {
    read: timezone,
    default: undefined,
    absent: 'that of the schedule, of `[scheduler]`, or of the host',
    sample: 'Europe/Berlin',
    doc: 'Time zone of all of these: a name of the tz database, or an offset such as `+02:00`.',
  },
  dst: {
    read: daylightSaving,
    default: 'wallclock',
    doc: 'What happens to cron times on days when clocks are changed. `wallclock`: a time that is left out does not run, one that comes twice runs twice. `once`: it runs at the end of the gap, and the first time only.',
  },
} satisfies KeyTable;
