import type { SQLInputValue } from 'node:sqlite';
import { failures } from '../run.ts';
import { type Fields, runFields, standingFields } from './records.ts';
import type { Row, Schema } from './sqlite-database.ts';

/** The list of failures as SQL; in an index and in the query that is to use it, it must be the same. */
export const isFailure = `state IN (${failures.map((state) => `'${state}'`).join(', ')})`;

/**
 * Times are milliseconds since 1970; `spec`, `data` and `return_value` are JSON.
 *
 * Nothing that the scheduler asks for goes through all jobs or all runs. There are no more indexes than that takes:
 * each costs a page for every change that it takes part in, and a run is changed five times.
 */
export const schema: Schema = {
  // "schd"
  applicationId: 0x73636864,
  version: 1,
  sql: `
    CREATE TABLE jobs (
      id TEXT NOT NULL PRIMARY KEY,
      next_run_time INTEGER,
      due_time INTEGER,
      is_paused INTEGER NOT NULL,
      last_fire_time INTEGER,
      created INTEGER NOT NULL,
      modified INTEGER NOT NULL,
      spec TEXT NOT NULL
    ) STRICT;
    CREATE INDEX jobs_by_due_time ON jobs (due_time, id) WHERE due_time IS NOT NULL;
    CREATE TABLE runs (
      id TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      job_id TEXT NOT NULL,
      fire_time INTEGER NOT NULL,
      cause TEXT NOT NULL,
      state TEXT NOT NULL,
      count INTEGER NOT NULL,
      last_fire_time INTEGER NOT NULL,
      node TEXT NOT NULL,
      due_time INTEGER NOT NULL,
      claimed INTEGER NOT NULL,
      started INTEGER,
      ended INTEGER,
      lease_until INTEGER,
      exit_status INTEGER,
      signal INTEGER,
      is_stop_requested INTEGER NOT NULL,
      error TEXT,
      return_value TEXT,
      data TEXT NOT NULL,
      is_settled INTEGER NOT NULL,
      PRIMARY KEY (id, attempt)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX fires ON runs (job_id, fire_time) WHERE attempt = 1 AND cause IN ('schedule', 'catchup');
    CREATE INDEX runs_by_job ON runs (job_id, id, attempt);
    CREATE INDEX open_runs ON runs (job_id, id, attempt) WHERE is_settled = 0;
    CREATE INDEX failed_runs ON runs (id, attempt) WHERE ${isFailure};
    CREATE INDEX history ON runs (job_id, (${isFailure}), coalesce(ended, claimed), id, attempt)
      WHERE is_settled = 1;
  `,
};

/** Columns of a job besides `id` and `spec`. */
export const standingColumns = columnsOf(standingFields);
export const runColumns = columnsOf(runFields);

/** Values in the order of the table's columns. */
export function valuesOf<T extends object>(fields: Fields<T>, value: T): SQLInputValue[] {
  return keysOf(fields).map((key) => {
    const field: unknown = value[key];
    if (field === undefined) return null;
    if (field instanceof Date) return field.getTime();
    const { kind } = fields[key];
    if (kind === 'json') return JSON.stringify(field);
    return kind === 'flag' ? Number(field) : (field as SQLInputValue);
  });
}

/** The record in a row. @throws {SyntaxError} what is to be JSON is not */
export function fieldsOfRow<T extends object>(fields: Fields<T>, row: Row): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const key of keysOf(fields)) {
    const stored = row[column(key)];
    if (stored === null || stored === undefined) continue;
    const { kind } = fields[key];
    record[key] = kind === 'json' ? JSON.parse(String(stored)) : kind === 'flag' ? stored !== 0 : stored;
  }
  return record;
}

function columnsOf<T extends object>(fields: Fields<T>): readonly string[] {
  return keysOf(fields).map(column);
}

function keysOf<T extends object>(fields: Fields<T>): readonly (keyof T & string)[] {
  return Object.keys(fields) as (keyof T & string)[];
}

/** A field's name the way SQL has it. */
function column(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
