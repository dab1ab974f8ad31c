import { describe, expect, it } from '@jest/globals';
import {
  type CalendarIntervalOptions,
  CalendarIntervalTrigger,
} from '../../../schedule/triggers/calendar-interval-trigger.ts';
import { formatInstant } from '../../../schedule/wall-clock/date-text.ts';

describe('fires', () => {
  const cases: readonly (readonly [CalendarIntervalOptions, string, readonly string[]])[] = [
    [
      { months: 2, hour: 8, startDate: '2024-01-15', timezone: 'UTC' },
      '2024-01-01T00:00:00Z',
      ['2024-01-15T08:00:00+00:00', '2024-03-15T08:00:00+00:00', '2024-05-15T08:00:00+00:00'],
    ],
    // Months without a 31st are passed over.
    [
      { months: 1, startDate: '2024-01-31', timezone: 'UTC' },
      '2024-01-31T00:00:00Z',
      ['2024-01-31T00:00:00+00:00', '2024-03-31T00:00:00+00:00', '2024-05-31T00:00:00+00:00'],
    ],
    [
      { years: 1, startDate: '2096-02-29', timezone: 'UTC' },
      '2090-01-01T00:00:00Z',
      ['2096-02-29T00:00:00+00:00', '2104-02-29T00:00:00+00:00', '2108-02-29T00:00:00+00:00'],
    ],
    // 02:30 is left out on March 31st, and comes twice on October 27th.
    [
      { days: 1, hour: 2, minute: 30, startDate: '2024-03-30', timezone: 'Europe/Paris' },
      '2024-03-30T00:00:00Z',
      ['2024-03-30T02:30:00+01:00', '2024-04-01T02:30:00+02:00', '2024-04-02T02:30:00+02:00'],
    ],
    [
      { weeks: 1, hour: 2, minute: 30, startDate: '2024-10-20', timezone: 'Europe/Paris' },
      '2024-10-20T00:00:00Z',
      ['2024-10-20T02:30:00+02:00', '2024-10-27T02:30:00+02:00', '2024-11-03T02:30:00+01:00'],
    ],
    // A start that is past: the first date of the sequence that is not.
    [
      { days: 3, hour: 8, startDate: '2020-01-01', timezone: 'UTC' },
      '2024-05-15T08:00:00.001Z',
      ['2024-05-18T08:00:00+00:00', '2024-05-21T08:00:00+00:00', '2024-05-24T08:00:00+00:00'],
    ],
    [
      { months: 1, days: 1, startDate: '2024-01-01', timezone: 'UTC' },
      '2024-03-10T00:00:00Z',
      ['2024-04-04T00:00:00+00:00', '2024-05-05T00:00:00+00:00', '2024-06-06T00:00:00+00:00'],
    ],
    // Samoa had no December 30th.
    [
      { days: 1, hour: 8, startDate: '2011-12-29', timezone: 'Pacific/Apia' },
      '2011-12-29T10:00:00Z',
      ['2011-12-29T08:00:00-10:00', '2011-12-31T08:00:00+14:00', '2012-01-01T08:00:00+14:00'],
    ],
  ];
  it.each(cases)('%j from %s on', (options, now, expected) => {
    const trigger = new CalendarIntervalTrigger(options);
    const times: string[] = [];
    for (let at = new Date(now), count = 0; count < expected.length; count += 1) {
      at = trigger.getNextFireTime(count === 0 ? undefined : at, at) ?? new Date(Number.NaN);
      times.push(formatInstant(at, options.timezone ?? 'UTC'));
    }
    expect(times).toEqual(expected);
  });

  it('up to its last date, which counts', () => {
    const trigger = new CalendarIntervalTrigger({
      ...{ days: 1, hour: 23, startDate: '2024-05-01', endDate: '2024-05-02', timezone: 'Asia/Tokyo' },
    });
    const first = new Date('2024-05-01T14:00:00Z');
    expect(trigger.getNextFireTime(first, first)).toEqual(new Date('2024-05-02T14:00:00Z'));
    expect(trigger.getNextFireTime(new Date('2024-05-02T14:00:00Z'), first)).toBeUndefined();
    expect(trigger.getDueTimes(first, new Date('2025-01-01'))).toEqual({
      last: new Date('2024-05-02T14:00:00Z'),
      count: 2,
    });
  });

  it('on the date on which it is bound, if it has no start', () => {
    const now = new Date('2024-05-17T20:00:00Z');
    const unbound = new CalendarIntervalTrigger({ days: 1, hour: 6 });
    const trigger = unbound.bind({ timezone: 'Asia/Tokyo', now });
    // It is the 18th in Tokyo.
    expect(trigger.toJSON()['startDate']).toBe('2024-05-18');
    expect(trigger.getNextFireTime(undefined, now)).toEqual(new Date('2024-05-17T21:00:00Z'));
    expect(unbound.getNextFireTime(undefined, now)).toBeInstanceOf(Date);
  });

  it('never after the year 9999', () => {
    const trigger = new CalendarIntervalTrigger({ years: 1000, startDate: '2000-02-29', timezone: 'UTC' });
    const first = new Date('2000-02-29T00:00:00Z');
    // 3000 is no leap year, 4000 is.
    expect(trigger.getNextFireTime(first, first)).toEqual(new Date('4000-02-29T00:00:00Z'));
    const last = new Date('8000-02-29T00:00:00Z');
    expect(trigger.getNextFireTime(last, last)).toBeUndefined();
  });
});

it('prints itself as APScheduler does', () => {
  const trigger = new CalendarIntervalTrigger({
    ...{
      months: 1,
      days: 0,
      hour: 8,
      startDate: '2024-03-30',
      endDate: '2024-12-31',
      timezone: 'Europe/Paris',
    },
  });
  expect(String(trigger)).toBe(
    `CalendarIntervalTrigger(months=1, time='08:00:00', start_date='2024-03-30', end_date='2024-12-31', timezone='Europe/Paris')`,
  );
});

describe('rejects', () => {
  const cases: readonly (readonly [CalendarIntervalOptions, string])[] = [
    [{}, 'interval must be at least 1 day long'],
    [
      { days: 1, startDate: '2024-05-02', endDate: '2024-05-01' },
      'end_date cannot be earlier than start_date',
    ],
    [{ days: 1, hour: 24 }, 'hour must be in 0..23'],
    [{ days: 1, minute: 60 }, 'minute must be in 0..59'],
    [{ days: 1.5 }, 'days must be a whole number, 0 or more'],
    [{ months: -1 }, 'months must be a whole number, 0 or more'],
    [{ weeks: 1e20 }, 'the interval reaches beyond the year 9999'],
    [{ years: 1e300 }, 'the interval reaches beyond the year 9999'],
    [{ days: 1, startDate: '2024-5-1' }, `Invalid isoformat string: '2024-5-1'`],
    [{ days: 1, startDate: '2024-02-30' }, 'day is out of range for month'],
  ];
  it.each(cases)('%j', (options, message) => {
    expect(() => new CalendarIntervalTrigger({ timezone: 'UTC', ...options })).toThrow(message);
  });
});
