import {
  boundMembers,
  type CombinationOptions,
  combinationSpec,
  combinedJitter,
  membersSince,
} from './combination.ts';
import { after, dueAfter, firstFrom, mostWalked } from './due-times.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/**
 * Fires whenever one of its members does; once, if several do.
 *
 * @see apscheduler/triggers/combining.py, `OrTrigger`
 */
export class OrTrigger implements Trigger {
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
    if (previous === undefined) {
      return earliest(this.#members.map((member) => member.getNextFireTime(undefined, now)?.getTime()));
    }
    const from = after(previous, now);
    return earliest(membersSince(this.#members, previous).map((member) => firstFrom(member, from)));
  }

  /** Beyond ten thousand, a time that several members share is counted for each of them. */
  getDueTimes(first: Date, now: Date): DueTimes {
    const members = membersSince(this.#members, first);
    const due = members.flatMap((member) => dueAfter(member, first.getTime(), now) ?? []);
    const count = due.reduce((sum, times) => sum + times.count, 1);
    const last = due.reduce((latest, times) => Math.max(latest, times.last.getTime()), first.getTime());
    return { last: new Date(last), count: count <= mostWalked ? countOnce(members, first, last) : count };
  }

  bind(to: TriggerBinding): OrTrigger {
    const bound = boundMembers(this.#members, to);
    return bound === undefined ? this : new OrTrigger(bound, this.#options);
  }

  toJSON(): TriggerSpec {
    return combinationSpec('or', this.#members, this.#options);
  }

  toString(): string {
    return `or[${this.#members.join(', ')}]`;
  }
}

function earliest(instants: readonly (number | undefined)[]): Date | undefined {
  const first = instants.reduce<number>(
    (least, instant = least) => Math.min(least, instant),
    Number.POSITIVE_INFINITY,
  );
  return first === Number.POSITIVE_INFINITY ? undefined : new Date(first);
}

/** How many fire times there are from one to another, both included, each counted once. */
function countOnce(members: readonly Trigger[], first: Date, last: number): number {
  const instants = new Set([first.getTime()]);
  for (const member of members) {
    for (
      let instant = firstFrom(member, first.getTime() + 1);
      instant !== undefined && instant <= last;
      instant = firstFrom(member, instant + 1)
    ) {
      instants.add(instant);
    }
  }
  return instants.size;
}
