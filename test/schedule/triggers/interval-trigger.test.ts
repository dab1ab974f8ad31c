import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dueTimesByWalking } from '../../../schedule/triggers/due-times.ts';
import { type IntervalOptions, IntervalTrigger } from '../../../schedule/triggers/interval-trigger.ts';

const now = new Date('2024-05-17T08:09:10.500Z');

describe('without a start', () => {
  it('fires one interval after the moment it is asked, and then from fire time to fire time', () => {
    const trigger = new IntervalTrigger({ minutes: 10 });
    const first = trigger.getNextFireTime(undefined, now);
    expect(first).toEqual(new Date('2024-05-17T08:19:10.500Z'));
    expect(trigger.getNextFireTime(first, now)).toEqual(new Date('2024-05-17T08:29:10.500Z'));
  });

  it('counts from the moment it is bound, once it is', () => {
    const trigger = new IntervalTrigger({ minutes: 10 }).bind({ timezone: 'Europe/Paris', now });
    const later = new Date('2024-05-17T09:00:00Z');
    expect(trigger.getNextFireTime(undefined, later)).toEqual(new Date('2024-05-17T09:09:10.500Z'));
    expect(trigger.timezone).toBe('Europe/Paris');
    expect(trigger.bind({ timezone: 'UTC', now: later })).toBe(trigger);
  });
});

describe('with a start', () => {
  const trigger = new IntervalTrigger({ hours: 5, startDate: '2024-05-16 23:00:00', timezone: 'UTC' });

  it('begins with the start', () => {
    const before = new Date('2024-05-01T00:00:00Z');
    expect(trigger.getNextFireTime(undefined, before)).toEqual(new Date('2024-05-16T23:00:00Z'));
  });

  it('fires on the grid from now on, and a point that is now counts', () => {
    expect(trigger.getNextFireTime(undefined, now)).toEqual(new Date('2024-05-17T09:00:00Z'));
    const point = new Date('2024-05-17T09:00:00Z');
    expect(trigger.getNextFireTime(undefined, point)).toEqual(point);
  });

  it('goes from fire time to fire time even if the next is past, and even if the last was not on the grid', () => {
    const previous = new Date('2024-01-01T00:30:00Z');
    expect(trigger.getNextFireTime(previous, now)).toEqual(new Date('2024-01-01T05:30:00Z'));
  });

  it('takes the start in the zone it is bound to', () => {
    const unbound = new IntervalTrigger({ days: 1, startDate: '2024-05-20 08:00:00' });
    const bound = unbound.bind({ timezone: 'Asia/Shanghai', now });
    expect(bound.getNextFireTime(undefined, now)).toEqual(new Date('2024-05-20T00:00:00Z'));
  });
});

it('never fires after the year 9999', () => {
  const trigger = new IntervalTrigger({ weeks: 400_000 });
  const first = trigger.getNextFireTime(undefined, now);
  expect(first?.getUTCFullYear()).toBe(9690);
  expect(trigger.getNextFireTime(first, now)).toBeUndefined();
});

it('keeps no jitter in its fire times', () => {
  const trigger = new IntervalTrigger({ minutes: 10, jitter: 60, startDate: now, timezone: 'UTC' });
  let at: Date | undefined = trigger.getNextFireTime(undefined, now);
  for (let count = 0; count < 100; count += 1) at = trigger.getNextFireTime(at, now);
  expect(at).toEqual(new Date(now.getTime() + 100 * 600_000));
  expect(trigger.jitter).toBe(60);
});

it('counts a second of ten years in one step, as one who walks', () => {
  const second = new IntervalTrigger({ seconds: 1, startDate: now, timezone: 'UTC' });
  const tenYears = new Date(now.getTime() + 315_360_000_999);
  expect(second.getDueTimes(now, tenYears)).toEqual({
    last: new Date(now.getTime() + 315_360_000_000),
    count: 315_360_001,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: -10, max: 100_000 }),
      (seconds, passed) => {
        const endDate = new Date(now.getTime() + 80_000_000);
        const trigger = new IntervalTrigger({ seconds, endDate });
        const until = new Date(now.getTime() + passed * 1000);
        expect(trigger.getDueTimes(now, until)).toEqual(dueTimesByWalking(trigger, now, until));
      },
    ),
  );
});

describe('prints', () => {
  const cases: readonly (readonly [IntervalOptions, string])[] = [
    [{ days: 1, hours: 1, seconds: 1 }, 'interval[1 day, 1:00:01]'],
    [{ weeks: 2 }, 'interval[14 days, 0:00:00]'],
    [{ seconds: 0.5 }, 'interval[0:00:00.500000]'],
    [{ hours: 36 }, 'interval[1 day, 12:00:00]'],
    // Nothing at all is a second, as in APScheduler.
    [{}, 'interval[0:00:01]'],
  ];
  it.each(cases)('%j as APScheduler does', (options, text) => {
    expect(String(new IntervalTrigger(options))).toBe(text);
  });
});

describe('rejects', () => {
  const cases: readonly (readonly [IntervalOptions, string])[] = [
    [{ seconds: -5 }, 'the interval must be a millisecond or more'],
    [{ seconds: 0.0001 }, 'the interval must be a millisecond or more'],
    [{ weeks: 500_000 }, 'the interval reaches beyond the year 9999'],
    [{ hours: Number.NaN }, 'hours must be a number'],
    [{ hours: Number.POSITIVE_INFINITY }, 'hours must be a number'],
    [{ seconds: 1, jitter: -1 }, 'jitter must be a number of seconds, 0 or more'],
    [{ seconds: 1, startDate: '10:30' }, 'Invalid date string'],
    [{ seconds: 1, endDate: new Date(Number.NaN) }, 'Invalid date string'],
    [{ seconds: 1, timezone: 'Mars/Phobos' }, 'Unknown time zone "Mars/Phobos"'],
  ];
  it.each(cases)('%j', (options, message) => {
    expect(() => new IntervalTrigger(options)).toThrow(message);
  });
});
