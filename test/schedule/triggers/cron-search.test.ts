/**
 * That cron triggers fire when they match, and only then; against a slow matcher that knows nothing of how they
 * do it.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CronOptions, CronTrigger } from '../../../schedule/triggers/cron-trigger.ts';
import { dueTimesByWalking } from '../../../schedule/triggers/due-times.ts';
import { isoWeekOf } from '../../../schedule/wall-clock/civil.ts';
import { formatInstant } from '../../../schedule/wall-clock/date-text.ts';

/** Instants shortly before which the clocks of a zone were changed, and some before which they were not. */
const moments: readonly (readonly [zone: string, instant: string])[] = [
  ['UTC', '2024-02-29T00:00:00Z'],
  ['+05:30', '2024-12-31T18:30:00Z'],
  ['Europe/Paris', '2024-03-31T01:00:00Z'],
  ['Europe/Paris', '2024-10-27T01:00:00Z'],
  ['America/Chicago', '2024-11-03T07:00:00Z'],
  ['America/St_Johns', '2006-10-29T02:31:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['Antarctica/Troll', '2024-10-27T01:00:00Z'],
  ['Australia/Lord_Howe', '2024-04-06T15:00:00Z'],
  ['Africa/Cairo', '2024-04-25T22:00:00Z'],
  ['Asia/Beirut', '2024-03-30T22:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Asia/Kathmandu', '2024-01-01T00:00:00Z'],
];

/** An expression of a field, and what it means. */
interface Expression {
  readonly text: string;
  matches(value: number, day: Day): boolean;
}

interface Day {
  readonly dayOfMonth: number;
  readonly lastDay: number;
  readonly weekday: number;
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function numbers(first: number, last: number): fc.Arbitrary<Expression> {
  const value = fc.integer({ min: first, max: last });
  const range = fc.tuple(value, value).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const step = fc.integer({ min: 1, max: last - first });
  return fc.oneof(
    value.map((n) => ({ text: `${n}`, matches: (v: number) => v === n })),
    range.map(([a, b]) => ({ text: `${a}-${b}`, matches: (v: number) => v >= a && v <= b })),
    step.map((by) => ({ text: `*/${by}`, matches: (v: number) => (v - first) % by === 0 })),
    fc.constant({ text: '*', matches: () => true }),
  );
}

const dayExpressions: fc.Arbitrary<Expression> = fc.oneof(
  numbers(1, 31),
  fc.constant({ text: 'last', matches: (v: number, day: Day) => v === day.lastDay }),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 6 })).map(([nth, weekday]) => ({
    text: `${['1st', '2nd', '3rd', '4th', '5th'][nth - 1]} ${weekdays[weekday]}`,
    matches: (v: number, day: Day) => day.weekday === weekday && v > (nth - 1) * 7 && v <= nth * 7,
  })),
  fc.integer({ min: 0, max: 6 }).map((weekday) => ({
    text: `last ${weekdays[weekday]}`,
    matches: (v: number, day: Day) => day.weekday === weekday && v > day.lastDay - 7,
  })),
);

function field(expression: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.array(expression, { minLength: 1, maxLength: 3 }).map((list) => ({
    text: list.map(({ text }) => text).join(','),
    matches: (value, day) => list.some((one) => one.matches(value, day)),
  }));
}

type Fields = Readonly<
  Partial<Record<'month' | 'day' | 'dayOfWeek' | 'hour' | 'minute' | 'second', Expression>>
>;

