/**
 * Jobs and runs as plain records, for stores that keep them outside of this process: times are milliseconds since
 * 1970, what is `undefined` is left out. One table for each says what is in it; whoever reads a record checks all of it, for
 * what is in a store may come from anywhere.
 */
import type { Job, JobSpec } from '../job.ts';
import type { Json } from '../json.ts';
import type { Run } from '../run.ts';
import type { TriggerSpec } from '../triggers/trigger.ts';

/** What a field of a record looks like from outside. */
export type FieldKind = 'text' | 'number' | 'flag' | 'time' | 'json';

export interface Field<T> {
  readonly kind: FieldKind;
  /** @throws {Error} the value is none of a field of this kind */
  readonly read: (value: unknown) => T;
}

export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** A record as it is kept: keys in the order of the table, so that equal ones are equal as text too. */
export type StoredRecord = Readonly<Record<string, Json>>;

const text: Field<string> = { kind: 'text', read: asserted((value) => typeof value === 'string') };
const number: Field<number> = { kind: 'number', read: asserted((value) => Number.isFinite(value)) };
const flag: Field<boolean> = { kind: 'flag', read: asserted((value) => typeof value === 'boolean') };
const json: Field<Json> = { kind: 'json', read: asserted((value) => value !== undefined) };
const time: Field<Date> = { kind: 'time', read: readTime };
const triggerSpec: Field<TriggerSpec> = { kind: 'json', read: asserted(isTriggerSpec) };

/** What the maker of a job decides. */
export const specFields: Fields<JobSpec> = {
  id: text,
  name: text,
  source: oneOf('file', 'rpc', 'api'),
  executor: text,
  func: text,
  args: { kind: 'json', read: asserted(Array.isArray) },
  trigger: triggerSpec,
  givenTrigger: triggerSpec,
  misfireGraceTime: orNull(number),
  coalesce: oneOf('latest', 'earliest', 'all'),
  maxInstances: number,
  overlap: oneOf('skip', 'queue', 'replace'),
  timeout: orNull(number),
  retries: number,
  retryDelay: number,
  onLost: oneOf('fail', 'rerun'),
  hosts: orNull({ kind: 'json', read: asserted(isListOfTexts) }),
  historyLimit: number,
  historyMaxAge: orNull(number),
  data: json,
};

/** Where a job stands. */
export const standingFields: Fields<Omit<Job, keyof JobSpec>> = {
  nextRunTime: optional(time),
  dueTime: optional(time),
  isPaused: flag,
  lastFireTime: optional(time),
  created: time,
  modified: time,
};

export const jobFields: Fields<Job> = { ...specFields, ...standingFields };

export const runFields: Fields<Run> = {
  id: text,
  attempt: number,
  jobId: text,
  fireTime: time,
  cause: oneOf('schedule', 'catchup', 'manual', 'chain', 'start', 'retry', 'rerun'),
  state: oneOf(
    'CLAIMED',
    'STARTING',
    'RUNNING',
    'SUCCESS',
    'FAILED',
    'TIMEOUT',
    'CANCELLED',
    'SPAWN_ERROR',
    'LOST',
    'MISSED',
    'SKIPPED',
    'COALESCED',
  ),
  count: number,
  lastFireTime: time,
  node: text,
  dueTime: time,
  claimed: time,
  started: optional(time),
  ended: optional(time),
  leaseUntil: optional(time),
  exitStatus: optional(number),
  signal: optional(number),
  isStopRequested: flag,
  error: optional(text),
  returnValue: optional(json),
  data: json,
  isSettled: flag,
};

/** Only what is in the table is kept. */
export function toRecord<T extends object>(fields: Fields<T>, value: T): StoredRecord {
  const record: Record<string, Json> = {};
  for (const key of Object.keys(fields)) {
    const field: unknown = value[key as keyof T];
    if (field === undefined) continue;
    record[key] = field instanceof Date ? field.getTime() : (field as Json);
  }
  return record;
}

/** @throws {Error} it says which field is wrong */
export function fromRecord<T extends object>(fields: Fields<T>, record: unknown): T {
  if (typeof record !== 'object' || record === null) throw new Error(`it is ${inShort(record)}`);
  const value: Partial<T> = {};
  for (const key of Object.keys(fields) as (keyof T & string)[]) {
    const stored: unknown = Object.hasOwn(record, key) ? Reflect.get(record, key) : undefined;
    try {
      value[key] = fields[key].read(stored);
    } catch {
      throw new Error(`its ${key} is ${inShort(stored)}`);
    }
  }
  return value as T;
}

function readTime(value: unknown): Date {
  const date = new Date(typeof value === 'number' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new Error('not a time');
  return date;
}

function optional<T>({ kind, read }: Field<T>): Field<T | undefined> {
  return { kind, read: (value) => (value === undefined ? undefined : read(value)) };
}

function orNull<T>({ kind, read }: Field<T>): Field<T | null> {
  return { kind, read: (value) => (value === null ? null : read(value)) };
}

function oneOf<const T extends string>(...values: readonly T[]): Field<T> {
  return { kind: 'text', read: asserted((value) => values.some((known) => known === value)) };
}

function asserted<T>(isOne: (value: unknown) => boolean): (value: unknown) => T {
  return (value) => {
    if (!isOne(value)) throw new Error('not one');
    return value as T;
  };
}

function isTriggerSpec(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function inShort(value: unknown): string {
  if (value === undefined) return 'missing';
  const shown = JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}
