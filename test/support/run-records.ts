/** What a daemon has recorded of the runs of its schedules, and what their programs have noted. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Daemon } from './daemons.ts';

/** A row of the job store. */
export interface RunRecord {
  readonly id: string;
  readonly attempt: number;
  readonly job_id: string;
  readonly fire_time: number;
  readonly started: number | null;
  readonly ended: number | null;
  readonly cause: string;
  readonly state: string;
  readonly count: number;
  readonly exit_status: number | null;
  readonly signal: number | null;
  readonly error: string | null;
  readonly is_settled: number;
}

/** Where the daemons of the tests have their job store, by default. */
export function jobStorePath({ dir }: Pick<Daemon, 'dir'>): string {
  return join(dir, 'supervisord.schedule.db');
}

/** The runs of a schedule, or of all, the oldest first. */
export function runRecords(daemon: Pick<Daemon, 'dir'>, schedule?: string): RunRecord[] {
  const path = jobStorePath(daemon);
  if (!existsSync(path)) return [];
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    // A daemon that makes one has its tables in it a moment later.
    if (database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined) return [];
    const rows = database.prepare('SELECT * FROM runs ORDER BY id, attempt').all() as unknown as RunRecord[];
    return rows.filter(({ job_id }) => schedule === undefined || job_id === schedule);
  } finally {
    database.close();
  }
}

/** What a `notes-its-run` has noted. */
export interface RunNote {
  readonly what: 'begin' | 'end';
  readonly schedule: string;
  readonly run: string;
  readonly attempt: number;
  readonly scheduled: string | undefined;
  readonly cause: string | undefined;
  /** Of the run that has led to it. */
  readonly causeSchedule: string | undefined;
  readonly causeOutcome: string | undefined;
  readonly pid: number;
}

/** All that programs have noted in a file of the daemon's directory, in order. */
export function runNotes({ dir }: Pick<Daemon, 'dir'>, name = 'notes'): RunNote[] {
  const path = join(dir, name);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [what, schedule = '', run = '', attempt, scheduled, cause, causeSchedule, causeOutcome, pid] =
        line.split(' ');
      return {
        what: what === 'begin' ? 'begin' : 'end',
        schedule,
        run,
        attempt: Number(attempt),
        scheduled,
        cause,
        causeSchedule,
        causeOutcome,
        pid: Number(pid),
      };
    });
}
