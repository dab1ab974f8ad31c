import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AndTrigger } from '../../../schedule/triggers/and-trigger.ts';
import { CronTrigger } from '../../../schedule/triggers/cron-trigger.ts';
import { DateTrigger } from '../../../schedule/triggers/date-trigger.ts';
import { dueTimesByWalking } from '../../../schedule/triggers/due-times.ts';
import { IntervalTrigger } from '../../../schedule/triggers/interval-trigger.ts';
import { OrTrigger } from '../../../schedule/triggers/or-trigger.ts';
import type { Trigger } from '../../../schedule/triggers/trigger.ts';

const timezone = 'UTC';
const now = new Date('2024-05-17T08:09:10Z');
const cron = (fields: object): Trigger => new CronTrigger({ ...fields, timezone });
const every = (seconds: number, startDate = new Date('2024-05-17T00:00:00Z')): Trigger =>
  new IntervalTrigger({ seconds, startDate, timezone });

describe('or', () => {
  it('fires whenever a member does, and once if both do', () => {
    const trigger = new OrTrigger([cron({ hour: '9,10' }), cron({ hour: '10,11' })]);
    expect(times(trigger, 4)).toEqual(['17T09:00:00', '17T10:00:00', '17T11:00:00', '18T09:00:00']);
  });

  it('leaves the grid of an interval where it is', () => {
    const trigger = new OrTrigger([every(600), cron({ minute: 25 })]);
    expect(times(trigger, 4)).toEqual(['17T08:10:00', '17T08:20:00', '17T08:25:00', '17T08:30:00']);
  });

  it('has a date that is past', () => {
    const past = new DateTrigger({ runDate: '2020-01-01', timezone });
    const trigger = new OrTrigger([past, cron({ hour: 9 })]);
    expect(trigger.getNextFireTime(undefined, now)).toEqual(new Date('2020-01-01T00:00:00Z'));
    expect(
      trigger.getNextFireTime(new Date('2020-01-01T00:00:00Z'), new Date('2020-01-01T00:00:00Z')),
    ).toEqual(new Date('2020-01-01T09:00:00Z'));
  });

  it('ends when all members have', () => {
    const endDate = new Date('2024-05-17T09:00:00Z');
    const trigger = new OrTrigger([cron({ minute: 30, endDate }), cron({ minute: 0, endDate })]);
    expect(times(trigger, 9)).toEqual(['17T08:30:00', '17T09:00:00']);
  });

  it('fires one interval after each fire time, if an interval has no start and nobody has bound it', () => {
    const trigger = new OrTrigger([new IntervalTrigger({ minutes: 10 })]);
    expect(times(trigger, 3)).toEqual(['17T08:19:10', '17T08:29:10', '17T08:39:10']);
  });

  it('finds the last of a year of seconds at once', () => {
    const trigger = new OrTrigger([every(1), cron({ second: 0 })]);
    const before = process.cpuUsage();
    const due = trigger.getDueTimes(now, new Date('2025-05-17T08:09:10.500Z'));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
    expect(due.last).toEqual(new Date('2025-05-17T08:09:10Z'));
    // What both have is counted twice.
    expect(due.count).toBe(1 + 365 * 86_400 + 365 * 1440);
  });
});

describe('or of many', () => {
  it('takes any number of members', () => {
    const trigger = new OrTrigger(Array.from({ length: 200_000 }, () => every(600)));
    expect(times(trigger, 1)).toEqual(['17T08:10:00']);
  });

  it('counts what is due in the time that its members take', () => {
    const trigger = new OrTrigger(Array.from({ length: 1000 }, (_, index) => every(100_000 + index)));
    const until = new Date('2024-05-27T12:00:00Z');
    const before = process.cpuUsage();
    const due = trigger.getDueTimes(now, until);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
    expect(due.count).toBeGreaterThan(5000);
  });
});

