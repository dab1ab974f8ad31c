/** Days and times of day together: the wall times that a cron trigger matches, whatever the zone. */
import { secondsPerDay } from '../wall-clock/civil.ts';
import type { DayPattern } from './day-pattern.ts';
import type { TimePattern } from './time-pattern.ts';

/** A set of wall times, in seconds. */
export interface CronPattern {
  /** Whether no year is left out. */
  readonly isEveryYear: boolean;
  /** The first one from a wall time on; `undefined` after the year 9999. */
  next(from: number): number | undefined;
  /** The last one before a wall time; `undefined` before 1970. */
  before(wall: number): number | undefined;
  /** How many there are from a wall time on and before another. */
  count(from: number, until: number): number;
}

/** The wall times that match in day and in time of day. */
export function cronPattern(days: DayPattern, times: TimePattern): CronPattern {
  return {
    isEveryYear: days.isEveryYear,

    next(from) {
      const day = Math.floor(from / secondsPerDay);
      const rank = times.rank(from - day * secondsPerDay);
      if (rank < times.size && days.has(day)) return day * secondsPerDay + times.at(rank);
      const nextDay = days.next(day + 1);
      return nextDay === undefined ? undefined : nextDay * secondsPerDay + times.at(0);
    },

    before(wall) {
      const day = Math.floor(wall / secondsPerDay);
      const rank = times.rank(wall - day * secondsPerDay);
      if (rank > 0 && days.has(day)) return day * secondsPerDay + times.at(rank - 1);
      const lastDay = days.before(day);
      return lastDay === undefined ? undefined : lastDay * secondsPerDay + times.at(times.size - 1);
    },

    count(from, until) {
      if (from >= until) return 0;
      const first = Math.floor(from / secondsPerDay);
      const last = Math.floor(until / secondsPerDay);
      const before = days.has(first) ? times.rank(from - first * secondsPerDay) : 0;
      const within = days.has(last) ? times.rank(until - last * secondsPerDay) : 0;
      return days.count(first, last) * times.size + within - before;
    },
  };
}
