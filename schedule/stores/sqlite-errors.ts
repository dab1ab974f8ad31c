import { JobStoreError } from '../errors.ts';

/** Whether a change was refused since a key, or something else that must be unique, is there already. */
export function violatesUniqueness(error: unknown): boolean {
  return error instanceof JobStoreError && [1555, 2067].includes(sqliteCode(error.cause) ?? 0);
}

/** By SQLite's primary result code. */
const reasons: Readonly<Record<number, string>> = {
  5: 'another program is writing to it',
  6: 'another program is writing to it',
  8: 'it can only be read',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'it cannot be opened',
  26: 'it is not a database',
};

/** What SQLite, or the system, has against it, in one line. */
export function reason(error: unknown): string {
  const known = reasons[primaryCode(error) ?? 0];
  const text = Error.isError(error) ? error.message : String(error);
  return known === undefined ? text : `${known} (${text})`;
}

/** What kind of an error of SQLite's it is, if it is one. */
export function primaryCode(error: unknown): number | undefined {
  const code = sqliteCode(error);
  return code === undefined ? undefined : code & 0xff;
}

function sqliteCode(error: unknown): number | undefined {
  const code: unknown = Error.isError(error) ? Reflect.get(error, 'errcode') : undefined;
  return typeof code === 'number' ? code : undefined;
}
