import type { Trigger } from './triggers/trigger.ts';

/**
 * Fire times of a trigger that follow each other, of which there can be millions: only the ends are known, and the
 * rest is asked of the trigger when it is needed.
 */
export interface DueRange {
  readonly first: Date;
  readonly last: Date;
  readonly count: number;
}

/** The fire times from `first`, which is one, to `now`. */
export function dueRange(trigger: Trigger, first: Date, now: Date): DueRange {
  return { first, ...trigger.getDueTimes(first, now) };
}

/** Those that are not later than `instant`. */
export function upTo(trigger: Trigger, range: DueRange | undefined, instant: Date): DueRange | undefined {
  if (range === undefined || range.first > instant) return undefined;
  if (range.last <= instant) return range;
  return dueRange(trigger, range.first, instant);
}

/** Those that are later than `instant`. */
export function laterThan(
  trigger: Trigger,
  range: DueRange | undefined,
  instant: Date,
): DueRange | undefined {
  const before = upTo(trigger, range, instant);
  if (range === undefined || before === undefined) return range;
  if (before.count >= range.count) return undefined;
  const first = trigger.getNextFireTime(before.last, range.last);
  return first && { first, last: range.last, count: range.count - before.count };
}

/** All of them, if there are no more than a caller can stand. */
export function list(trigger: Trigger, range: DueRange | undefined): Date[] {
  if (range === undefined) return [];
  const times = [range.first];
  for (let time = range.first; times.length < range.count; ) {
    const next = trigger.getNextFireTime(time, range.last);
    if (next === undefined || next <= time || next > range.last) break;
    times.push(next);
    time = next;
  }
  return times;
}

/** The latest `count` of them, or all if there are no more. */
export function latest(trigger: Trigger, range: DueRange, count: number): DueRange {
  if (range.count <= count) return range;
  let early = range.first.getTime() - 1;
  let late = range.last.getTime();
  // The earliest millisecond by which enough of them are over to leave no more than `count`.
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    const over = upTo(trigger, range, new Date(middle))?.count ?? 0;
    if (range.count - over <= count) late = middle;
    else early = middle;
  }
  return laterThan(trigger, range, new Date(late)) ?? { first: range.last, last: range.last, count: 1 };
}
