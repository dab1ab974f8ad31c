import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { JobStoreError } from '../errors.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** What makes a database ours: other ones are refused. */
export interface Schema {
  readonly applicationId: number;
  readonly version: number;
  /** Statements that make an empty database one of that version. */
  readonly sql: string;
}

/** Milliseconds for which another program that writes is waited for. Everything else in the process waits too. */
const patience = 200;

/**
 * What a transaction is to outlive: the end of the machine, for which the disk is waited for, or that of this process.
 * After the end of the machine all transactions up to some moment are there, and none of those behind it.
 */
export type Durability = 'machine' | 'process';

const synchronous: Readonly<Record<Durability, string>> = { machine: 'FULL', process: 'NORMAL' };

/**
 * A file of SQLite's with one owner, who is told in one line what goes wrong. Others may read it meanwhile, or take a
 * backup.
 */
export class SqliteDatabase {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #durability: Durability = 'machine';

  private constructor(path: string, database: DatabaseSync, lock: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#lock = lock;
  }

  /**
   * Opens a database, and makes it if there is none; its directory must exist.
   *
   * @throws {JobStoreError} it cannot be opened, is another program's, is damaged, or somebody has it open
   */
  static async open(file: string, schema: Schema): Promise<SqliteDatabase> {
    // An absolute path is never an address or a name with a meaning to SQLite.
    const path = resolve(file);
    const opened: DatabaseSync[] = [];
    try {
      // Only now: a daemon without schedules never loads it.
      const { DatabaseSync } = await import('node:sqlite');
      assertDirectory(path);
      // A database of its own, so that nobody who only reads is in the way, and none is in theirs. The kernel lets go of
      // the lock with the process, however that ends.
      create(`${path}-lock`);
      const lock = new DatabaseSync(`${path}-lock`, { timeout: 0 });
      opened.push(lock);
      acquire(lock);
      create(path);
      const database = new DatabaseSync(path, { timeout: patience });
      opened.push(database);
      prepareDatabase(database, schema);
      return new SqliteDatabase(path, database, lock);
    } catch (error) {
      for (const each of opened) each.close();
      throw new JobStoreError(`Cannot open job store "${path}": ${reason(error)}`, { cause: error });
    }
  }

  /** Rows of a query. Statements are kept: `sql` must be one of a few. */
  all(sql: string, ...parameters: SQLInputValue[]): readonly Row[] {
    return this.#try('read', () => this.#statement(sql).all(...parameters));
  }

  get(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#try('read', () => this.#statement(sql).get(...parameters));
  }

  /** Rows of a query as far as somebody looks, in one turn of the event loop. */
  *iterate(sql: string, ...parameters: SQLInputValue[]): Generator<Row, void> {
    const rows = this.#try('read', () => this.#statement(sql).iterate(...parameters));
    for (;;) {
      const { done, value } = this.#try('read', () => rows.next());
      if (done) return;
      yield value;
    }
  }

  /** In a transaction, or as one that outlives the machine. @returns how many rows were changed */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    if (!this.#database.isTransaction) this.#outlive('machine');
    return this.#execute(sql, ...parameters);
  }

  /** All of what `body` does or, if it throws, nothing. */
  transaction<T>(durability: Durability, body: () => T): T {
    this.#outlive(durability);
    this.#execute('BEGIN IMMEDIATE');
    try {
      const result = body();
      this.#execute('COMMIT');
      return result;
    } finally {
      // After some errors SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#execute('ROLLBACK');
    }
  }

  /** A part of a transaction, of which nothing stays if it throws or returns `false`, while the rest goes on. */
  part(body: () => boolean): boolean {
    this.#execute('SAVEPOINT part');
    let isDone = false;
    try {
      isDone = body();
    } finally {
      // After some errors SQLite has rolled back all of the transaction.
      if (this.#database.isTransaction) {
        if (!isDone) this.#execute('ROLLBACK TO part');
        this.#execute('RELEASE part');
      }
    }
    return isDone;
  }

  close(): void {
    this.#database.close();
    this.#lock.close();
  }

  /** What transactions outlive from now on. */
  #outlive(durability: Durability): void {
    if (durability === this.#durability) return;
    this.#try('write to', () => this.#database.exec(`PRAGMA synchronous=${synchronous[durability]}`));
    this.#durability = durability;
  }

  #execute(sql: string, ...parameters: SQLInputValue[]): number {
    return this.#try('write to', () => Number(this.#statement(sql).run(...parameters).changes));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #try<T>(action: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw new JobStoreError(`Cannot ${action} job store "${this.#path}": ${reason(error)}`, {
        cause: error,
      });
    }
  }
}

/** Whether a change was refused since a key, or something else that must be unique, is there already. */
export function violatesUniqueness(error: unknown): boolean {
  return error instanceof JobStoreError && [1555, 2067].includes(sqliteCode(error.cause) ?? 0);
}

function assertDirectory(path: string): void {
  const directory = dirname(path);
  if (!existsSync(directory)) throw new Error(`there is no directory ${directory}`);
  if (!statSync(directory).isDirectory()) throw new Error(`${directory} is not a directory`);
  // SQLite makes files beside the database, also to read it.
  accessSync(directory, constants.W_OK);
}

/** SQLite would make it readable for everybody. Never opens one that is there: closing it would end SQLite's locks. */
function create(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
}

function acquire(lock: DatabaseSync): void {
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (primaryCode(error) === 5) throw new Error('another daemon has it open', { cause: error });
    throw error;
  }
}

function prepareDatabase(database: DatabaseSync, { applicationId, version, sql }: Schema): void {
  // A change is a few bytes in many places: with pages of 1 KB half as much is written for it as with 4 KB.
  database.exec('PRAGMA trusted_schema=OFF; PRAGMA page_size=1024');
  const found = pragma(database, 'user_version');
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (!isEmpty && pragma(database, 'application_id') !== applicationId) {
    throw new Error('it is the database of another program');
  }
  if (found > version) throw new Error(`it is of version ${found}, and this one knows version ${version}`);
  // Before the first transaction; the other way round only after a checkpoint.
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304');
  if (!isEmpty) return;
  database.exec(`BEGIN IMMEDIATE;
    ${sql}
    PRAGMA application_id=${applicationId};
    PRAGMA user_version=${version};
    COMMIT`);
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
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

function reason(error: unknown): string {
  const known = reasons[primaryCode(error) ?? 0];
  const text = Error.isError(error) ? error.message : String(error);
  return known === undefined ? text : `${known} (${text})`;
}

function primaryCode(error: unknown): number | undefined {
  const code = sqliteCode(error);
  return code === undefined ? undefined : code & 0xff;
}

function sqliteCode(error: unknown): number | undefined {
  const code: unknown = Error.isError(error) ? Reflect.get(error, 'errcode') : undefined;
  return typeof code === 'number' ? code : undefined;
}
