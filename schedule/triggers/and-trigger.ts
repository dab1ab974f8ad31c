import {
  boundMembers,
  type CombinationOptions,
  combinationSpec,
  combinedJitter,
  membersSince,
} from './combination.ts';
import { after, dueAfter, dueTimesByWalking, firstFrom, mostWalked } from './due-times.ts';
import { IntervalTrigger } from './interval-trigger.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/** How often the members may disagree before they are taken never to agree; some tenths of a second. */
const mostRounds = 100_000;

/**
 * Fires at the instants on which all of its members do. Members that have disagreed a hundred thousand times in a row are taken
 * never to agree.
 *
 * @see apscheduler/triggers/combining.py, `AndTrigger`, which mostly never comes to an end
 */
export class AndTrigger implements Trigger {
  readonly jitter: number;
  /** That of the first member. */
  readonly timezone: string | undefined;
  readonly #members: readonly Trigger[];
  readonly #options: CombinationOptions;

  /** @throws {TriggerError} there are no members, or the jitter is no number of seconds */
  constructor(members: readonly Trigger[], options: CombinationOptions = {}) {
    this.#members = members;
    this.#options = options;
    this.jitter = combinedJitter(members, options);
    this.timezone = members[0]?.timezone;
  }

  getNextFireTime(previous: Date | undefined, now: Date): Date | undefined {
    const members = membersSince(this.#members, previous ?? now);
    const from = previous === undefined ? now.getTime() : after(previous, now);
    const next = agreed(members, from, Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : new Date(next);
  }

  /** Beyond ten thousand, the count is that of the member that has the fewest. */
  getDueTimes(first: Date, now: Date): DueTimes {
    const members = membersSince(this.#members, first);
    const counts = members.map((member) => dueAfter(member, first.getTime(), now)?.count ?? 0);
    const most = Math.min(...counts);
    if (most <= mostWalked) return dueTimesByWalking(this, first, now);
    const last = lastAgreed(members, first.getTime(), now.getTime());
    return last === undefined ? { last: first, count: 1 } : { last: new Date(last), count: most + 1 };
  }

  bind(to: TriggerBinding): AndTrigger {
    const bound = boundMembers(this.#members, to);
    return bound === undefined ? this : new AndTrigger(bound, this.#options);
  }

  toJSON(): TriggerSpec {
    return combinationSpec('and', this.#members, this.#options);
  }

  toString(): string {
    return `and[${this.#members.join(', ')}]`;
  }
}

/** The first instant from one to another, both included, that all members have. */
function agreed(members: readonly Trigger[], from: number, until: number): number | undefined {
  if (neverMeet(members)) return undefined;
  let instant = from;
  for (let round = 0; round < mostRounds; round += 1) {
    const start = instant;
    // Each member goes on from where the one before has got to.
    for (const member of members) {
      const next = firstFrom(member, instant);
      if (next === undefined || next > until) return undefined;
      instant = next;
    }
    if (instant === start && round > 0) return instant;
  }
  return undefined;
}

/** The last instant after one and up to another that all members have. */
function lastAgreed(members: readonly Trigger[], after: number, until: number): number | undefined {
  for (let length = 60_000; ; length *= 4) {
    const from = Math.max(after + 1, until - length);
    let last: number | undefined;
    for (
      let next = agreed(members, from, until);
      next !== undefined;
      next = agreed(members, next + 1, until)
    ) {
      last = next;
    }
    if (last !== undefined || from === after + 1) return last;
  }
}

/** Whether two grids have no point in common: they meet only if their starts lie whole steps of the greatest common divisor apart. */
function neverMeet(members: readonly Trigger[]): boolean {
  const grids = members.flatMap((member) => {
    if (!(member instanceof IntervalTrigger) || member.start === undefined) return [];
    return [{ start: member.start, interval: member.interval }];
  });
  return grids.some((one) =>
    grids.some((other) => (one.start - other.start) % greatestDivisor(one.interval, other.interval) !== 0),
  );
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
