/** What triggers that combine others share. */
import { TriggerError } from '../trigger-error.ts';
import { hostTimeZone } from '../wall-clock/host-time-zone.ts';
import { readJitter, specOf } from './options.ts';
import type { Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/** What goes with the members of a combination. */
export interface CombinationOptions {
  /** Seconds by which a start may be put off by chance; by default the most that a member has. */
  readonly jitter?: number | undefined;
}

/**
 * The jitter of a combination.
 *
 * @throws {TriggerError} it has no members, or the jitter is no number of seconds
 */
export function combinedJitter(members: readonly Trigger[], { jitter }: CombinationOptions): number {
  if (members.length === 0) throw new TriggerError('There are no triggers to combine', { field: 'triggers' });
  return readJitter(jitter ?? members.reduce((most, member) => Math.max(most, member.jitter), 0));
}

/** The members with what they lack; `undefined` if they lack nothing. */
export function boundMembers(
  members: readonly Trigger[],
  to: TriggerBinding,
): readonly Trigger[] | undefined {
  const bound = members.map((member) => member.bind(to));
  return bound.every((member, index) => member === members[index]) ? undefined : bound;
}

/**
 * The members while nobody has bound them: an interval without a start counts from the fire time before, as it
 * does alone.
 */
export function membersSince(members: readonly Trigger[], now: Date): readonly Trigger[] {
  const hasZones = members.every(({ timezone }) => timezone !== undefined);
  return boundMembers(members, { timezone: hasZones ? 'UTC' : hostTimeZone(), now }) ?? members;
}

/** The spec of a combination. */
export function combinationSpec(
  type: string,
  members: readonly Trigger[],
  { jitter }: CombinationOptions,
): TriggerSpec {
  return specOf(type, { triggers: members.map((member) => member.toJSON()), jitter });
}
