/** What a configuration may say, and this version reads and checks, but does not act on yet. */
import type { GroupSettings, Settings } from './settings.ts';

/** What the predicates look at. */
export interface UsedConfiguration {
  readonly settings: Omit<Settings, 'notices'>;
}

export interface NotYetActing {
  /** As the documentation and the notice call it. */
  readonly name: string;
  isUsed(configuration: UsedConfiguration): boolean;
}

export const notYetActing: readonly NotYetActing[] = [
  { name: '[eventlistener:x]', isUsed: ({ settings }) => hasGroup(settings.groups, 'eventlistener') },
];

function hasGroup(groups: readonly GroupSettings[], type: GroupSettings['type']): boolean {
  return groups.some((group) => group.type === type);
}

/** One warning for all that the configuration uses; `undefined`: it uses none. */
export function notYetActingNotice(configuration: UsedConfiguration): string | undefined {
  const used = notYetActing.filter((entry) => entry.isUsed(configuration)).map(({ name }) => name);
  if (used.length === 0) return undefined;
  return `The configuration uses what this version reads but does not act on yet: ${used.join(', ')}`;
}
