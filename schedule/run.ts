import type { Json } from './json.ts';

/**
 * Where a run stands. CLAIMED: this node is to start it, and has not begun to. STARTING: it may have been started.
 * RUNNING: it was. The others are final; MISSED, SKIPPED and COALESCED fires were never started.
 */
export type RunState = ActiveRunState | RunOutcome;

export type ActiveRunState = 'CLAIMED' | 'STARTING' | 'RUNNING';

/** How a run has ended, or why there was none. */
export type RunOutcome =
  | 'SUCCESS'
  | 'FAILED'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'SPAWN_ERROR'
  | 'LOST'
  | 'MISSED'
  | 'SKIPPED'
  | 'COALESCED';

/** Why there is a run. `catchup`: it was due while nobody could start it. */
export type RunCause = 'schedule' | 'catchup' | 'manual' | 'chain' | 'start' | 'retry' | 'rerun';

/** A fire of a job and what became of it, kept as history. One record for each attempt. */
export interface Run {
  /** Sorts by time of creation. The attempts of one fire share it. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  readonly jobId: string;
  /** On the trigger's grid; for a run that somebody asked for, when they did. Of a batch, the first one. */
  readonly fireTime: Date;
  readonly cause: RunCause;
  readonly state: RunState;
  /** How many fire times this record stands for: more than 1 for a batch that was missed, skipped or coalesced. */
  readonly count: number;
  /** Of a batch, the last fire time; otherwise the same as {@link Run.fireTime}. */
  readonly lastFireTime: Date;
  /** The scheduler that claimed it. */
  readonly node: string;
  /** When it is to start: jitter, or the delay of a retry, after the fire time. Lateness counts from here. */
  readonly dueTime: Date;
  readonly claimed: Date;
  readonly started: Date | undefined;
  readonly ended: Date | undefined;
  /** While it is active, until when its node is believed to live, where a store is shared. */
  readonly leaseUntil: Date | undefined;
  readonly exitStatus: number | undefined;
  /** Number of the signal that ended it. */
  readonly signal: number | undefined;
  /** Whether somebody wants it ended; the scheduler that runs it sees to that. */
  readonly isStopRequested: boolean;
  /** One line: what went wrong. */
  readonly error: string | undefined;
  /** What the function returned. */
  readonly returnValue: Json | undefined;
  /** What the executor needs to find the run again: pid, start time, offsets in logs. */
  readonly data: Json;
  /** Whether everything that follows of the outcome (retry, chain) has been seen to. */
  readonly isSettled: boolean;
}

export const activeStates: readonly RunState[] = [
  'CLAIMED',
  'STARTING',
  'RUNNING',
] satisfies ActiveRunState[];

/** Whether a run is still to end. */
export function isActive({ state }: Run): boolean {
  return activeStates.includes(state);
}

/** The outcomes of a run that was to do something, and did not. History keeps them apart from the others. */
export const failures: readonly RunOutcome[] = ['FAILED', 'TIMEOUT', 'SPAWN_ERROR', 'LOST'];
