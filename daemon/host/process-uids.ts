import { readFileSync } from 'node:fs';
import { glimpse } from './glimpse.ts';

/** Whose a process is. They differ in a program with the set-user-ID bit, which somebody else has started. */
export interface ProcessUids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
}

/**
 * Read from the status: the owner of files in `/proc/PID` is root for whoever does not want to be traced.
 *
 * @returns `undefined`: there is no such process
 * @throws an error with `code`, such as `EMFILE`: nobody can tell
 */
export function processUids(pid: number): ProcessUids | undefined {
  const status = glimpse(() => readFileSync(`/proc/${pid}/status`, 'latin1')) ?? '';
  const [, real, effective, saved] = /^Uid:\t(\d+)\t(\d+)\t(\d+)/m.exec(status) ?? [];
  if (real === undefined) return undefined;
  return { real: Number(real), effective: Number(effective), saved: Number(saved) };
}

/** Whether a process is that user's and nobody else's: nothing of it was said or started by another one. */
export function isWhollyOf(uid: number, { real, effective, saved }: ProcessUids): boolean {
  return real === uid && effective === uid && saved === uid;
}
