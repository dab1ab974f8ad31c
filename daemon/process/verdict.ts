/** What the end of a process says: whether it was expected, whether it ends the daemon, and with which status. */
import type { ProcessSettings } from '../../conf/settings.ts';
import type { ExitStatus } from '../host/host.ts';
import type { Process, ProcessHistory } from './state.ts';

/** Exit statuses of the daemon for processes that have none of their own: as a shell has them. */
const statuses = { FAILED: 1, NOT_STARTED: 127, SIGNALLED: 128 } as const;

/** Whether the last exit was one that `exitcodes` lists. */
export function isExpected({ exitstatus }: ProcessHistory, { exitcodes }: ProcessSettings): boolean {
  return exitstatus !== undefined && exitcodes.includes(exitstatus);
}

/** Whether an end by itself is one that `on_exit` shuts the daemon down for; then nobody restarts the process. */
export function isEssential(history: ProcessHistory, settings: ProcessSettings): boolean {
  switch (settings.on_exit) {
    case 'none':
      return false;
    case 'shutdown':
      return true;
    case 'shutdown_unexpected':
      return !isExpected(history, settings);
    default:
      return settings.on_exit satisfies never;
  }
}

/**
 * What a daemon exits with on account of a process that has ended: the code of its last child, 128 + n for a death by
 * signal n, 1 if nobody saw its end, 127 if there was none to end. FATAL is never 0: the process was given up, whatever
 * its child said.
 */
export function exitStatusOf(process: Process): number {
  if (process.state === 'FATAL') return statusOf(process.failure) || statuses.FAILED;
  return statusOf(process.history.lastExit);
}

function statusOf(status: ExitStatus | undefined): number {
  switch (status?.type) {
    case undefined:
      return statuses.NOT_STARTED;
    case 'exited':
      return status.code;
    case 'signalled':
      return statuses.SIGNALLED + status.signal;
    case 'unknown':
      return statuses.FAILED;
    default:
      return status satisfies never;
  }
}
