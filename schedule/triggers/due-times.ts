/** From one fire time to the next, and to all that are due. */
import type { DueTimes, Trigger } from './trigger.ts';

/**
 * From where to look for the next fire time, in milliseconds: right after the one before, or from now on if the
 * clock was set back behind that.
 */
export function after(previous: Date, now: Date): number {
  return now < previous ? now.getTime() : previous.getTime() + 1;
}

/** `getDueTimes` for a trigger that has no better way: from each fire time to the next. */
export function dueTimesByWalking(trigger: Trigger, first: Date, now: Date): DueTimes {
  let last = first;
  for (let count = 1; ; count += 1) {
    const next = trigger.getNextFireTime(last, now);
    if (next === undefined || next > now) return { last, count };
    last = next;
  }
}

/** The first fire time at an instant or after it, both in milliseconds, whatever came before. */
export function firstFrom(trigger: Trigger, from: number): number | undefined {
  const next = trigger.getNextFireTime(undefined, new Date(from))?.getTime();
  // A date that is past is still a first fire time.
  return next === undefined || next < from ? undefined : next;
}

/** The fire times of a trigger after one instant, in milliseconds, up to another; `undefined` for none. */
export function dueAfter(trigger: Trigger, instant: number, now: Date): DueTimes | undefined {
  const first = firstFrom(trigger, instant + 1);
  return first === undefined || first > now.getTime() ? undefined : trigger.getDueTimes(new Date(first), now);
}

/** How many fire times a combination looks at one by one; what is said of more says so. */
export const mostWalked = 10_000;
