import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TriggerError } from '../../../schedule/trigger-error.ts';
import { instantOf, spansBetween, timeZone } from '../../../schedule/wall-clock/time-zone.ts';

const zones = [
  ...[
    'UTC',
    '+05:30',
    '-0330',
    'Europe/Paris',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
  ],
  ...[
    'Pacific/Apia',
    'Africa/Casablanca',
    'Africa/Cairo',
    'America/Sao_Paulo',
    'Africa/Monrovia',
    'Asia/Gaza',
  ],
];

it('has the offset that Intl has, at any instant', () => {
  const anyInstant = fc.integer({ min: Date.UTC(1900, 0) / 1000, max: Date.UTC(2100, 0) / 1000 });
  fc.assert(
    fc.property(fc.constantFrom(...zones), anyInstant, (name, instant) => {
      const { from, until, offset } = timeZone(name).spanAt(instant);
      expect(instant >= from && instant < until).toBe(true);
      expect(offset).toBe(offsetByIntl(name, instant));
    }),
    { numRuns: 1000 },
  );
});

it('has the same offset in all of a span, whatever was asked before', () => {
  const first = Date.UTC(1960, 0) / 1000;
  const anyInstant = fc.integer({ min: first, max: Date.UTC(2040, 0) / 1000 });
  const anyShare = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.array(anyInstant), anyShare, (name, instants, share) => {
      for (const instant of instants) {
        const { from, until, offset } = timeZone(name).spanAt(instant);
        if (from === Number.NEGATIVE_INFINITY) continue;
        const between = from + Math.floor((until - from) * share);
        for (const other of [from, Math.min(between, until - 1), until - 1]) {
          expect(offsetByIntl(name, other)).toBe(offset);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it('has an offset at any instant that a Date can be', () => {
  for (const name of ['Europe/Paris', 'Pacific/Apia']) {
    for (const instant of [-8.64e12, 8.64e12]) {
      const { from, until } = timeZone(name).spanAt(instant);
      expect(instant >= from && instant < until).toBe(true);
    }
  }
});

it('has spans that follow one another, each with another offset than the one before', () => {
  for (const name of zones) {
    const from = Date.UTC(2005, 0) / 1000;
    const until = Date.UTC(2025, 0) / 1000;
    let last = { until: from, offset: Number.NaN };
    for (const span of spansBetween(timeZone(name), from, until)) {
      expect(span.from).toBe(last.until);
      expect(span.offset).not.toBe(last.offset);
      // The change is where it is said to be, to the second.
      expect(offsetByIntl(name, span.from)).toBe(span.offset);
      expect(offsetByIntl(name, span.until - 1)).toBe(span.offset);
      last = span;
    }
    expect(last.until).toBe(until);
  }
});

it('finds a change that is taken back within a week', () => {
  // Recife, October 2000.
  const spans = [
    ...spansBetween(timeZone('America/Recife'), Date.UTC(2000, 9, 1) / 1000, Date.UTC(2000, 10, 1) / 1000),
  ];
  expect(spans.map(({ offset }) => offset / 3600)).toEqual([-3, -2, -3]);
});

describe('the instant of a wall time', () => {
  it.each([
    ['Europe/Paris', '2024-05-17T12:00:00Z', '2024-05-17T10:00:00Z'],
    // Left out: behind the gap.
    ['Europe/Paris', '2024-03-31T02:30:00Z', '2024-03-31T01:30:00Z'],
    ['Pacific/Apia', '2011-12-30T12:00:00Z', '2011-12-30T22:00:00Z'],
    // Twice: the first one.
    ['Europe/Paris', '2024-10-27T02:30:00Z', '2024-10-27T00:30:00Z'],
    ['Antarctica/Troll', '2024-10-27T01:30:00Z', '2024-10-26T23:30:00Z'],
    ['America/St_Johns', '2006-10-28T23:30:00Z', '2006-10-29T02:00:00Z'],
    ['+05:30', '2024-05-17T12:00:00Z', '2024-05-17T06:30:00Z'],
  ])('%s %s is %s', (name, wall, instant) => {
    const found = instantOf(timeZone(name), Date.parse(wall) / 1000);
    expect(new Date(found * 1000).toISOString()).toBe(instant.replace('Z', '.000Z'));
  });
});

it.each(['Mars/Phobos', '', '+25:00', 'UTC+2', 'localtime', '../etc/passwd'])('knows no zone %j', (name) => {
  expect(() => timeZone(name)).toThrow(new TriggerError(`Unknown time zone "${name}"`));
});

/** From the time that Intl shows, not from the offset that it tells. */
function offsetByIntl(timeZone: string, instant: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const digits = format.format(instant * 1000).match(/\d+/g) ?? [];
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = digits.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - instant;
}