const anyFields: fc.Arbitrary<Fields> = fc
  .record(
    {
      month: field(numbers(1, 12)),
      day: field(dayExpressions),
      dayOfWeek: field(numbers(0, 6)),
      hour: field(numbers(0, 23)),
      minute: field(numbers(0, 59)),
      second: field(numbers(0, 59)),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0);

const anyMoment = fc
  .tuple(fc.constantFrom(...moments), fc.integer({ min: -7200, max: 5400 }), fc.integer({ min: 0, max: 999 }))
  .map(([[zone, instant], seconds, milliseconds]) => ({
    zone,
    now: new Date(Date.parse(instant) + seconds * 1000 + milliseconds),
  }));

const anyDst = fc.constantFrom('wallclock' as const, 'once' as const);

describe('a cron trigger', () => {
  it('fires at the first instant from now on at which the clocks match, and at none before', () => {
    fc.assert(
      fc.property(anyFields, anyMoment, (fields, { zone, now }) => {
        const shows = clock(fields, zone);
        const next = triggerOf(fields, zone).getNextFireTime(undefined, now);
        const first = Math.ceil(now.getTime() / 1000);
        const end = Math.min((next?.getTime() ?? Number.POSITIVE_INFINITY) / 1000, first + 2500);
        for (let instant = first; instant < end; instant += 1) {
          if (shows(instant)) throw new Error(`Missed ${new Date(instant * 1000).toISOString()}`);
        }
        if (next !== undefined) expect(shows(next.getTime() / 1000)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('fires at strictly increasing instants, whatever the rule', () => {
    fc.assert(
      fc.property(anyFields, anyMoment, anyDst, (fields, { zone, now }, dst) => {
        const trigger = triggerOf(fields, zone, { dst });
        let previous = trigger.getNextFireTime(undefined, now);
        for (let count = 0; count < 30 && previous !== undefined; count += 1) {
          const next = trigger.getNextFireTime(previous, previous);
          if (next !== undefined) expect(next.getTime()).toBeGreaterThan(previous.getTime());
          previous = next;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('counts what is due as one who goes from each fire time to the next', () => {
    const anySpan = fc.integer({ min: 0, max: 3_000_000 });
    fc.assert(
      fc.property(anyFields, anyMoment, anyDst, anySpan, (fields, { zone, now }, dst, span) => {
        const trigger = triggerOf(fields, zone, { dst });
        const first = trigger.getNextFireTime(undefined, now);
        if (first === undefined) return;
        // Dense ones for minutes, sparse ones for days.
        const unit = fields.second === undefined ? 100 : 1;
        const until = new Date(first.getTime() + span * unit);
        expect(trigger.getDueTimes(first, until)).toEqual(dueTimesByWalking(trigger, first, until));
      }),
      { numRuns: 300 },
    );
  });
});

describe('with dst=once', () => {
  it('fires at every matching wall time exactly once a day', () => {
    const trigger = new CronTrigger({ hour: 2, minute: 30, timezone: 'Europe/Paris', dst: 'once' });
    const times: string[] = [];
    for (let at = new Date('2024-01-01T00:00:00Z'); times.length < 366; ) {
      at = trigger.getNextFireTime(at, at) ?? at;
      times.push(at.toISOString());
    }
    expect(new Set(times.map((time) => time.slice(0, 10))).size).toBe(366);
    expect(times.find((time) => time.startsWith('2024-03-31'))).toBe('2024-03-31T01:00:00.000Z');
    expect(times.filter((time) => time.startsWith('2024-10-27'))).toEqual(['2024-10-27T00:30:00.000Z']);
  });

  it('counts what a gap holds once', () => {
    const trigger = new CronTrigger({ hour: '1-3', minute: '*/20', timezone: 'Europe/Paris', dst: 'once' });
    const first = new Date('2024-03-31T00:20:00Z');
    const due = trigger.getDueTimes(first, new Date('2024-03-31T01:20:00Z'));
    // 01:20, 01:40, then 02:00 to 03:00 at once, and 03:20.
    expect(due).toEqual({ last: new Date('2024-03-31T01:20:00Z'), count: 4 });
  });
});

it('comes back from a change of the clocks at one minute past midnight, which repeats an hour of the day before', () => {
  const trigger = new CronTrigger({ day: 28, hour: 23, minute: 30, timezone: 'America/St_Johns' });
  const times: string[] = [];
  for (let at = new Date('2006-10-28T12:00:00Z'); times.length < 3; ) {
    at = trigger.getNextFireTime(at, at) ?? at;
    times.push(formatInstant(at, 'America/St_Johns'));
  }
  expect(times).toEqual([
    '2006-10-28T23:30:00-02:30',
    '2006-10-28T23:30:00-03:30',
    '2006-11-28T23:30:00-03:30',
  ]);
});

it('knows which first days of january belong to the week 53 of the year before', () => {
  const trigger = new CronTrigger({ month: 1, week: 53, timezone: 'UTC' });
  let at = new Date('1999-06-01');
  for (let day = at.getTime() / 86_400_000; day < 40_000; day += 1) {
    const date = new Date(day * 86_400_000);
    if (date.getUTCMonth() !== 0 || isoWeekOf(day) !== 53) continue;
    at = trigger.getNextFireTime(at, at) ?? at;
    expect(at).toEqual(date);
  }
  expect(at.getUTCFullYear()).toBeGreaterThan(2070);
});

describe('bounds', () => {
  const hourly = { minute: 0, timezone: 'UTC' };

  it('include the start and the end', () => {
    const trigger = new CronTrigger({
      ...hourly,
      startDate: new Date('2024-05-17T10:00:00Z'),
      endDate: new Date('2024-05-17T11:00:00Z'),
    });
    const first = trigger.getNextFireTime(undefined, new Date('2024-05-17T08:00:00Z'));
    expect(first).toEqual(new Date('2024-05-17T10:00:00Z'));
    const second = trigger.getNextFireTime(first, new Date('2024-05-17T10:00:00Z'));
    expect(second).toEqual(new Date('2024-05-17T11:00:00Z'));
    expect(trigger.getNextFireTime(second, new Date('2024-05-17T11:00:00Z'))).toBeUndefined();
    expect(trigger.getDueTimes(new Date('2024-05-17T10:00:00Z'), new Date('2024-06-01'))).toEqual({
      last: new Date('2024-05-17T11:00:00Z'),
      count: 2,
    });
  });

  it('go by the millisecond', () => {
    const startDate = new Date('2024-05-17T10:00:00.001Z');
    const endDate = new Date('2024-05-17T10:59:59.999Z');
    const trigger = new CronTrigger({ ...hourly, startDate });
    expect(trigger.getNextFireTime(undefined, new Date(0))).toEqual(new Date('2024-05-17T11:00:00Z'));
    const ending = new CronTrigger({ ...hourly, startDate, endDate });
    expect(ending.getNextFireTime(undefined, new Date(0))).toBeUndefined();
  });

  it('never fires before 1970 or after 9999', () => {
    const trigger = new CronTrigger({ month: 1, timezone: 'UTC' });
    expect(trigger.getNextFireTime(undefined, new Date('1950-01-01'))).toEqual(new Date(0));
    expect(trigger.getNextFireTime(undefined, new Date('+010000-01-01'))).toBeUndefined();
    expect(trigger.getNextFireTime(undefined, new Date('9999-01-02'))).toBeUndefined();
    expect(trigger.getNextFireTime(undefined, new Date('+012345-01-02'))).toBeUndefined();
  });
});

describe('the clock of the machine', () => {
  const trigger = new CronTrigger({ hour: 4, timezone: 'UTC' });

  it('may have been set back: it starts again from then', () => {
    const next = trigger.getNextFireTime(new Date('2024-05-17T04:00:00Z'), new Date('2024-05-10T12:00:00Z'));
    expect(next).toEqual(new Date('2024-05-11T04:00:00Z'));
  });

  it('may have been set forward: it goes run by run', () => {
    const next = trigger.getNextFireTime(new Date('2024-05-17T04:00:00Z'), new Date('2025-05-17T12:00:00Z'));
    expect(next).toEqual(new Date('2024-05-18T04:00:00Z'));
  });
});

describe('takes no time', () => {
  const paris = 'Europe/Paris';
  const cases: readonly (readonly [CronOptions, string | undefined])[] = [
    [{ month: 2, day: 30 }, undefined],
    [{ month: '4,6,9,11', day: 31, second: '*' }, undefined],
    [{ week: 53, month: 6, second: '*' }, undefined],
    [{ year: 2020 }, undefined],
    [{ day: '5th mon', month: 2, dayOfWeek: 'tue' }, undefined],
    [{ month: 2, day: '5th mon' }, '2044-02-28T23:00:00.000Z'],
    [{ month: 2, day: 29, dayOfWeek: 'sun' }, '2032-02-28T23:00:00.000Z'],
    [{ week: 53, dayOfWeek: 'sun' }, '2027-01-02T23:00:00.000Z'],
    [{ year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59 }, '9999-12-31T22:59:59.000Z'],
    // Each time the clocks are put forward.
    [{ month: 3, day: 'last sun', hour: 2, minute: 30 }, undefined],
    [{ month: 3, day: 'last sun', hour: 2, second: '*', endDate: '2060-01-01' }, undefined],
  ];
  it.each(cases)('to look for %j', (options, expected) => {
    const trigger = new CronTrigger({ ...options, timezone: paris });
    const before = process.cpuUsage();
    const next = trigger.getNextFireTime(undefined, new Date('2024-05-17T08:09:10Z'));
    const { user } = process.cpuUsage(before);
    expect(next?.toISOString()).toBe(expected);
    expect(user / 1000).toBeLessThan(200);
  });

  it('to count the seconds of a year', () => {
    const trigger = new CronTrigger({ second: '*', timezone: paris });
    const before = process.cpuUsage();
    const due = trigger.getDueTimes(new Date('2023-05-17T00:00:00Z'), new Date('2024-05-17T00:00:00.5Z'));
    const { user } = process.cpuUsage(before);
    expect(due).toEqual({ last: new Date('2024-05-17T00:00:00Z'), count: 366 * 86_400 + 1 });
    expect(user / 1000).toBeLessThan(200);
  });

  it('to count what two hundred triggers have missed on a machine that began in 1970', () => {
    const before = process.cpuUsage();
    for (let count = 0; count < 200; count += 1) {
      const trigger = new CronTrigger({ hour: 4, minute: count % 60, timezone: 'Europe/Rome' });
      const first = trigger.getNextFireTime(undefined, new Date(0)) ?? new Date(Number.NaN);
      expect(trigger.getDueTimes(first, new Date('2026-05-17T00:00:00Z')).count).toBeGreaterThan(20_000);
    }
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  });

  it.each(['wallclock', 'once'] as const)('at the ends of what a Date can be, with dst=%s', (dst) => {
    const trigger = new CronTrigger({ hour: 1, timezone: paris, dst });
    expect(trigger.getNextFireTime(undefined, new Date(-8.64e15))).toEqual(new Date(0));
    expect(trigger.getNextFireTime(undefined, new Date(8.64e15))).toBeUndefined();
  });
});

function triggerOf(fields: Fields, timezone: string, more: CronOptions = {}): CronTrigger {
  const texts = Object.entries(fields).map(([name, { text }]) => [name, text]);
  return new CronTrigger({ ...Object.fromEntries(texts), timezone, ...more });
}

const order = ['month', 'day', 'dayOfWeek', 'hour', 'minute', 'second'] as const;

/** Whether the clocks of a zone match at an instant. */
function clock(fields: Fields, timeZone: string): (instant: number) => boolean {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const finest = order.findLastIndex((name) => fields[name] !== undefined);
  return (instant) => {
    const digits = format.format(instant * 1000).match(/\d+/g) ?? [];
    const [month = 0, dayOfMonth = 0, year = 0, hour = 0, minute = 0, second = 0] = digits.map(Number);
    const weekday = (new Date(Date.UTC(year, month - 1, dayOfMonth)).getUTCDay() + 6) % 7;
    const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const values = { month, day: dayOfMonth, dayOfWeek: weekday, hour, minute, second };
    const least = { month: 1, day: 1, dayOfWeek: undefined, hour: 0, minute: 0, second: 0 };
    return order.every((name, index) => {
      const given = fields[name];
      if (given !== undefined) return given.matches(values[name], { dayOfMonth, lastDay, weekday });
      return index < finest || least[name] === undefined || values[name] === least[name];
    });
  };
}
