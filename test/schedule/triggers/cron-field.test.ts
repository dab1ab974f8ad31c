import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TriggerError } from '../../../schedule/trigger-error.ts';
import { type CronFieldName, cronFields } from '../../../schedule/triggers/cron-field.ts';
import { type CronOptions, CronTrigger } from '../../../schedule/triggers/cron-trigger.ts';

describe('what APScheduler takes, and ignores a part of', () => {
  const cases: readonly (readonly [CronOptions, CronFieldName])[] = [
    [{ dayOfWeek: 'mon-fri/2' }, 'day_of_week'],
    [{ dayOfWeek: 'mon 3' }, 'day_of_week'],
    [{ day: 'last-2' }, 'day'],
    [{ day: 'lasts' }, 'day'],
    [{ day: '1st mon tue' }, 'day'],
    [{ day: 'last fri/2' }, 'day'],
    [{ month: 'jan-mar/2' }, 'month'],
    [{ month: 'jan mar' }, 'month'],
  ];
  it.each(cases)('rejects %j', (options, field) => {
    const text = Object.values(options)[0];
    expect(() => new CronTrigger(options)).toThrow(
      new TriggerError(`Unrecognized expression "${text}" for field "${field}"`),
    );
  });

  it('rejects a trigger without any field, which would fire every second', () => {
    expect(() => new CronTrigger({ timezone: 'UTC', startDate: '2024-01-01' })).toThrow(
      'A cron trigger needs at least one of the fields year, month, day, week, day_of_week, hour, minute, second',
    );
  });
});

it('names the field of an error, and the reason alone', () => {
  const error = errorOf(() => new CronTrigger({ hour: 24 }));
  expect(error.field).toBe('hour');
  expect(error.reason).toBe('the last value (24) is higher than the maximum value (23)');
  expect(error.message).toBe(`Error validating expression '24': ${error.reason}`);
  expect(errorOf(() => new CronTrigger({ dayOfWeek: 'fri-mon' })).field).toBe('day_of_week');
  expect(errorOf(() => new CronTrigger({ hour: 1, timezone: 'Mars/Phobos' }))).toMatchObject({
    message: 'Unknown time zone "Mars/Phobos"',
    field: 'timezone',
  });
  expect(errorOf(() => new CronTrigger({ hour: 1, startDate: '10:30' }))).toMatchObject({
    message: 'Invalid date string',
    field: 'start_date',
  });
});

describe('prints the fields that are given', () => {
  const cases: readonly (readonly [CronOptions, string])[] = [
    [{ hour: 3, minute: '*/5' }, `cron[hour='3', minute='*/5']`],
    [{ second: '05', year: 2024 }, `cron[year='2024', second='5']`],
    [{ day: '1ST  Mon , LAST', dayOfWeek: 'MON-Fri' }, `cron[day='1st mon,last', day_of_week='mon-fri']`],
    [{ hour: '3-3,4-6/2,7/3,*' }, `cron[hour='3,4-6/2,7/3,*']`],
    [
      { month: '*', day: '1,15', dayOfWeek: 'fri', days: 'either', hour: 9 },
      `cron[month='*', day='1,15' or day_of_week='fri', hour='9']`,
    ],
  ];
  it.each(cases)('%j', (options, text) => {
    expect(String(new CronTrigger(options))).toBe(text);
  });
});

describe('fields that are left out', () => {
  it('are all values if they are coarser than one that is given', () => {
    expect(firstFire({ hour: 5 })).toBe('2024-05-18T05:00:00.000Z');
    expect(firstFire({ second: 5 })).toBe('2024-05-17T08:09:05.000Z');
  });

  it('are their least value if they are finer than all that are given', () => {
    expect(firstFire({ year: 2030 })).toBe('2030-01-01T00:00:00.000Z');
    expect(firstFire({ month: 9 })).toBe('2024-09-01T00:00:00.000Z');
  });

  it('are all values for weeks and weekdays', () => {
    expect(firstFire({ day: 20 })).toBe('2024-05-20T00:00:00.000Z');
  });
});

it('fires on days that match either of day and weekday, if that is asked for', () => {
  const trigger = new CronTrigger({ day: '13', dayOfWeek: 'fri', days: 'either', timezone: 'UTC' });
  const days: number[] = [];
  for (let at = new Date('2024-09-01'), i = 0; i < 5; i += 1) {
    at = trigger.getNextFireTime(i === 0 ? undefined : at, at) ?? at;
    days.push(at.getUTCDate());
  }
  expect(days).toEqual([6, 13, 20, 27, 4]);
  expect(() => new CronTrigger({ day: 1, days: 'either' })).toThrow(TriggerError);
});

it('takes lists of any length', () => {
  const before = process.cpuUsage();
  const trigger = new CronTrigger({ year: '*/1,'.repeat(50_000).concat('2030'), timezone: 'UTC' });
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  expect(trigger.getNextFireTime(undefined, new Date('2024-05-17'))).toEqual(new Date('2025-01-01'));
});

it('throws nothing but trigger errors, whatever a field says', () => {
  const anyText = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'0123456789*/-, ?#L', 'mon', 'fri', 'jan', 'last', '1st', ' ') }),
  );
  const options = {
    year: 'year',
    month: 'month',
    day: 'day',
    week: 'week',
    day_of_week: 'dayOfWeek',
  } as const;
  const anyField = fc.constantFrom(...(Object.keys(cronFields) as CronFieldName[]));
  fc.assert(
    fc.property(anyField, anyText, (name, text) => {
      const option = name in options ? options[name as keyof typeof options] : name;
      try {
        const trigger = new CronTrigger({ [option]: text, timezone: 'UTC' });
        // What it prints is what it reads.
        const printed = /'(.*)'/.exec(String(trigger))?.[1];
        expect(String(new CronTrigger({ [option]: printed, timezone: 'UTC' }))).toBe(String(trigger));
      } catch (error) {
        if (!(error instanceof TriggerError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

function firstFire(options: CronOptions): string | undefined {
  const trigger = new CronTrigger({ ...options, timezone: 'UTC' });
  return trigger.getNextFireTime(undefined, new Date('2024-05-17T08:09:04.001Z'))?.toISOString();
}

function errorOf(make: () => unknown): TriggerError {
  try {
    make();
  } catch (error) {
    if (error instanceof TriggerError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown');
}
