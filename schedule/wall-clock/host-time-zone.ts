/**
 * The zone of the host, as its C library has it: from the variable `TZ`, or from `/etc/localtime`.
 *
 * `Intl` knows it only if `TZ` is not set, or is the name of a zone. Of a file, such as the `:/etc/localtime` that
 * many set, it takes the offset of winter for the whole year; an empty `TZ`, which is UTC, it calls unknown; and
 * what it cannot read it passes over.
 */
import { realpathSync } from 'node:fs';
import { env } from 'node:process';
import { TriggerError } from '../trigger-error.ts';
import { timeZone } from './time-zone.ts';

/** The name of the host's zone; UTC if nothing tells it. */
export function hostTimeZone(): string {
  return findHostTimeZone(env['TZ']) ?? 'UTC';
}

/**
 * The name of the host's zone, or its offset; `undefined` if `TZ` has rules of its own, or means nothing.
 *
 * @param tz what the variable `TZ` is; `undefined` if it is not set
 * @see tzset(3)
 */
export function findHostTimeZone(tz: string | undefined): string | undefined {
  const text = tz?.replace(/^:/, '');
  if (text === '') return 'UTC';
  const name = text === undefined ? new Intl.DateTimeFormat().resolvedOptions().timeZone : nameOf(text);
  return [name, fixedOffset(text)].find(isTimeZone);
}

/** Files of the tz database are called like their zones. */
function nameOf(text: string): string {
  const name = text.startsWith('/') ? realPathOf(text).replace(/^.*\/zoneinfo\//, '') : text;
  return name.replace(/^(?:posix|right)\//, '');
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** `+03:00` of `MSK-3`: there the offset is that from the zone to UTC. */
function fixedOffset(text: string | undefined): string | undefined {
  const pattern = /^(?:[a-z]{3,}|<[\w+-]+>)(?<sign>[+-]?)(?<hours>\d{1,2})(?::(?<minutes>\d\d))?$/i;
  const { sign, hours = '', minutes = '00' } = pattern.exec(text ?? '')?.groups ?? {};
  return sign === undefined ? undefined : `${sign === '-' ? '+' : '-'}${hours.padStart(2, '0')}:${minutes}`;
}

function isTimeZone(name: string | undefined): boolean {
  if (name === undefined) return false;
  try {
    timeZone(name);
    return true;
  } catch (error) {
    if (error instanceof TriggerError) return false;
    throw error;
  }
}
