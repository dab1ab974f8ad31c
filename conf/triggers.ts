/** Keys that say when → a trigger. What they mean is the triggers' own affair; here is which of them go together. */
import { TriggerError } from '../schedule/trigger-error.ts';
import { CalendarIntervalTrigger } from '../schedule/triggers/calendar-interval-trigger.ts';
import { CronTrigger } from '../schedule/triggers/cron-trigger.ts';
import { parseCrontab } from '../schedule/triggers/crontab.ts';
import { DateTrigger } from '../schedule/triggers/date-trigger.ts';
import { IntervalTrigger } from '../schedule/triggers/interval-trigger.ts';
import { OrTrigger } from '../schedule/triggers/or-trigger.ts';
import type { Trigger } from '../schedule/triggers/trigger.ts';
import type { Scope } from './expand.ts';
import type { ValueOf } from './keys/key.ts';
import { calendarKeys, cronFieldKeys, intervalKeys, triggerKeys } from './keys/trigger.ts';
import type { SectionReader } from './section-reader.ts';

/** What reading a trigger needs of the reader of its section. */
export type TriggerReader = Pick<
  SectionReader<typeof triggerKeys>,
  'section' | 'written' | 'get' | 'fail' | 'warn'
>;

/** What a trigger has that its keys do not say. */
export interface TriggerOptions {
  readonly timezone: string;
  /** Seconds; `undefined`: none. */
  readonly jitter: number | undefined;
}

/** A key that is a part of what says when. */
export type TriggerKey = keyof typeof triggerKeys;
type Values = { readonly [K in TriggerKey]: ValueOf<(typeof triggerKeys)[K]> };

interface Kind {
  /** The keys of which any one makes it a trigger of this kind. */
  readonly keys: readonly TriggerKey[];
  /** Throws a `TriggerError` if there is no such trigger. */
  readonly make: (values: Values, options: TriggerOptions) => Trigger;
}

const lengthKeys = keysOf(intervalKeys);

const kinds: readonly Kind[] = [
  { keys: keysOf(cronFieldKeys), make: makeCron },
  { keys: ['cron'], make: makeCrontab },
  { keys: [...lengthKeys, ...keysOf(calendarKeys)], make: makeInterval },
  { keys: ['run_date'], make: makeDate },
];

/** The keys that say when, apart from those that only set bounds to it. */
export const whenKeys: readonly TriggerKey[] = kinds.flatMap(({ keys }) => keys);

/** All keys that can be a part of a trigger. */
export const allTriggerKeys: readonly TriggerKey[] = keysOf(triggerKeys);

/** Reads a trigger; `undefined` if there is something wrong with it, which is recorded. */
export function readTrigger(
  reader: TriggerReader,
  scope: Scope,
  options: TriggerOptions,
): Trigger | undefined {
  const kind = readKind(reader);
  const values = readValues(reader, scope);
  if (kind === undefined || values === undefined) return undefined;
  const { timezone = options.timezone } = values;
  try {
    return kind.make(values, { ...options, timezone });
  } catch (error) {
    if (!(error instanceof TriggerError)) throw error;
    const own = allTriggerKeys.find((key) => key === error.field && reader.written(key) !== undefined);
    const key = own ?? kind.keys.find((candidate) => reader.written(candidate) !== undefined);
    // The reason leaves out the field, which the key says, but not the line of a crontab.
    reader.fail(key, own === undefined ? error.message : error.reason);
    return undefined;
  }
}

/** Whether a trigger will ever fire: `over` if it has been, `never` if not even that. */
export function prospectOf(trigger: Trigger, now: Date): 'fires' | 'over' | 'never' {
  const first = trigger.getNextFireTime(undefined, now);
  if (first !== undefined && first >= now) return 'fires';
  // A date that is past comes first in a combination, too, whatever follows it.
  if (first !== undefined) return trigger.getNextFireTime(now, now) === undefined ? 'over' : 'fires';
  return trigger.getNextFireTime(undefined, new Date(0)) === undefined ? 'never' : 'over';
}

function keysOf<Table extends object>(table: Table): (keyof Table)[] {
  return Object.keys(table) as (keyof Table)[];
}

function readKind(reader: TriggerReader): Kind | undefined {
  const isWritten = (key: TriggerKey) => reader.written(key) !== undefined;
  const [kind, other] = kinds.filter(({ keys }) => keys.some(isWritten));
  if (kind === undefined) {
    reader.fail(undefined, 'no key says when: fields such as hour, or cron, seconds … weeks, or run_date');
    return undefined;
  }
  if (other !== undefined) {
    const [first, second] = [kind.keys.find(isWritten), other.keys.find(isWritten)];
    reader.fail(second, `${second} and ${first} are keys of two triggers, and there can be one`);
    return undefined;
  }
  if (kind.make === makeDate) {
    const bound = (['start_date', 'end_date'] as const).find(isWritten);
    if (bound !== undefined) reader.fail(bound, 'run_date is a single time, and has no bounds');
  }
  if (kind.make === makeInterval || kind.make === makeDate) {
    if (isWritten('dst')) reader.warn('dst', 'has a meaning for cron times only');
  }
  return kind;
}

/** `undefined`: one of them cannot be read, which is recorded. */
function readValues(reader: TriggerReader, scope: Scope): Values | undefined {
  const values = allTriggerKeys.map((key) => [key, reader.get(key, scope)] as const);
  const isComplete = values.every(([key, value]) => value !== undefined || reader.written(key) === undefined);
  return isComplete ? (Object.fromEntries(values) as Values) : undefined;
}

function makeCron(values: Values, options: TriggerOptions): Trigger {
  const { year, month, day, week, day_of_week, hour, minute, second } = values;
  const fields = { year, month, day, week, dayOfWeek: day_of_week, hour, minute, second };
  return new CronTrigger({ ...fields, ...boundsOf(values), dst: dstOf(values), ...options });
}

function makeCrontab(values: Values, options: TriggerOptions): Trigger {
  return parseCrontab(values.cron ?? '', { ...boundsOf(values), dst: dstOf(values), ...options });
}

function makeInterval(values: Values, options: TriggerOptions): Trigger {
  const { weeks, days, hours, minutes, seconds, years, months, at } = values;
  const common = { weeks, days, ...boundsOf(values), ...options };
  if (years === undefined && months === undefined && at === undefined) {
    if (lengthKeys.every((key) => !values[key])) throw new TriggerError('the interval is 0');
    return new IntervalTrigger({ ...common, hours, minutes, seconds });
  }
  const finer = (['hours', 'minutes', 'seconds'] as const).find((key) => values[key] !== undefined);
  if (finer !== undefined) {
    throw new TriggerError(`${finer} do not go with years, months or at`, { field: finer });
  }
  if ([years, months, weeks, days].every((length) => !length)) {
    throw new TriggerError('the interval is 0: at goes with years, months, weeks or days');
  }
  return new CalendarIntervalTrigger({ ...common, years, months, ...at });
}

function makeDate({ run_date }: Values, { timezone, jitter }: TriggerOptions): Trigger {
  const date = new DateTrigger({ runDate: run_date, timezone });
  // It has no jitter of its own.
  return jitter === undefined ? date : new OrTrigger([date], { jitter });
}

function boundsOf({ start_date: startDate, end_date: endDate }: Values) {
  return { startDate, endDate };
}

/** What holds anyway is left out, so that writing it down does not make another trigger of it. */
function dstOf({ dst }: Values): 'once' | undefined {
  return dst === 'once' ? dst : undefined;
}
