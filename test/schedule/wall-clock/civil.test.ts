import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dateOf, dateText, dayOf, isoWeekOf, weekdayOf } from '../../../schedule/wall-clock/civil.ts';

const anyDay = fc.integer({ min: -719_162, max: 2_932_896 });

it('knows the dates that JavaScript knows, from the year 1 to 9999', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const date = new Date(day * 86_400_000);
      expect(dateText(dateOf(day))).toBe(date.toISOString().slice(0, 10));
      expect(weekdayOf(day)).toBe((date.getUTCDay() + 6) % 7);
      expect(dayOf(dateOf(day))).toBe(day);
    }),
    { numRuns: 2000 },
  );
  expect(dateText(dateOf(-719_162))).toBe('0001-01-01');
  expect(dateText(dateOf(2_932_896))).toBe('9999-12-31');
});

it.each([
  ['2024-12-30', 1],
  ['2024-12-29', 52],
  ['2020-12-31', 53],
  ['2021-01-03', 53],
  ['2021-01-04', 1],
  ['2022-01-02', 52],
  ['2026-01-01', 1],
  ['2027-01-03', 53],
])('has %s in ISO week %d', (text, week) => {
  expect(isoWeekOf(Date.parse(text) / 86_400_000)).toBe(week);
});
