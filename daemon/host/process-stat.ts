import { closeSync, openSync, readSync } from 'node:fs';
import { glimpse } from './glimpse.ts';

/** What the kernel tells of a process; times and counts as it has them. */
export interface ProcessStat {
  /** `Z`: it has ended, and waits to be reaped. */
  readonly state: string;
  readonly ppid: number;
  /** Process group. */
  readonly pgrp: number;
  readonly session: number;
  /** When it came into being, in ticks of 10 ms since the machine was started. */
  readonly startTicks: number;
  /** Of one that has ended, as `wait` gives it; 0 also for who may not know. */
  readonly waitStatus: number;
}

/**
 * The fields of `/proc/PID/stat` from the third on: index 0 is the state. `undefined`: there is no such process.
 *
 * @throws an error with `code`, such as `EMFILE`: nobody can tell
 * @see proc_pid_stat(5)
 */
export function readStatFields(pid: number): readonly string[] | undefined {
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

/** The same for those to whom a process that nobody can see is as good as none. */
export function statFields(pid: number): readonly string[] | undefined {
  try {
    return readStatFields(pid);
  } catch {
    return undefined;
  }
}

/** `undefined`: there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  const fields = statFields(pid);
  if (fields === undefined) return undefined;
  const number = (index: number): number => Number(fields[index]);
  return {
    state: fields[0] ?? '',
    ppid: number(1),
    pgrp: number(2),
    session: number(3),
    startTicks: number(19),
    waitStatus: number(49),
  };
}
