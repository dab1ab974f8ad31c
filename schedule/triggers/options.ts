/** What several triggers read in the same way from their options. */
import { TriggerError } from '../trigger-error.ts';
import { parseInstant } from '../wall-clock/date-text.ts';
import { hostTimeZone } from '../wall-clock/host-time-zone.ts';
import { type TimeZone, timeZone } from '../wall-clock/time-zone.ts';
import type { SpecValue, TriggerSpec } from './trigger.ts';

/** A date as triggers take it: an instant, or text that `parseInstant` reads in the trigger's zone. */
export type DateOption = Date | string;

/** The zone of a name, or the host's. */
export function zoneOf(timezone: string | undefined): TimeZone {
  return timeZone(timezone ?? hostTimeZone());
}

/**
 * The instant of a date option, in milliseconds; `undefined` if it is not given.
 *
 * @throws {TriggerError} it is no date
 */
export function readInstant(date: DateOption | undefined, zone: TimeZone, field: string): number | undefined {
  if (date === undefined) return undefined;
  if (typeof date === 'string') return parseInstant(date, zone, field);
  if (!(date instanceof Date))
    throw new TriggerError(`Unsupported type for ${field}: ${typeof date}`, { field });
  if (Number.isNaN(date.getTime())) throw new TriggerError('Invalid date string', { field });
  return date.getTime();
}

/**
 * Seconds of jitter; 0 if it is not given.
 *
 * @throws {TriggerError} it is negative or no number
 */
export function readJitter(jitter: number | undefined = 0): number {
  if (Number.isFinite(jitter) && jitter >= 0) return jitter;
  throw new TriggerError('jitter must be a number of seconds, 0 or more', { field: 'jitter' });
}

/** The spec of a trigger: the options that are given, dates as text, in an order that never changes. */
export function specOf(
  type: string,
  options: Readonly<Record<string, SpecValue | Date | undefined>>,
): TriggerSpec {
  const given = Object.entries(options).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return [[key, value instanceof Date ? value.toISOString() : value] as const];
  });
  return { type, ...Object.fromEntries(given) };
}
