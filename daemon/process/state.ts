/**
 * A supervised process as a value. What exists only in some states is a field of those states alone, so a
 * STOPPED process has no pid to be wrong about; what outlives every state is the history.
 */
import type { ProcessStateName } from '../../rpc/process-states.ts';
import type { EpochSeconds, Instant } from '../host/clock.ts';
import type { ExitStatus } from '../host/host.ts';

/** What clients are told about a process whatever its state; kept as long as its group is active. */
export interface ProcessHistory {
  /** Last spawn attempt; 0: never. */
  readonly start: EpochSeconds;
  /** Last reap; 0: never. */
  readonly stop: EpochSeconds;
  /** Why the last start failed or the last exit was unexpected; empty: no reason to tell. */
  readonly spawnerr: string;
  /** Last exit code, −1 for a death by signal; `undefined` while running and after a too-quick exit. */
  readonly exitstatus: number | undefined;
  /** Failed starts in a row. */
  readonly backoff: number;
  /** Spawns that nobody asked for: after an unwanted exit or a failed start. */
  readonly restarts: number;
  /** How the last child ended, quick exits included. */
  readonly lastExit: ExitStatus | undefined;
}

interface Stateful<S extends ProcessStateName> {
  readonly state: S;
  readonly history: ProcessHistory;
}

export interface StoppedProcess extends Stateful<'STOPPED'> {}

export interface StartingProcess extends Stateful<'STARTING'> {
  /** `undefined` until the child is there. */
  readonly pid: number | undefined;
  /** When the child was spawned, or the decision to spawn it was taken. */
  readonly startedAt: Instant;
  /** When to spawn a child that is not spawned at once; `undefined` as soon as that has been begun. */
  readonly spawnAt: Instant | undefined;
}

export interface RunningProcess extends Stateful<'RUNNING'> {
  readonly pid: number;
  readonly startedAt: Instant;
}

export interface BackoffProcess extends Stateful<'BACKOFF'> {
  readonly failedAt: Instant;
  /** How the child of the last attempt ended; `undefined`: there was none. */
  readonly failure: ExitStatus | undefined;
}

export interface StoppingProcess extends Stateful<'STOPPING'> {
  readonly pid: number;
  /** When SIGKILL is due, for the first or for another time. */
  readonly killAt: Instant;
  /** How the child ended, while others of its tree live on; `pid` is nobody's any more then. */
  readonly childExit?: ExitStatus;
}

export interface ExitedProcess extends Stateful<'EXITED'> {
  readonly exitedAt: Instant;
  /** Seconds that the child was up; 0 when it ended out of reach. */
  readonly lived: number;
}

export interface FatalProcess extends Stateful<'FATAL'> {
  /** How the child of the last attempt ended; `undefined`: there was none. */
  readonly failure: ExitStatus | undefined;
}

/** A signal could not be sent: the child is there, but out of reach. */
export interface UnknownProcess extends Stateful<'UNKNOWN'> {
  readonly pid: number;
  /** It was on its way to STOPPED, so its end is no reason to restart it. */
  readonly wasStopping: boolean;
  /** What happened, as it was logged. */
  readonly problem: string;
}

export type Process =
  | StoppedProcess
  | StartingProcess
  | RunningProcess
  | BackoffProcess
  | StoppingProcess
  | ExitedProcess
  | FatalProcess
  | UnknownProcess;

/** The process while it is in state `S`. */
export type ProcessIn<S extends ProcessStateName> = Extract<Process, { readonly state: S }>;

/** A process of a group just added: STOPPED, and nothing has happened yet. */
export const newProcess: StoppedProcess = {
  state: 'STOPPED',
  history: {
    start: 0 as EpochSeconds,
    stop: 0 as EpochSeconds,
    spawnerr: '',
    exitstatus: undefined,
    backoff: 0,
    restarts: 0,
    lastExit: undefined,
  },
};

/** Whether no child is left, and none will come of itself. */
export function hasEnded(process: Process): process is ProcessIn<'STOPPED' | 'EXITED' | 'FATAL'> {
  const { state } = process;
  return state === 'STOPPED' || state === 'EXITED' || state === 'FATAL';
}

/** The pid of the child, or 0 when there is none. */
export function pidOf(process: Process): number {
  if (process.state === 'STOPPING' && process.childExit !== undefined) return 0;
  return 'pid' in process ? (process.pid ?? 0) : 0;
}
