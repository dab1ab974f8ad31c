import { ConflictingIdError, JobLookupError, JobStoreError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { DueJob, JobChange, JobStore, JobStoreContext, RunQuery } from '../job-store.ts';
import { activeStates, failures, type Run, type RunOutcome } from '../run.ts';
import { RecordReader } from './record-reader.ts';
import { runFields, specFields, standingFields, toRecord } from './records.ts';
import { type Row, SqliteDatabase } from './sqlite-database.ts';
import { violatesUniqueness } from './sqlite-errors.ts';
import { fieldsOfRow, isFailure, runColumns, schema, standingColumns, valuesOf } from './sqlite-schema.ts';

export interface SqliteJobStoreOptions {
  /** The database. It is made if there is none, for this user alone; its directory must be there. */
  readonly path: string;
}

const byTime = 'ORDER BY id DESC, attempt DESC';
/** There are few of them, which SQLite cannot know: left to itself it goes through all runs. */
const openRuns = 'runs INDEXED BY open_runs WHERE is_settled = 0';
const isOfActiveState = `state IN (${activeStates.map((state) => `'${state}'`).join(', ')})`;

const insertJob = `INSERT INTO jobs (id, spec, ${standingColumns.join(', ')})
  VALUES (?, ?, ${standingColumns.map(() => '?').join(', ')})`;
const updateJob = `UPDATE jobs SET spec = ?, ${standingColumns.map((column) => `${column} = ?`).join(', ')}
  WHERE id = ?`;
const putRun = `INSERT INTO runs (${runColumns.join(', ')}) VALUES (${runColumns.map(() => '?').join(', ')})
  ON CONFLICT (id, attempt) DO UPDATE SET ${runColumns.map((column) => `${column} = excluded.${column}`).join(', ')}`;
const surplus = [beyond(0), beyond(1), before(0), before(1)]
  .map((select) => `SELECT id, attempt FROM (${select})`)
  .join(' UNION ');

/** Of the settled runs of job `?1` that have failed, or that have not: those beyond the `?2` that ended last. */
function beyond(hasFailed: 0 | 1): string {
  return `${settled(hasFailed)} ORDER BY coalesce(ended, claimed) DESC, id DESC, attempt DESC LIMIT -1 OFFSET ?2`;
}

/** Those that ended before `?3`. */
function before(hasFailed: 0 | 1): string {
  return `${settled(hasFailed)} AND coalesce(ended, claimed) < ?3`;
}

/** Exactly as the index has it, or SQLite does not use that. */
function settled(hasFailed: 0 | 1): string {
  return `SELECT id, attempt FROM runs WHERE job_id = ?1 AND (${isFailure}) = ${hasFailed} AND is_settled = 1`;
}

/**
 * Keeps jobs and runs in a file, with the SQLite that comes with Node. Every change that was acknowledged is there
 * after the process has ended, however it did; jobs, claims and outcomes are after the machine has, too. One scheduler
 * has it open at a time; anybody may read it meanwhile.
 */
export class SqliteJobStore implements JobStore {
  readonly #path: string;
  #opened: Opened | undefined;

  constructor({ path }: SqliteJobStoreOptions) {
    this.#path = path;
  }

  async open(context: JobStoreContext): Promise<void> {
    const { warn } = context;
    const database = await SqliteDatabase.open(this.#path, { schema, warn });
    this.#opened = { database, reader: new RecordReader(context) };
  }

  async close(): Promise<void> {
    this.#opened?.database.close();
    this.#opened = undefined;
  }

  async addJob(job: Job): Promise<void> {
    const [isAdded] = await this.addJobs([job]);
    if (!isAdded) throw new ConflictingIdError(job.id);
  }

  async addJobs(jobs: readonly Job[]): Promise<readonly boolean[]> {
    const insert = (job: Job) =>
      this.#database.run(insertJob, job.id, spec(job), ...valuesOf(standingFields, job)) === 1;
    return this.#database.transaction('machine', () => jobs.map((job) => this.#part(() => insert(job))));
  }

  async updateJob(job: Job): Promise<void> {
    if (!this.#update(job)) throw new JobLookupError(job.id);
  }

  async removeJob(id: string): Promise<void> {
    if (!this.#remove(id)) throw new JobLookupError(id);
  }

  async removeAllJobs(): Promise<void> {
    this.#database.run('DELETE FROM jobs');
  }

  async lookupJob(id: string): Promise<Job | undefined> {
    const row = this.#database.get('SELECT * FROM jobs WHERE id = ?', id);
    return row && this.#job(row);
  }

  async getAllJobs(): Promise<Job[]> {
    const rows = this.#database.all('SELECT * FROM jobs ORDER BY next_run_time IS NULL, next_run_time, id');
    return rows.map((row) => this.#job(row)).filter((job) => job !== undefined);
  }

  async getDueJobs(now: Date): Promise<DueJob[]> {
    const rows = this.#database.all(
      'SELECT * FROM jobs WHERE due_time <= ? ORDER BY due_time, id',
      now.getTime(),
    );
    return rows.map((row) => this.#dueJob(row)).filter((due) => due !== undefined);
  }

  async getNextDueTime(after: Date): Promise<Date | undefined> {
    const inOrder = 'SELECT * FROM jobs WHERE due_time > ? ORDER BY due_time, id';
    for (const row of this.#database.iterate(inOrder, after.getTime())) {
      // One that cannot be read is never run, so nobody has to wake up for it.
      const due = this.#dueJob(row);
      if (due !== undefined) return due.job.dueTime;
    }
    return undefined;
  }

  async change(change: JobChange): Promise<boolean> {
    const [isMade = false] = await this.changeAll([change]);
    return isMade;
  }

  async changeAll(changes: readonly JobChange[]): Promise<readonly boolean[]> {
    const areNotes = changes.every((change) => this.#isNote(change));
    return this.#database.transaction(areNotes ? 'process' : 'machine', () =>
      changes.map((change) => this.#part(() => this.#make(change))),
    );
  }

  async getRun(id: string): Promise<Run[]> {
    return this.#runs(this.#database.all('SELECT * FROM runs WHERE id = ? ORDER BY attempt', id));
  }

  async getRuns({ jobId, states, offset = 0, limit = -1 }: RunQuery): Promise<Run[]> {
    const conditions = [
      ...(jobId === undefined ? [] : ['job_id = ?']),
      ...(states === undefined ? [] : [`(${states.map(conditionOf).join(' OR ') || 'FALSE'})`]),
      // So that an index of failures alone is enough to find these.
      ...(states?.every((state) => failures.some((each) => each === state)) ? [isFailure] : []),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    // Of a bare parameter SQLite would make a plan for each of its values, which takes ten times as long as the query.
    const sql = `SELECT * FROM runs ${where} ${byTime} LIMIT ? + 0 OFFSET ? + 0`;
    return this.#runs(this.#database.all(sql, ...(jobId === undefined ? [] : [jobId]), limit, offset));
  }

  async getActiveRuns(jobId?: string): Promise<Run[]> {
    return this.#runs(jobId === undefined ? this.#activeRows() : this.#activeRowsOf(jobId));
  }

  async getUnsettledRuns(): Promise<Run[]> {
    const sql = `SELECT * FROM ${openRuns} AND NOT ${isOfActiveState} ORDER BY id, attempt`;
    return this.#runs(this.#database.all(sql));
  }

  /** Nobody shares the file. */
  async renewLeases(): Promise<void> {}

  async pruneRuns(
    jobId: string,
    { limit, since }: { readonly limit: number; readonly since: Date | undefined },
  ): Promise<readonly Run[]> {
    const database = this.#database;
    const chosen = database.all(surplus, jobId, limit, since?.getTime() ?? null);
    if (chosen.length === 0) return [];
    const removed = database.transaction('process', () =>
      chosen.flatMap(({ id, attempt }) =>
        database.all(
          'DELETE FROM runs WHERE id = ? AND attempt = ? RETURNING *',
          id ?? null,
          attempt ?? null,
        ),
      ),
    );
    return this.#runs(removed);
  }

  get #open(): Opened {
    if (this.#opened === undefined) throw new JobStoreError(`Job store "${this.#path}" is not open`);
    return this.#opened;
  }

  get #database(): SqliteDatabase {
    return this.#open.database;
  }

  /** @returns `false` as well if something that must be unique is there already: an id, or a fire */
  #part(body: () => boolean): boolean {
    try {
      return this.#database.part(body);
    } catch (error) {
      if (violatesUniqueness(error)) return false;
      throw error;
    }
  }

  #make({ jobId, expect, job, runs }: JobChange): boolean {
    if (!this.#holds(jobId, expect)) return false;
    if (job === 'removed' && !this.#remove(jobId)) return false;
    if (job !== undefined && job !== 'removed' && !this.#update(job)) return false;
    for (const run of runs) this.#database.run(putRun, ...valuesOf(runFields, run));
    return true;
  }

  /**
   * Claims and outcomes outlive the machine. Notes about a run, such as its pid, only have to outlive the process: with
   * the machine the run ends too, and its record says so without them.
   */
  #isNote({ job, runs }: JobChange): boolean {
    if (job !== undefined) return false;
    return runs.every(({ id, attempt, state }) => {
      if (state === 'RUNNING') return true;
      const stored = this.#database.get('SELECT state FROM runs WHERE id = ? AND attempt = ?', id, attempt);
      return stored?.['state'] === state;
    });
  }

  #holds(jobId: string, { nextRunTime, modified, active }: JobChange['expect']): boolean {
    if (nextRunTime !== undefined || modified !== undefined) {
      const found = this.#database.get('SELECT next_run_time, modified FROM jobs WHERE id = ?', jobId);
      if (found === undefined) return false;
      if (nextRunTime !== undefined && found['next_run_time'] !== (nextRunTime?.getTime() ?? null))
        return false;
      if (modified !== undefined && found['modified'] !== modified.getTime()) return false;
    }
    if (active === undefined) return true;
    const found = new Set(this.#activeRowsOf(jobId).map(standOfRow));
    return found.size === active.length && active.every((run) => found.has(standOf(run)));
  }

  #update(job: Job): boolean {
    return this.#database.run(updateJob, spec(job), ...valuesOf(standingFields, job), job.id) === 1;
  }

  #remove(id: string): boolean {
    return this.#database.run('DELETE FROM jobs WHERE id = ?', id) === 1;
  }

  #activeRows(): readonly Row[] {
    return this.#database.all(`SELECT * FROM ${openRuns} AND ${isOfActiveState} ORDER BY id, attempt`);
  }

  #activeRowsOf(jobId: string): readonly Row[] {
    return this.#database.all(
      `SELECT * FROM ${openRuns} AND job_id = ? AND ${isOfActiveState} ORDER BY id, attempt`,
      jobId,
    );
  }

  /** A job of whose active runs not all can be read might be started once too often: it is left alone as well. */
  #dueJob(row: Row): DueJob | undefined {
    const job = this.#job(row);
    if (job === undefined) return undefined;
    const rows = this.#activeRowsOf(job.id);
    const active = this.#runs(rows);
    return active.length === rows.length ? { job, active } : undefined;
  }

  #job(row: Row): Job | undefined {
    return this.#open.reader.job(row['id'], () => ({
      ...JSON.parse(String(row['spec'])),
      ...fieldsOfRow(standingFields, row),
      id: row['id'],
    }));
  }

  #runs(rows: readonly Row[]): Run[] {
    return rows.flatMap((row) => this.#open.reader.run(row['id'], () => fieldsOfRow(runFields, row)) ?? []);
  }
}

/** States are texts of ours, and no parameters: there are few of them. */
function conditionOf(state: RunOutcome | 'active'): string {
  return state === 'active' ? isOfActiveState : `state = '${state}'`;
}

interface Opened {
  readonly database: SqliteDatabase;
  readonly reader: RecordReader;
}

type Stand = Pick<Run, 'id' | 'attempt' | 'state' | 'isStopRequested'>;

function standOf({ id, attempt, state, isStopRequested }: Stand): string {
  return `${attempt} ${state} ${isStopRequested} ${id}`;
}

function standOfRow({ id, attempt, state, is_stop_requested }: Row): string {
  return `${attempt} ${state} ${is_stop_requested !== 0} ${id}`;
}

/** The column `spec`: what the maker of a job has decided, but for the id. */
function spec(job: Job): string {
  const { id: _, ...others } = toRecord(specFields, job);
  return JSON.stringify(others);
}
