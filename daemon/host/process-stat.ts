import { closeSync, openSync, readSync } from 'node:fs';
import { type Birth, isBorn } from './birth.ts';
import { glimpse } from './glimpse.ts';

/** A process that cannot be taken for a later one of the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in clock ticks since the machine was: see `birth.ts`. */
  readonly start: number;
}

/** What the kernel tells of a process. */
export interface ProcessRow extends ProcessIdentity {
  readonly ppid: number;
  /** Id of its process group. */
  readonly group: number;
  /** Id of its session. */
  readonly session: number;
  /** It has ended, and its parent is yet to notice. */
  readonly isZombie: boolean;
}

/** Where {@link statFields} has what. Times are in clock ticks. @see proc_pid_stat(5) */
export const statField = {
  state: 0,
  ppid: 1,
  group: 2,
  session: 3,
  userTime: 11,
  systemTime: 12,
  start: 19,
  waitStatus: 49,
} as const;

/**
 * What /proc says of a process. `undefined`: there is none of that pid.
 *
 * @param birth when the process that is meant was born; another one that has its pid is none
 * @throws an error with `code`, such as `EMFILE`: nobody can tell
 */
export function readProcess(pid: number, birth?: Birth): ProcessRow | undefined {
  const fields = readStatFields(pid);
  if (fields === undefined) return undefined;
  const start = Number(fields[statField.start]);
  if (birth !== undefined && !isBorn(birth, start)) return undefined;
  const state = fields[statField.state];
  return {
    pid,
    start,
    ppid: Number(fields[statField.ppid]),
    group: Number(fields[statField.group]),
    session: Number(fields[statField.session]),
    isZombie: state === 'Z' || state === 'X',
  };
}

/** The same for those to whom a process that nobody can see is as good as none. */
export function findProcess(pid: number, birth?: Birth): ProcessRow | undefined {
  try {
    return readProcess(pid, birth);
  } catch {
    return undefined;
  }
}

/** Whether that very process is there, ended or not: its pid and its group are nobody else's. */
export function exists({ pid, start }: ProcessIdentity): boolean {
  return readProcess(pid)?.start === start;
}

/** Whether that very process is there and has not ended. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  const row = readProcess(pid);
  return row?.start === start && !row.isZombie;
}

/**
 * How a process has ended that is yet to be reaped, as `wait` would give it; 0 also for those who may not know.
 * `undefined`: it has not, or nobody can tell.
 */
export function zombieWaitStatus(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields?.[statField.state] === 'Z' ? Number(fields[statField.waitStatus]) : undefined;
}

/**
 * The fields of `/proc/PID/stat` from the third on: see {@link statField}. `undefined`: there is no such process, or
 * nobody can tell.
 */
export function statFields(pid: number): readonly string[] | undefined {
  try {
    return readStatFields(pid);
  } catch {
    return undefined;
  }
}

/** @throws an error with `code`, such as `EMFILE` */
function readStatFields(pid: number): readonly string[] | undefined {
  const stat = glimpse(() => readStat(pid));
  // The name, in parentheses, may hold blanks and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

const statBuffer = Buffer.alloc(1024);

/** Tables of all processes are made of it: `readFileSync` takes four times as long. @throws an error with `code` */
function readStat(pid: number): string {
  const fd = openSync(`/proc/${pid}/stat`, 'r');
  try {
    return statBuffer.toString('latin1', 0, readSync(fd, statBuffer, 0, statBuffer.length, 0));
  } finally {
    closeSync(fd);
  }
}
