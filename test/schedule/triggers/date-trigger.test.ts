import { expect, it } from '@jest/globals';
import { DateTrigger } from '../../../schedule/triggers/date-trigger.ts';
import type { Trigger } from '../../../schedule/triggers/trigger.ts';

const now = new Date('2024-05-17T08:09:10Z');

it('fires once, also if that is past', () => {
  const trigger: Trigger = new DateTrigger({ runDate: '2020-01-01 10:00:00', timezone: 'Asia/Shanghai' });
  const only = new Date('2020-01-01T02:00:00Z');
  expect(trigger.getNextFireTime(undefined, now)).toEqual(only);
  expect(trigger.getNextFireTime(only, now)).toBeUndefined();
  expect(trigger.getDueTimes(only, now)).toEqual({ last: only, count: 1 });
});

it('takes its date in the zone it is bound to', () => {
  const trigger = new DateTrigger({ runDate: '2024-06-01 10:00:00' });
  expect(trigger.timezone).toBeUndefined();
  const bound = trigger.bind({ timezone: 'Asia/Shanghai', now });
  expect(bound.getNextFireTime(undefined, now)).toEqual(new Date('2024-06-01T02:00:00Z'));
  expect(String(bound)).toBe('date[2024-06-01T10:00:00+08:00]');
  expect(bound.bind({ timezone: 'UTC', now })).toBe(bound);
});

it('fires at the moment it is bound, if it has no date', () => {
  expect(new DateTrigger().getNextFireTime(undefined, now)).toEqual(now);
  const bound = new DateTrigger().bind({ timezone: 'UTC', now });
  expect(bound.getNextFireTime(undefined, new Date('2030-01-01'))).toEqual(now);
});

it('rejects what is no date', () => {
  expect(() => new DateTrigger({ runDate: '10:30' })).toThrow('Invalid date string');
});
