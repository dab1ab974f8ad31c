/** From one state of a run to the next, and what tells runs apart. */
import type { RunResult } from './executor.ts';
import type { Job } from './job.ts';
import type { JobStore } from './job-store.ts';
import type { Run, RunOutcome } from './run.ts';

/** Why a run is to end before it does by itself. */
export type StopReason = 'timeout' | 'cancelled' | 'shutdown';

/** What a run is that an executor has brought to its end. */
export function outcomeOf({ outcome }: RunResult, stopReason: StopReason | undefined): RunOutcome {
  if (stopReason === 'timeout') return 'TIMEOUT';
  // A run that comes to its end while the scheduler shuts down has come to its end.
  if (stopReason === 'shutdown') return outcome === 'SUCCESS' ? 'SUCCESS' : 'CANCELLED';
  return stopReason === 'cancelled' ? 'CANCELLED' : outcome;
}

/** What is known of a run when it is claimed. */
type Claim = 'id' | 'jobId' | 'fireTime' | 'dueTime' | 'cause' | 'state' | 'node' | 'claimed' | 'leaseUntil';

/** A run of which nothing else is known. */
export function newRun(claim: Pick<Run, Claim> & Partial<Run>): Run {
  return {
    attempt: 1,
    count: 1,
    lastFireTime: claim.fireTime,
    started: undefined,
    ended: undefined,
    exitStatus: undefined,
    signal: undefined,
    isStopRequested: false,
    error: undefined,
    returnValue: undefined,
    data: null,
    isSettled: false,
    ...claim,
  };
}

/** The next attempt of a run, which waits. */
export function nextAttempt(
  run: Run,
  next: Pick<Run, 'node' | 'dueTime' | 'claimed' | 'leaseUntil'> & { readonly cause: 'retry' | 'rerun' },
): Run {
  const { id, jobId, fireTime, count, lastFireTime } = run;
  return newRun({
    id,
    jobId,
    fireTime,
    count,
    lastFireTime,
    ...next,
    attempt: run.attempt + 1,
    state: 'CLAIMED',
  });
}

/** Until when a node that is heard of now is believed to live; `undefined` in a store of its own. */
export function leaseUntil({ leaseSeconds }: JobStore, now: Date): Date | undefined {
  return leaseSeconds === undefined ? undefined : new Date(now.getTime() + leaseSeconds * 1000);
}

/** How many runs are before this one, of those that are under way or wait. All nodes count in the same order. */
export function placeOf(run: Run, active: readonly Run[]): number {
  return active.filter(
    (other) => !isSame(other, run) && (other.state !== 'CLAIMED' || inOrder(other, run) < 0),
  ).length;
}

/** Whether one of the active runs of a job waits for room, so that no other may: some may be under way beyond that. */
export function isQueueFull({ maxInstances }: Job, active: readonly Run[]): boolean {
  if (active.length <= maxInstances) return false;
  return active.some((run) => run.state === 'CLAIMED' && placeOf(run, active) >= maxInstances);
}

/** Sorts runs that wait: the first one starts first. */
export function inOrder(one: Pick<Run, 'id' | 'attempt'>, other: Pick<Run, 'id' | 'attempt'>): number {
  if (one.id !== other.id) return one.id < other.id ? -1 : 1;
  return one.attempt - other.attempt;
}

/** Whether a node may run a job. */
export function mayRun({ hosts }: Pick<Job, 'hosts'>, node: string): boolean {
  return hosts === null || hosts.includes(node);
}

/** Whether a job has no more fire times, and had some. */
export function isFinished({ nextRunTime, isPaused, lastFireTime }: Job): boolean {
  return nextRunTime === undefined && !isPaused && lastFireTime !== undefined;
}

export function isSame(one: Pick<Run, 'id' | 'attempt'>, other: Pick<Run, 'id' | 'attempt'>): boolean {
  return one.id === other.id && one.attempt === other.attempt;
}

/** What tells an attempt from all others. */
export function keyOf({ id, attempt }: Pick<Run, 'id' | 'attempt'>): string {
  return `${id}/${attempt}`;
}
