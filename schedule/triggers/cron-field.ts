/**
 * The language of a cron trigger's fields: APScheduler's, taken strictly. What APScheduler reads and silently
 * ignores the rest of (`mon-fri/2`, `lasts`) is an error here.
 *
 * @see apscheduler/triggers/cron/expressions.py, apscheduler/triggers/cron/fields.py
 */
import { TriggerError } from '../trigger-error.ts';

/** Each field with the values it can take; the most significant first. */
export const cronFields = {
  year: { first: 1970, last: 9999 },
  month: { first: 1, last: 12 },
  day: { first: 1, last: 31 },
  week: { first: 1, last: 53 },
  day_of_week: { first: 0, last: 6 },
  hour: { first: 0, last: 23 },
  minute: { first: 0, last: 59 },
  second: { first: 0, last: 59 },
} as const;

export type CronFieldName = keyof typeof cronFields;

export const weekdayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const monthNames = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
] as const;
const positionNames: readonly string[] = ['1st', '2nd', '3rd', '4th', '5th', 'last'];

/** Such as the third friday of a month. */
export interface WeekdayPosition {
  /** 1–5, or `last`. */
  readonly position: number | 'last';
  /** 0 is monday. */
  readonly weekday: number;
}

/** What a field matches. */
export interface CronField {
  /** As APScheduler would print it. */
  readonly text: string;
  /** Its numbers, ascending; `undefined` if it matches all. */
  readonly values: readonly number[] | undefined;
  /** Days that depend on the month; only in the field `day`. */
  readonly positions: readonly WeekdayPosition[];
  /** Whether the last day of a month matches; only in the field `day`. */
  readonly hasLastDay: boolean;
}

/** One expression of the list that a field is. */
interface Expression {
  readonly text: string;
  readonly isAll?: boolean;
  readonly range?: Range;
  readonly position?: WeekdayPosition;
  readonly isLastDay?: boolean;
}

/** Every so many numbers from one to another, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/**
 * Reads a field.
 *
 * @throws {TriggerError} with the text of APScheduler
 */
export function parseCronField(name: CronFieldName, text: string): CronField {
  const expressions = text
    .trim()
    .split(/ *, */)
    .map((expression) => parseExpression(name, expression));
  const isAll = expressions.some((expression) => expression.isAll);
  return {
    text: expressions.map((expression) => expression.text).join(','),
    values: isAll ? undefined : valuesOf(name, expressions),
    positions: expressions.flatMap(({ position }) => position ?? []),
    hasLastDay: expressions.some(({ isLastDay }) => isLastDay),
  };
}

type Groups = Readonly<Record<string, string | undefined>>;
type Reading = (name: CronFieldName, groups: Groups) => Expression;

/** The forms of expressions, and the fields that have them, if not all do. */
const forms: readonly { readonly pattern: RegExp; readonly only?: CronFieldName; readonly read: Reading }[] =
  [
    { pattern: /^\*(?:\/(?<step>\d+))?$/, read: readAll },
    { pattern: /^(?<first>\d+)(?:-(?<last>\d+))?(?:\/(?<step>\d+))?$/, read: readRange },
    { pattern: /^(?<position>1st|2nd|3rd|4th|5th|last) +(?<weekday>\w+)$/i, only: 'day', read: readPosition },
    { pattern: /^last$/i, only: 'day', read: () => ({ text: 'last', isLastDay: true }) },
    { pattern: /^(?<first>[a-z]+)(?:-(?<last>[a-z]+))?$/i, only: 'day_of_week', read: readWeekdays },
    { pattern: /^(?<first>[a-z]+)(?:-(?<last>[a-z]+))?$/i, only: 'month', read: readMonths },
  ];

function parseExpression(name: CronFieldName, text: string): Expression {
  for (const { pattern, only, read } of forms) {
    const match = only === undefined || only === name ? pattern.exec(text) : null;
    if (match === null) continue;
    try {
      return read(name, match.groups ?? {});
    } catch (error) {
      if (!(error instanceof OutOfRange)) throw error;
      throw new TriggerError(`Error validating expression '${text}': ${error.message}`, {
        field: name,
        reason: error.message,
      });
    }
  }
  const reason = `Unrecognized expression "${text}"`;
  throw new TriggerError(`${reason} for field "${name}"`, { field: name, reason });
}

