import {
  boundMembers,
  type CombinationOptions,
  combinationSpec,
  combinedJitter,
  membersSince,
} from './combination.ts';
import { after, dueAfter, firstFrom, mostWalked } from './due-times.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/** How often the members may disagree before they are taken never to agree; about a twentieth of a second. */
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

  /** Beyond ten thousand, the count is that of the member that has the fewest. */
  getDueTimes(first: Date, now: Date): DueTimes {
    const members = membersSince(this.#members, first);
    const due = members.map((member) => dueAfter(member, first.getTime(), now));
    const most = Math.min(...due.map((times) => times?.count ?? 0));
    const until = Math.min(...due.map((times) => (times ?? { last: first }).last.getTime()));
    let last = first.getTime();
    let count = 1;
    for (
      let next = agreed(members, last + 1, until);
      next !== undefined;
      next = agreed(members, last + 1, until)
    ) {
      last = next;
      count += 1;
      if (count > mostWalked) return { last: new Date(lastAgreed(members, last, until)), count: most + 1 };
    }
    return { last: new Date(last), count };
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
  let instant = from;
  for (let round = 0; round < mostRounds; round += 1) {
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
