import { type FSWatcher, renameSync, rmSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { JobStoreError } from '../errors.ts';
import { primaryCode, reason } from './sqlite-errors.ts';
import {
  assertDirectory,
  create,
  createLike,
  FileIdentities,
  filesOf,
  lockOf,
  syncFile,
} from './sqlite-files.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** What makes a database ours: other ones are refused. */
export interface Schema {
  readonly applicationId: number;
  readonly version: number;
  /** Statements that make an empty database one of that version. */
  readonly sql: string;
}

export interface SqliteDatabaseOptions {
  readonly schema: Schema;
  /** For what goes wrong and is dealt with. */
  readonly warn: (text: string) => void;
}

interface Opened {
  readonly Database: typeof DatabaseSync;
  readonly database: DatabaseSync;
  readonly lock: DatabaseSync;
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
 * backup. If somebody removes it, it is made again with everything that was in it.
 */
export class SqliteDatabase {
  readonly #path: string;
  readonly #schema: Schema;
  readonly #warn: (text: string) => void;
  readonly #Database: typeof DatabaseSync;
  readonly #files = new FileIdentities();
  #database: DatabaseSync;
  #lock: DatabaseSync;
  #watcher: FSWatcher | undefined;
  readonly #statements = new Map<string, StatementSync>();
  #durability: Durability = 'machine';

  private constructor(path: string, { schema, warn }: SqliteDatabaseOptions, opened: Opened) {
    this.#path = path;
    this.#schema = schema;
    this.#warn = warn;
    this.#Database = opened.Database;
    this.#database = opened.database;
    this.#lock = opened.lock;
    this.#noteFiles();
  }

  /**
   * Opens a database, and makes it if there is none; its directory must exist.
   *
   * @throws {JobStoreError} it cannot be opened, is another program's, is damaged, or somebody has it open
   */
  static async open(file: string, options: SqliteDatabaseOptions): Promise<SqliteDatabase> {
    // An absolute path is never an address or a name with a meaning to SQLite.
    const path = resolve(file);
    const opened: DatabaseSync[] = [];
    try {
      // Only now: a daemon without schedules never loads it.
      const { DatabaseSync: Database } = await import('node:sqlite');
      assertDirectory(path);
      // A database of its own, so that nobody who only reads is in the way, and none is in theirs. The kernel lets go of
      // the lock with the process, however that ends.
      const lock = openLock(Database, path);
      opened.push(lock);
      create(path);
      const database = new Database(path, { timeout: patience });
      opened.push(database);
      prepareDatabase(database, options.schema);
      return new SqliteDatabase(path, options, { Database, database, lock });
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
    try {
      for (;;) {
        const { done, value } = this.#try('read', () => rows.next());
        if (done) return;
        yield value;
      }
    } finally {
      // What is not read to its end would be in the way of others.
      rows.return?.();
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
    this.#watcher?.close();
    try {
      this.#keepFiles();
    } catch (error) {
      this.#warn(`What is in job store "${this.#path}" is lost: ${reason(error)}`);
    }
    if (this.#database.isOpen) this.#database.close();
    this.#lock.close();
  }

  /**
   * Sees to it that what is written will be found: the files that are open may not be those any more that others find.
   *
   * @throws what is in the way
   */
  #keepFiles(): void {
    const path = this.#path;
    if (!this.#database.isOpen) this.#reopen();
    const lost = filesOf(path).filter((file) => this.#files.fateOf(file) !== 'there');
    if (lost.length === 0) return;
    assertDirectory(path);
    if (lost.includes(lockOf(path))) {
      const lock = openLock(this.#Database, path);
      this.#lock.close();
      this.#lock = lock;
      this.#files.note([lockOf(path)]);
    }
    if (this.#files.fateOf(path) === 'another') throw new Error('another file has its name');
    if (lost.some((file) => file !== lockOf(path))) this.#replace();
    for (const file of lost) this.#warn(`'${file}' was removed, and has been made again`);
  }

  /** What is in the files that are open is in the file of that name then. */
  #replace(): void {
    const path = this.#path;
    const copy = this.#copy();
    this.#database.close();
    // These are of the old one, and SQLite would take them for parts of the new one.
    for (const file of [`${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    renameSync(copy, path);
    syncFile(dirname(path));
    this.#reopen();
  }

  /** Puts everything into a file of another name. */
  #copy(): string {
    const copy = `${this.#path}-copy`;
    for (const file of [copy, `${copy}-journal`]) rmSync(file, { force: true });
    createLike(copy, this.#files.ownershipOf(this.#path));
    try {
      this.#database.prepare('VACUUM INTO ?').run(copy);
      syncFile(copy);
    } catch (error) {
      rmSync(copy, { force: true });
      throw error;
    }
    return copy;
  }

  #reopen(): void {
    this.#statements.clear();
    this.#files.note(filesOf(this.#path));
    const database = new this.#Database(this.#path, { timeout: patience });
    try {
      prepareDatabase(database, this.#schema);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    this.#durability = 'machine';
    this.#noteFiles();
  }

  /** The files are those that are open. What is told of is the removal of a file, not of its name: others are watched anew. */
  #noteFiles(): void {
    this.#files.note(filesOf(this.#path));
    this.#watcher?.close();
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#look());
      this.#watcher.on('error', () => undefined);
    } catch {
      // No more watches are allowed: it is noticed with the next change.
    }
  }

  #look(): void {
    try {
      this.#keepFiles();
    } catch (error) {
      this.#warn(`Cannot write to job store "${this.#path}": ${reason(error)}`);
    }
  }

  /** What transactions outlive from now on. */
  #outlive(durability: Durability): void {
    if (durability === 'machine') this.#try('write to', () => this.#keepFiles());
    if (durability === this.#durability) return;
    this.#try('write to', () => this.#database.exec(`PRAGMA synchronous=${synchronous[durability]}`));
    this.#durability = durability;
  }

  #execute(sql: string, ...parameters: SQLInputValue[]): number {
    return this.#try('write to', () => Number(this.#statement(sql).run(...parameters).changes));
  }

  #statement(sql: string): StatementSync {
    if (!this.#database.isOpen) this.#reopen();
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

/** @throws {Error} another daemon has it */
function openLock(Database: typeof DatabaseSync, path: string): DatabaseSync {
  create(lockOf(path));
  const lock = new Database(lockOf(path), { timeout: 0 });
  try {
    acquire(lock);
  } catch (error) {
    lock.close();
    throw error;
  }
  return lock;
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
  const isEmpty = !hasSchema(database);
  if (!isEmpty && pragma(database, 'application_id') !== applicationId) {
    throw new Error('it is the database of another program');
  }
  if (found > version) throw new Error(`it is of version ${found}, and this one knows version ${version}`);
  // Before the first transaction; the other way round only after a checkpoint.
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304');
  // SQLite opens the log of the database when it reads, for which the files have to be there as yet.
  if (hasSchema(database)) return;
  database.exec(`BEGIN IMMEDIATE;
    ${sql}
    PRAGMA application_id=${applicationId};
    PRAGMA user_version=${version};
    COMMIT`);
}

function hasSchema(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