/** A value that its field cannot take. */
class OutOfRange extends Error {}

function readAll(name: CronFieldName, { step }: Groups): Expression {
  const { first, last } = cronFields[name];
  if (step === undefined) return { text: '*', isAll: true };
  const by = readStep(name, step);
  checkStep(by, last - first);
  return { text: `*/${by}`, range: { from: first, to: last, step: by } };
}

function readRange(name: CronFieldName, groups: Groups): Expression {
  const by = groups['step'] === undefined ? undefined : readStep(name, groups['step']);
  const from = Number(groups['first']);
  const to = groups['last'] === undefined ? (by === undefined ? from : undefined) : Number(groups['last']);
  const range = checkedRange(name, from, to, by);
  const text = to === undefined || to === from ? String(from) : `${from}-${to}`;
  return { text: by === undefined ? text : `${text}/${by}`, range };
}

function checkedRange(
  name: CronFieldName,
  from: number,
  to: number | undefined,
  by: number | undefined,
): Range {
  if (to !== undefined && from > to) {
    fail(name, 'The minimum value in a range must not be higher than the maximum');
  }
  const { first, last } = cronFields[name];
  if (by !== undefined) checkStep(by, last - first);
  if (from < first) {
    throw new OutOfRange(`the first value (${from}) is lower than the minimum value (${first})`);
  }
  if (to !== undefined && to > last) {
    throw new OutOfRange(`the last value (${to}) is higher than the maximum value (${last})`);
  }
  // APScheduler takes a last value of 0 for none here.
  if (by !== undefined) checkStep(by, (to || last) - from);
  return { from, to: to ?? last, step: by ?? 1 };
}

function readStep(name: CronFieldName, text: string): number {
  const step = Number(text);
  if (step === 0) fail(name, 'Increment must be higher than 0');
  return step;
}

function checkStep(step: number, range: number): void {
  if (step <= range) return;
  throw new OutOfRange(
    `the step value (${step}) is higher than the total range of the expression (${range})`,
  );
}

function readPosition(name: CronFieldName, groups: Groups): Expression {
  const index = positionNames.indexOf(groups['position']?.toLowerCase() ?? '');
  const weekday = readName(name, weekdayNames, 'weekday', groups['weekday'] ?? '');
  return {
    text: `${positionNames[index]} ${weekdayNames[weekday]}`,
    position: { position: index === 5 ? 'last' : index + 1, weekday },
  };
}

function readWeekdays(name: CronFieldName, groups: Groups): Expression {
  return readNames(name, weekdayNames, 'weekday', groups);
}

function readMonths(name: CronFieldName, groups: Groups): Expression {
  return readNames(name, monthNames, 'month', groups);
}

function readNames(field: CronFieldName, names: readonly string[], kind: string, groups: Groups): Expression {
  const from = readName(field, names, kind, groups['first'] ?? '');
  const to = groups['last'] === undefined ? from : readName(field, names, kind, groups['last']);
  const { first } = cronFields[field];
  const range = checkedRange(field, first + from, first + to, undefined);
  return { text: from === to ? `${names[from]}` : `${names[from]}-${names[to]}`, range };
}

function readName(field: CronFieldName, names: readonly string[], kind: string, text: string): number {
  const index = names.indexOf(text.toLowerCase());
  if (index === -1) fail(field, `Invalid ${kind} name "${text}"`);
  return index;
}

function fail(field: CronFieldName, reason: string): never {
  throw new TriggerError(reason, { field });
}

/** The numbers of all ranges, ascending; a list may be as long as it likes, so that each is looked at once. */
function valuesOf(name: CronFieldName, expressions: readonly Expression[]): readonly number[] {
  const ranges = new Map(
    expressions.flatMap(({ text, range }) => (range === undefined ? [] : [[text, range]])),
  );
  const { first, last } = cronFields[name];
  const isIn = new Uint8Array(last - first + 1);
  for (const { from, to, step } of ranges.values()) {
    for (let value = from; value <= to; value += step) isIn[value - first] = 1;
  }
  const values: number[] = [];
  for (let value = first; value <= last; value += 1) if (isIn[value - first] === 1) values.push(value);
  return values;
}
