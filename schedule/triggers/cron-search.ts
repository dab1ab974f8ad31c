/**
 * From the wall times of a pattern to instants. All numbers are seconds.
 *
 * With `wallclock` an instant is a fire time if and only if the zone's clocks show one of the pattern's wall
 * times then. So one in a gap never comes, and one that the clocks show twice comes twice.
 *
 * With `once` each wall time is due at the first instant at which the clocks show it or a later one. So one in
 * a gap is due at its end, and one that the clocks show twice the first time alone.
 */
import { spansBetween, type TimeZone, widestChange } from '../wall-clock/time-zone.ts';
import type { CronPattern } from './cron-pattern.ts';

/** What becomes of times that the clocks leave out or show twice. */
export type DstRule = 'wallclock' | 'once';

/** The fire times of a pattern in a zone. */
export interface CronSearch {
  /** The first one from an instant to another, both included. */
  next(from: number, until: number): number | undefined;
  /** The last one from an instant on and before another, and how many there are; `undefined` for none. */
  between(from: number, until: number): { readonly last: number; readonly count: number } | undefined;
}

/** Looks for fire times by one of the rules. */
export function cronSearch(pattern: CronPattern, zone: TimeZone, rule: DstRule): CronSearch {
  return rule === 'once' ? searchOnce(pattern, zone) : searchWallClock(pattern, zone);
}

/**
 * The calendar repeats after 400 years, and so do the rules of the zones, which have long become regular by
 * 2100. What has not come by then, though there were days for it, falls into a gap each time. With a choice of
 * years it may still come.
 */
const calendarCycle = 146_097 * 86_400;
const regularFrom = Date.UTC(2100, 0) / 1000;

function searchWallClock(pattern: CronPattern, zone: TimeZone): CronSearch {
  return {
    next(from, until) {
      const limit = pattern.isEveryYear ? Math.max(from, regularFrom) + calendarCycle : until;
      let instant = from;
      while (instant <= Math.min(limit, until)) {
        const { offset, until: end } = zone.spanAt(instant);
        const wall = pattern.next(instant + offset);
        if (wall === undefined) return undefined;
        if (wall - offset < end) return wall - offset <= until ? wall - offset : undefined;
        // Only clocks set back soon after can show an earlier match. Past that, nothing comes long before this
        // wall time.
        const isSoon = end < instant + widestChange;
        instant = isSoon ? end : Math.max(end, wall - offset - widestChange);
      }
      return undefined;
    },

    between(from, until) {
      let count = 0;
      let last: number | undefined;
      for (const span of spansBetween(zone, from, until)) {
        const end = span.until + span.offset;
        const matches = pattern.count(span.from + span.offset, end);
        if (matches === 0) continue;
        count += matches;
        last = (pattern.before(end) ?? Number.NaN) - span.offset;
      }
      return last === undefined ? undefined : { last, count };
    },
  };
}

function searchOnce(pattern: CronPattern, zone: TimeZone): CronSearch {
  /** The first wall time that the clocks have not reached before an instant. */
  function unreachedAt(instant: number): number {
    let highest = Number.NEGATIVE_INFINITY;
    for (const { until, offset } of spansBetween(zone, instant - widestChange, instant)) {
      highest = Math.max(highest, until + offset);
    }
    return highest;
  }

  /** The first instant, from one on, at which the clocks have reached a wall time. */
  function reaches(wall: number, from: number): number {
    let instant = from;
    for (;;) {
      const { offset, until } = zone.spanAt(instant);
      if (wall - offset < until) return Math.max(instant, wall - offset);
      instant = Math.max(until, wall - offset - widestChange);
    }
  }

  return {
    next(from, until) {
      const wall = pattern.next(unreachedAt(from));
      if (wall === undefined) return undefined;
      const instant = reaches(wall, from);
      return instant <= until ? instant : undefined;
    },

    between(from, until) {
      const first = unreachedAt(from);
      const end = unreachedAt(until);
      let count = pattern.count(first, end);
      if (count === 0) return undefined;
      // What a gap holds, its end included, comes at one instant.
      let reached = first;
      for (const span of spansBetween(zone, from, until)) {
        const resumed = span.from + span.offset;
        if (resumed > reached) count -= Math.max(0, pattern.count(reached, resumed + 1) - 1);
        reached = Math.max(reached, span.until + span.offset);
      }
      return { last: reaches(pattern.before(end) ?? Number.NaN, from), count };
    },
  };
}
