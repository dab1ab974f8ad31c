import {
  boundMembers,
  type CombinationOptions,
  combinationSpec,
  combinedJitter,
  membersSince,
} from './combination.ts';
import { after, dueAfter, firstFrom } from './due-times.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/** How often the members are asked before they are taken never to agree; about a twentieth of a second. */
const mostRounds = 20_000;

/**
 * Fires at the instants on which all of its members do. Members that have disagreed twenty thousand times in a
 * row are taken never to agree.
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

  /**
   * Beyond ten thousand, or fewer if the members agree seldom, the count is that of the member that has the
   * fewest.
   */
  getDueTimes(first: Date, now: Date): DueTimes {
    const start = first.getTime();
    const members = membersSince(this.#members, first);
    const due = members.map((member) => dueAfter(member, start, now) ?? { last: first, count: 0 });
    const until = due.reduce(
      (least, times) => Math.min(least, times.last.getTime()),
      Number.POSITIVE_INFINITY,
    );
    const walk = { rounds: mostRounds };
    let last = start;
    let count = 1;
    for (
      let next = agreed(members, last + 1, until, walk);
      next !== undefined;
      next = agreed(members, last + 1, until, walk)
    ) {
      last = next;
      count += 1;
    }
    if (walk.rounds > 0 || count === 1) return { last: new Date(last), count };
    const fewest = due.reduce((least, times) => Math.min(least, times.count), Number.POSITIVE_INFINITY);
    return { last: new Date(lastAgreed(members, last, until)), count: fewest + 1 };
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

/**
 * The first instant from one to another, both included, that all members have.
 *
 * @param limit how often they may be asked; what they were is taken from it
 */
function agreed(
  members: readonly Trigger[],
  from: number,
  until: number,
  limit = { rounds: mostRounds },
): number | undefined {
  let instant = from;
  for (; limit.rounds > 0; limit.rounds -= 1) {
    const start = instant;
    // Each member goes on from where the one before has got to.
    for (const member of members) {
      const next = firstFrom(member, instant);
      if (next === undefined || next > until) return undefined;
      instant = next;
    }
    if (instant === start) return instant;
  }
  return undefined;
}

/** The last instant that all members have up to another, if they have a first one. */
function lastAgreed(members: readonly Trigger[], first: number, until: number): number {
  let last = first;
  let end = until;
  while (last < end) {
    const middle = Math.ceil((last + end) / 2);
    const next = agreed(members, middle, end);
    if (next === undefined) end = middle - 1;
    else last = next;
  }
  return last;
}
