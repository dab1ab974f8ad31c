/** Triggers by name, as jobs and stores know them. */
import { TriggerError } from '../trigger-error.ts';
import { AndTrigger } from './and-trigger.ts';
import { CalendarIntervalTrigger } from './calendar-interval-trigger.ts';
import { CronTrigger } from './cron-trigger.ts';
import { DateTrigger } from './date-trigger.ts';
import { IntervalTrigger } from './interval-trigger.ts';
import { OrTrigger } from './or-trigger.ts';
import type { Trigger, TriggerSpec } from './trigger.ts';

/** Options by name, whose values have yet to be looked at. */
export type UncheckedOptions = Readonly<Record<string, unknown>>;

/** A kind of trigger. */
export interface TriggerType {
  /** The names of its options. */
  readonly options: readonly string[];
  /** Makes one. A combination finds the types of its members in `types`. */
  create(options: UncheckedOptions, types: TriggerTypes): Trigger;
}

export type TriggerTypes = Readonly<Record<string, TriggerType>>;

const bounds = ['startDate', 'endDate', 'timezone', 'jitter'] as const;
const timeOfDay = ['hour', 'minute', 'second'] as const;
const calendarLengths = ['years', 'months', 'weeks', 'days'] as const;

/** The triggers there are. More can be added beside them: `{ ...triggerTypes, mine }`. */
export const triggerTypes: TriggerTypes = {
  cron: {
    options: ['year', 'month', 'day', 'week', 'dayOfWeek', ...timeOfDay, 'days', 'dst', ...bounds],
    create: (options) => new CronTrigger(options),
  },
  interval: {
    options: ['weeks', 'days', 'hours', 'minutes', 'seconds', ...bounds],
    create: (options) => new IntervalTrigger(options),
  },
  date: { options: ['runDate', 'timezone'], create: (options) => new DateTrigger(options) },
  calendarinterval: {
    options: [...calendarLengths, ...timeOfDay, ...bounds],
    create: (options) => new CalendarIntervalTrigger(options),
  },
  or: {
    options: ['triggers', 'jitter'],
    create: ({ triggers, ...options }, types) => new OrTrigger(members(triggers, types), options),
  },
  and: {
    options: ['triggers', 'jitter'],
    create: ({ triggers, ...options }, types) => new AndTrigger(members(triggers, types), options),
  },
};

/**
 * Makes a trigger of a name and options.
 *
 * @throws {TriggerError} there is no such trigger, or an option is unknown or not what it has to be
 */
export function createTrigger(
  name: string,
  options: UncheckedOptions,
  types: TriggerTypes = triggerTypes,
): Trigger {
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  if (type === undefined)
    throw new TriggerError(`No trigger by the name "${name}" was found`, { field: 'trigger' });
  for (const option of Object.keys(options)) {
    if (type.options.includes(option)) continue;
    throw new TriggerError(`The trigger "${name}" has no option "${option}"`, { field: option });
  }
  return type.create(options, types);
}

/**
 * The trigger that a spec was made of, or one like it.
 *
 * @throws {TriggerError} as `createTrigger`
 */
export function triggerFromSpec(
  { type, ...options }: TriggerSpec,
  types: TriggerTypes = triggerTypes,
): Trigger {
  return createTrigger(type, options, types);
}

function members(triggers: unknown, types: TriggerTypes): readonly Trigger[] {
  if (!Array.isArray(triggers))
    throw new TriggerError('There are no triggers to combine', { field: 'triggers' });
  return triggers.map((member: unknown) => {
    if (isTrigger(member)) return member;
    if (isSpec(member)) return triggerFromSpec(member, types);
    throw new TriggerError(`Not a trigger: ${JSON.stringify(member)}`, { field: 'triggers' });
  });
}

function isTrigger(value: unknown): value is Trigger {
  return typeof value === 'object' && value !== null && 'getNextFireTime' in value;
}

function isSpec(value: unknown): value is TriggerSpec {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
