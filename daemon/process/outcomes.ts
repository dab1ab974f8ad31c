/** What a client that started or stopped a process is told, judged by what has become of the process. */
import type { EndOutcome, StartOutcome, StopOutcome } from './control.ts';
import { hasEnded, type Process } from './state.ts';

/** Somebody who waits for a start to succeed or fail. */
export interface StartWaiter {
  readonly command: 'start';
  readonly until: 'running' | 'spawned';
  readonly resolve: (outcome: StartOutcome) => void;
}

/** Somebody who waits for a process to stop. */
export interface StopWaiter {
  readonly command: 'stop';
  readonly until: 'stopped' | 'signalled';
  readonly resolve: (outcome: StopOutcome) => void;
}

/** Somebody who waits for a process to have ended, whoever ends it. */
export interface EndWaiter {
  readonly command: 'await end';
  readonly resolve: (outcome: EndOutcome) => void;
}

export type Waiter = StartWaiter | StopWaiter | EndWaiter;

/** Tells the waiter the outcome if there is one yet; `false`: it has to wait on. */
export function settle(waiter: Waiter, process: Process): boolean {
  if (waiter.command === 'start') {
    const outcome = startOutcome(process, waiter.until);
    if (outcome !== undefined) waiter.resolve(outcome);
    return outcome !== undefined;
  }
  if (waiter.command === 'await end') {
    if (!hasEnded(process)) return false;
    waiter.resolve({ type: 'ended', state: process.state });
    return true;
  }
  const outcome = stopOutcome(process, waiter.until);
  if (outcome !== undefined) waiter.resolve(outcome);
  return outcome !== undefined;
}

function startOutcome(process: Process, until: 'running' | 'spawned'): StartOutcome | undefined {
  switch (process.state) {
    case 'RUNNING':
      return { type: 'started' };
    case 'STARTING':
      return until === 'spawned' && process.pid !== undefined ? { type: 'started' } : undefined;
    case 'BACKOFF':
    case 'FATAL':
      return { type: 'spawn-error' };
    case 'EXITED':
      return { type: process.history.spawnerr === '' ? 'abnormal-termination' : 'spawn-error' };
    case 'STOPPING':
    case 'STOPPED':
    case 'UNKNOWN':
      return { type: 'abnormal-termination' };
    default:
      return process satisfies never;
  }
}

function stopOutcome(process: Process, until: 'stopped' | 'signalled'): StopOutcome | undefined {
  switch (process.state) {
    case 'STOPPED':
    case 'EXITED':
    case 'FATAL':
      return { type: 'stopped' };
    case 'UNKNOWN':
      return { type: 'failed', reason: process.problem };
    case 'STOPPING':
      return until === 'signalled' ? { type: 'stopped' } : undefined;
    case 'STARTING':
    case 'RUNNING':
    case 'BACKOFF':
      return undefined;
    default:
      return process satisfies never;
  }
}
