/**
 * The language of a crontab's fields, put into that of cron triggers. It differs in the numbers of weekdays (0
 * and 7 are sunday), in steps, which may go with names and may be longer than the range, and in `?`, `L`, `5L`
 * and `1#3`.
 *
 * @see crontab(5); robfig/cron, whose `?` programs written in Go know
 */
import { TriggerError } from '../trigger-error.ts';
import { type CronFieldName, cronFields, monthNames, parseCronField, weekdayNames } from './cron-field.ts';

/** The fields that a line of a crontab can have. */
export type CrontabFieldName = Exclude<CronFieldName, 'year' | 'week'>;

/** A field of a crontab in the language of cron triggers. */
export interface CrontabField {
  /** What the trigger's field of that name is. Empty if nothing but positions is left for another. */
  readonly text: string;
  /** Weekdays of a month, such as `3rd fri`. They belong to the day of a trigger. */
  readonly positions: readonly string[];
  /** Whether it begins with `*`, and so leaves the choice of days to the other field. */
  readonly isOpen: boolean;
}

/**
 * Reads a field of a crontab.
 *
 * @throws {TriggerError} it is not right, or says what cannot be said
 */
export function parseCrontabField(name: CrontabFieldName, text: string): CrontabField {
  const items = text.split(',');
  const positions = items.flatMap((item) => positionIn(name, item) ?? []);
  const others = items.filter((item) => positionIn(name, item) === undefined);
  const isOpen = /^[*?]/.test(text);
  const translated =
    name === 'day_of_week' ? weekdays(others) : others.map((item) => translate(name, item)).join(',');
  return { text: translated, positions, isOpen };
}

/**
 * The names of the weekdays of a crontab's field, for a cron trigger.
 *
 * @throws {TriggerError} it is not right
 */
export function weekdaysOfCrontab(text: string): string {
  return weekdays(text.split(','));
}

interface Item {
  /** `undefined`: all. */
  readonly first?: number;
  readonly last?: number;
  readonly step?: number;
}

const itemPattern = /^(?:(?<all>[*?])|(?<first>[a-z]+|\d+)(?:-(?<last>[a-z]+|\d+))?)(?:\/(?<step>\d+))?$/i;

function parseItem(name: CrontabFieldName, text: string): Item {
  const { all, first, last, step } = itemPattern.exec(text)?.groups ?? unrecognized(name, text);
  if (all === '?' && name !== 'day' && name !== 'day_of_week') unrecognized(name, text);
  if (Number(step) === 0) throw new TriggerError('Increment must be higher than 0', { field: name });
  return {
    ...(first === undefined ? {} : { first: numberOf(name, first, 'first', text) }),
    ...(last === undefined ? {} : { last: numberOf(name, last, 'last', text) }),
    ...(step === undefined ? {} : { step: Number(step) }),
  };
}

function numberOf(name: CrontabFieldName, word: string, end: 'first' | 'last', text: string): number {
  if (/^\d/.test(word)) return Number(word);
  const index = name === 'month' ? namesIndex(monthNames, word) : namesIndex(weekdayNames, word);
  if (name === 'month' && index !== -1) return index + 1;
  // Sunday is 0, but 7 at the end of a range.
  if (name === 'day_of_week' && index !== -1) return index === 6 && end === 'first' ? 0 : index + 1;
  if (name !== 'month' && name !== 'day_of_week') unrecognized(name, text);
  const kind = name === 'month' ? 'month' : 'weekday';
  throw new TriggerError(`Invalid ${kind} name "${word}"`, { field: name });
}

function namesIndex(names: readonly string[], word: string): number {
  return names.indexOf(word.toLowerCase());
}

/**
 * One item in the language of cron triggers, which knows no step longer than its range: such a one leaves the
 * first value alone.
 */
function translate(name: CrontabFieldName, text: string): string {
  if (name === 'day' && /^L$/i.test(text)) return 'last';
  const { first, last, step } = parseItem(name, text);
  const range = cronFields[name];
  if (first === undefined) {
    if (step === undefined) return '*';
    return step > range.last - range.first ? String(range.first) : `*/${step}`;
  }
  const span = last === undefined ? String(first) : `${first}-${last}`;
  if (step === undefined) return span;
  parseCronField(name, span);
  return step > (last ?? range.last) - first ? String(first) : `${span}/${step}`;
}

const lastWeekday = 7;

function weekdays(items: readonly string[]): string {
  const days = new Set<number>();
  for (const text of items) {
    const { first, last, step } = parseItem('day_of_week', text);
    if (first === undefined && step === undefined) return '*';
    const from = first ?? 0;
    const to = last ?? (step === undefined ? from : Math.max(from, lastWeekday - 1));
    checkWeekdays(text, from, to);
    for (let day = from; day <= to; day += step ?? 1) days.add((day + 6) % 7);
  }
  return runs(days);
}

function checkWeekdays(text: string, first: number, last: number): void {
  const field = 'day_of_week';
  if (first > last) {
    throw new TriggerError('The minimum value in a range must not be higher than the maximum', { field });
  }
  if (last <= lastWeekday) return;
  const reason = `the last value (${last}) is higher than the maximum value (${lastWeekday})`;
  throw new TriggerError(`Error validating expression '${text}': ${reason}`, { field, reason });
}

/** `mon-wed,fri`. */
function runs(days: ReadonlySet<number>): string {
  const texts: string[] = [];
  for (let day = 0; day < weekdayNames.length; day += 1) {
    if (!days.has(day)) continue;
    const first = day;
    while (days.has(day + 1)) day += 1;
    texts.push(day === first ? `${weekdayNames[day]}` : `${weekdayNames[first]}-${weekdayNames[day]}`);
  }
  return texts.join(',');
}

const ordinals = ['1st', '2nd', '3rd', '4th', '5th'] as const;

/** `3rd fri` of `5#3` or `fri#3`, `last fri` of `5L`; only among weekdays. */
function positionIn(name: CrontabFieldName, text: string): string | undefined {
  if (name !== 'day_of_week') return undefined;
  const [, word, last, nth] = /^([a-z]{3}|\d+)(?:(L)|#(\d+))$/i.exec(text) ?? [];
  if (word === undefined) return undefined;
  const day = weekdays([word]);
  if (last !== undefined) return `last ${day}`;
  return `${ordinals[Number(nth) - 1] ?? unrecognized(name, text)} ${day}`;
}

function unrecognized(field: CrontabFieldName, text: string): never {
  const hint = hints.find(({ pattern }) => pattern.test(text))?.hint ?? '';
  const reason = `Unrecognized expression "${text}"`;
  throw new TriggerError(`${reason} for field "${field}"${hint}`, { field, reason: `${reason}${hint}` });
}

const hints = [
  { pattern: /^(?:\d+|L)W$/i, hint: ': the weekday nearest to a day cannot be asked for' },
  { pattern: /^L-\d+$/i, hint: ': a number of days before the last one cannot be asked for' },
  { pattern: /^H/, hint: ': a value chosen by a hash is not known; use jitter' },
];
