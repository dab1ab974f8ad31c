/** What generate.py has recorded. */
import { readFileSync } from 'node:fs';

type Options = Readonly<Record<string, unknown>>;

/** A trigger and its first fire times. All times are seconds since 1970 in UTC. */
export interface Vector {
  readonly type: 'cron' | 'crontab' | 'interval' | 'date' | 'calendarinterval' | 'or';
  /** With the names of APScheduler. */
  readonly options: Options;
  readonly zone: string;
  readonly now: number;
  readonly fires: readonly number[];
  /** Whether none follows. */
  readonly ends?: boolean;
  /** As APScheduler prints the trigger. */
  readonly text?: string;
  /** What APScheduler has instead of `fires`. */
  readonly apscheduler?: readonly number[];
  /** The fire times by the rule `once`. */
  readonly once?: readonly number[];
}

/** Options that APScheduler rejects, and its words. */
export interface Rejected {
  readonly options: Options;
  readonly message: string;
}

export const vectors = read<Vector>('triggers.jsonl');
export const rejected = read<Rejected>('rejected.jsonl');

function read<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
