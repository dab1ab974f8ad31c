/**
 * The eight states of a supervised process, with the codes clients see.
 *
 * @see supervisor/states.py, `ProcessStates`
 */
export const processStates = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
  UNKNOWN: 1000,
} as const;

export type ProcessStateName = keyof typeof processStates;

/** States in which a process can be removed, and in which a stop or a shutdown is complete. */
export const stoppedStates: ReadonlySet<ProcessStateName> = new Set([
  'STOPPED',
  'EXITED',
  'FATAL',
  'UNKNOWN',
]);

/** States that answer `start` with ALREADY_STARTED; in all others `stop` answers NOT_RUNNING. */
export const runningStates: ReadonlySet<ProcessStateName> = new Set(['RUNNING', 'BACKOFF', 'STARTING']);

/** States in which there is a child to signal. */
export const signallableStates: ReadonlySet<ProcessStateName> = new Set(['RUNNING', 'STARTING', 'STOPPING']);

/**
 * The daemon's own states. FATAL is never entered; it is in the table because clients know it.
 *
 * @see supervisor/states.py, `SupervisorStates`
 */
export const supervisorStates = { FATAL: 2, RUNNING: 1, RESTARTING: 0, SHUTDOWN: -1 } as const;

export type SupervisorStateName = keyof typeof supervisorStates;
