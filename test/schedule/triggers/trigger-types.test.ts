import { describe, expect, it } from '@jest/globals';
import type { TriggerSpec } from '../../../schedule/triggers/trigger.ts';
import { createTrigger, triggerFromSpec, triggerTypes } from '../../../schedule/triggers/trigger-types.ts';

const now = new Date('2024-05-17T08:09:10Z');

describe('a trigger made of the spec of another', () => {
  const specs: readonly TriggerSpec[] = [
    { type: 'cron', dayOfWeek: 'mon-fri', hour: '3', minute: '*/5', timezone: 'Europe/Paris', jitter: 5 },
    { type: 'cron', day: '1,15', dayOfWeek: 'fri', days: 'either', timezone: 'UTC' },
    {
      type: 'cron',
      hour: '2',
      startDate: '2024-06-01 02:00:00',
      endDate: '2025-01-01',
      timezone: 'UTC',
      dst: 'once',
    },
    { type: 'interval', weeks: 1, seconds: 1.5, startDate: '2024-06-01', timezone: 'Asia/Tokyo', jitter: 1 },
    { type: 'interval', hours: 5 },
    { type: 'date', runDate: '2024-06-01 10:00:00', timezone: 'Asia/Tokyo' },
    { type: 'date' },
    {
      ...{ type: 'calendarinterval', years: 1, months: 2, weeks: 3, days: 4, hour: 5, minute: 6, second: 7 },
      ...{ startDate: '2024-01-31', endDate: '2099-01-31', timezone: 'Asia/Tokyo', jitter: 3 },
    },
    {
      type: 'or',
      triggers: [
        { type: 'cron', hour: '3' },
        { type: 'interval', hours: 1 },
      ],
      jitter: 9,
    },
    { type: 'and', triggers: [{ type: 'or', triggers: [{ type: 'cron', hour: '3' }] }] },
  ];
  it.each(specs)('is equal: %j', (spec) => {
    const one = triggerFromSpec(spec);
    expect(JSON.parse(JSON.stringify(one))).toEqual(spec);
    for (const trigger of [one, one.bind({ timezone: 'Australia/Lord_Howe', now })]) {
      const other = triggerFromSpec(JSON.parse(JSON.stringify(trigger)));
      expect(JSON.stringify(other)).toBe(JSON.stringify(trigger));
      expect(String(other)).toBe(String(trigger));
      expect(other.jitter).toBe(trigger.jitter);
      expect(other.timezone).toBe(trigger.timezone);
      expect(other.getNextFireTime(undefined, now)).toEqual(trigger.getNextFireTime(undefined, now));
    }
  });
});

it('has dates as text in its spec', () => {
  const trigger = createTrigger('cron', { hour: 3, startDate: now });
  expect(trigger.toJSON()).toEqual({ type: 'cron', hour: '3', startDate: '2024-05-17T08:09:10.000Z' });
});

it('takes the zone it lacks, and keeps the one it has', () => {
  const unbound = createTrigger('cron', { hour: 3, startDate: '2024-06-01' });
  expect(unbound.timezone).toBeUndefined();
  const tokyo = unbound.bind({ timezone: 'Asia/Tokyo', now });
  expect(tokyo.getNextFireTime(undefined, now)).toEqual(new Date('2024-05-31T18:00:00Z'));
  expect(tokyo.bind({ timezone: 'UTC', now })).toBe(tokyo);
  // Alone it is in the host's.
  const host = unbound.bind({ timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, now });
  expect(unbound.getNextFireTime(undefined, now)).toEqual(host.getNextFireTime(undefined, now));
});

describe('rejects', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['x', {}, 'No trigger by the name "x" was found'],
    ['toString', {}, 'No trigger by the name "toString" was found'],
    ['cron', { hour: 3, hours: 4 }, 'The trigger "cron" has no option "hours"'],
    ['cron', { hour: 3, dst: 'sometimes' }, 'dst must be one of wallclock, once'],
    ['cron', { hour: 3, timezone: 5 }, 'Unknown time zone "5"'],
    ['cron', { hour: 3, startDate: 5 }, 'Unsupported type for start_date: number'],
    ['interval', { hours: '5' }, 'hours must be a number'],
    ['interval', { hours: 5, jitter: '1' }, 'jitter must be a number of seconds, 0 or more'],
    ['or', {}, 'There are no triggers to combine'],
    ['or', { triggers: [] }, 'There are no triggers to combine'],
    ['and', { triggers: [5] }, 'Not a trigger: 5'],
    ['and', { triggers: [{ type: 'x' }] }, 'No trigger by the name "x" was found'],
  ];
  it.each(cases)('%s %j', (name, options, message) => {
    expect(() => createTrigger(name, options)).toThrow(message);
  });
});

it('finds a trigger that was added, also as a member', () => {
  const types = {
    ...triggerTypes,
    daily: { options: ['hour'], create: ({ hour }: { hour?: unknown }) => createTrigger('cron', { hour }) },
  };
  const trigger = createTrigger('or', { triggers: [{ type: 'daily', hour: 3 }] }, types);
  expect(String(trigger)).toBe(`or[cron[hour='3']]`);
});