describe('and', () => {
  it('fires when all members do', () => {
    const trigger = new AndTrigger([every(7), every(11), cron({ second: '*/2' })]);
    const first = trigger.getNextFireTime(undefined, new Date('2024-05-17T00:00:01Z'));
    // The least common multiple, and even.
    expect(first).toEqual(new Date('2024-05-17T00:02:34Z'));
    expect(trigger.getNextFireTime(first, now)).toEqual(new Date('2024-05-17T00:05:08Z'));
  });

  it('goes on after the first agreement, which APScheduler does not', () => {
    const trigger = new AndTrigger([cron({ hour: '9-11' }), cron({ hour: '10-12', minute: '0,30' })]);
    expect(times(trigger, 4)).toEqual(['17T10:00:00', '17T11:00:00', '18T10:00:00', '18T11:00:00']);
  });

  it('finds the sundays in a zone that are mondays in another', () => {
    const trigger = new AndTrigger([
      new CronTrigger({ dayOfWeek: 'sun', hour: '*', timezone: 'America/Chicago' }),
      new CronTrigger({ dayOfWeek: 'mon', hour: '9', timezone: 'Asia/Tokyo' }),
    ]);
    expect(times(trigger, 2)).toEqual(['20T00:00:00', '27T00:00:00']);
  });

  const never: readonly (readonly [string, readonly Trigger[]])[] = [
    ['hours that differ', [cron({ hour: 3 }), cron({ hour: 4 })]],
    ['grids that never meet', [every(2), every(2, new Date('2024-05-17T00:00:01Z'))]],
    ['a grid between the seconds', [cron({ second: '*' }), every(2, new Date('2024-05-17T00:00:00.500Z'))]],
    ['a day that never comes', [cron({ second: '*' }), cron({ month: 2, day: 30 })]],
    ['a date that is past', [cron({ second: '*' }), new DateTrigger({ runDate: '2020-01-01', timezone })]],
    ['an end before the start', [cron({ second: '*', endDate: now }), cron({ hour: 9 })]],
  ];
  it.each(never)('gives up on %s', (_, members) => {
    const before = process.cpuUsage();
    expect(new AndTrigger(members).getNextFireTime(undefined, now)).toBeUndefined();
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
  });

  it('finds the last of a year of seconds without walking', () => {
    const trigger = new AndTrigger([every(1), cron({ second: '*', endDate: new Date('2025-05-01') })]);
    const before = process.cpuUsage();
    const due = trigger.getDueTimes(now, new Date('2025-05-17T08:09:10Z'));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
    expect(due.last).toEqual(new Date('2025-05-01T00:00:00Z'));
    expect(due.count).toBeGreaterThan(10_000);
  });
});

it('counts what is due at once, too, if the members of an and agree seldom', () => {
  const trigger = new AndTrigger([
    cron({ second: '*' }),
    new IntervalTrigger({ seconds: 1.001, startDate: now, timezone }),
  ]);
  const before = process.cpuUsage();
  const due = trigger.getDueTimes(now, new Date(now.getTime() + 10_000 * 1_001_000 + 999));
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  // Every thousand and one seconds.
  expect(due.last).toEqual(new Date(now.getTime() + 10_000 * 1_001_000));
  expect(due.count).toBeGreaterThanOrEqual(10_001);
});

it.each([OrTrigger, AndTrigger])('counts what is due as one who walks: %p', (Combination) => {
  const member = fc.oneof(
    fc.integer({ min: 1, max: 90 }).map((minutes) => every(minutes * 60)),
    fc
      .record({ hour: fc.integer({ min: 1, max: 12 }), minute: fc.integer({ min: 1, max: 30 }) })
      .map(({ hour, minute }) => cron({ hour: `*/${hour}`, minute: `*/${minute}` })),
  );
  const members = fc.array(member, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(members, fc.integer({ min: 0, max: 200_000 }), (some, seconds) => {
      const trigger = new Combination(some);
      const first = trigger.getNextFireTime(undefined, now);
      if (first === undefined) return;
      const until = new Date(first.getTime() + seconds * 1000);
      expect(trigger.getDueTimes(first, until)).toEqual(dueTimesByWalking(trigger, first, until));
    }),
    { numRuns: 50 },
  );
});

describe.each([OrTrigger, AndTrigger])('%p', (Combination) => {
  it('binds its members', () => {
    const members = [new CronTrigger({ hour: 9 }), new IntervalTrigger({ hours: 1 })];
    const bound = new Combination(members).bind({ timezone: 'Asia/Tokyo', now });
    expect(bound.timezone).toBe('Asia/Tokyo');
    expect(bound.toJSON()['triggers']).toEqual([
      { type: 'cron', hour: '9', timezone: 'Asia/Tokyo' },
      { type: 'interval', hours: 1, startDate: '2024-05-17T09:09:10.000Z', timezone: 'Asia/Tokyo' },
    ]);
    expect(bound.bind({ timezone: 'UTC', now })).toBe(bound);
  });

  it('has the jitter it is given, or the most that a member has', () => {
    const members = [new CronTrigger({ hour: 9, jitter: 5 }), new CronTrigger({ hour: 10, jitter: 30 })];
    expect(new Combination(members).jitter).toBe(30);
    expect(new Combination(members, { jitter: 1 }).jitter).toBe(1);
  });

  it('needs members', () => {
    expect(() => new Combination([])).toThrow('There are no triggers to combine');
  });
});

it('prints its members', () => {
  const members = [cron({ hour: 3 }), every(60)];
  expect(String(new OrTrigger(members))).toBe(`or[cron[hour='3'], interval[0:01:00]]`);
  expect(String(new AndTrigger(members))).toBe(`and[cron[hour='3'], interval[0:01:00]]`);
});

/** The first fire times, without year and month. */
function times(trigger: Trigger, count: number): string[] {
  const found: string[] = [];
  let previous: Date | undefined;
  while (found.length < count) {
    previous = trigger.getNextFireTime(previous, previous ?? now);
    if (previous === undefined) break;
    found.push(previous.toISOString().slice(8).replace('.000Z', ''));
  }
  return found;
}
