import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TriggerError } from '../../../schedule/trigger-error.ts';
import { formatInstant, parseDate, parseInstant } from '../../../schedule/wall-clock/date-text.ts';
import { timeZone } from '../../../schedule/wall-clock/time-zone.ts';

const zone = timeZone('Asia/Tokyo');
const read = (text: string): string => new Date(parseInstant(text, zone, 'start_date')).toISOString();

describe('a date is read from', () => {
  it.each([
    ['2024-05-17', '2024-05-16T15:00:00.000Z'],
    ['2024-5-7', '2024-05-06T15:00:00.000Z'],
    ['2024-05-17 08:09:10', '2024-05-16T23:09:10.000Z'],
    ['2024-05-17T8:9:1', '2024-05-16T23:09:01.000Z'],
    // APScheduler takes this for 125 microseconds.
    ['2024-05-17 08:09:10.125', '2024-05-16T23:09:10.125Z'],
    ['2024-05-17 08:09:10.5', '2024-05-16T23:09:10.500Z'],
    ['2024-05-17 08:09:10.000999', '2024-05-16T23:09:10.000Z'],
    ['2024-05-17T08:09:10Z', '2024-05-17T08:09:10.000Z'],
    ['2024-05-17 08:09:10-03:30', '2024-05-17T11:39:10.000Z'],
    ['2024-05-17 08:09:10.25+02:00', '2024-05-17T06:09:10.250Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
  ])('%s', (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  it.each([
    ['08:09', 'Invalid date string'],
    ['2024-05-17 08:09', 'Invalid date string'],
    ['2024-05-17Z', 'Invalid date string'],
    [' 2024-05-17', 'Invalid date string'],
    ['2024-05-17\n', 'Invalid date string'],
    ['2024-05-17 08:09:10+0200', 'Invalid date string'],
    ['2024-05-17 08:09:10+24:00', 'Invalid date string'],
    ['2024-05-17 08:09:10.1234567', 'Invalid date string'],
    ['2024-02-30', 'day is out of range for month'],
    ['2024-13-01', 'month must be in 1..12'],
    ['0000-01-01', 'year 0 is out of range'],
    ['2024-05-17 24:00:00', 'hour must be in 0..23'],
    ['2024-05-17 23:60:00', 'minute must be in 0..59'],
    ['2024-05-17 23:59:60', 'second must be in 0..59'],
  ])('anything but %j', (text, message) => {
    expect(() => read(text)).toThrow(new TriggerError(message));
  });

  it('or a trigger error comes of it', () => {
    const pieces = fc.string({ unit: fc.constantFrom(...'0123456789-:T .+Z') });
    fc.assert(
      fc.property(fc.oneof(fc.string(), pieces), (text) => {
        for (const parse of [() => read(text), () => parseDate(text, 'start_date')]) {
          try {
            parse();
          } catch (error) {
            if (!(error instanceof TriggerError)) throw error;
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

it('writes what it reads', () => {
  const anyInstant = fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2100, 0) });
  fc.assert(
    fc.property(
      anyInstant,
      fc.constantFrom('UTC', 'Europe/Paris', 'America/St_Johns', '-03:30'),
      (time, name) => {
        expect(read(formatInstant(new Date(time), name))).toBe(new Date(time).toISOString());
      },
    ),
  );
});

it.each([
  ['2024-07-01T12:00:00.000Z', 'Europe/Paris', '2024-07-01T14:00:00+02:00'],
  ['2024-07-01T12:00:00.050Z', 'America/St_Johns', '2024-07-01T09:30:00.050-02:30'],
  ['2024-07-01T12:00:00.000Z', 'UTC', '2024-07-01T12:00:00+00:00'],
  ['1971-07-01T12:00:00.000Z', 'Africa/Monrovia', '1971-07-01T11:15:30-00:44:30'],
])('writes %s in %s as %s', (instant, name, text) => {
  expect(formatInstant(new Date(instant), name)).toBe(text);
});
