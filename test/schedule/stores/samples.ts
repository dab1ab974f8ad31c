import type { Job } from '../../../schedule/job.ts';
import type { JobStoreContext } from '../../../schedule/job-store.ts';
import type { Run } from '../../../schedule/run.ts';

/** A Friday noon, by which samples go. */
const noon = Date.UTC(2026, 10, 20, 12);

/** So many seconds after noon. */
export function at(seconds: number): Date {
  return new Date(noon + seconds * 1000);
}

/** A job that is due at noon. */
export function sampleJob(changes: Partial<Job> = {}): Job {
  const trigger = { type: 'interval', seconds: 60, startDate: '2026-11-20 12:00:00', timezone: 'UTC' };
  return {
    id: 'nightly',
    name: 'Nightly backup',
    source: 'api',
    executor: 'default',
    func: 'backup',
    args: ['--all', 3, null, { deep: [true] }],
    trigger,
    givenTrigger: { type: 'interval', seconds: 60 },
    misfireGraceTime: 60,
    coalesce: 'latest',
    maxInstances: 1,
    overlap: 'skip',
    timeout: null,
    retries: 0,
    retryDelay: 0,
    onLost: 'fail',
    hosts: null,
    historyLimit: 100,
    historyMaxAge: null,
    data: null,
    nextRunTime: at(0),
    dueTime: at(0),
    isPaused: false,
    lastFireTime: undefined,
    created: at(-3600),
    modified: at(-3600),
    ...changes,
  };
}

/** A job that nothing is due of. */
export function pausedJob(changes: Partial<Job> = {}): Job {
  return sampleJob({ nextRunTime: undefined, dueTime: undefined, isPaused: true, ...changes });
}

/** A run of the sample's fire at noon, under way on node `a`. */
export function sampleRun(changes: Partial<Run> = {}): Run {
  const fireTime = changes.fireTime ?? at(0);
  return {
    id: '01K0000000000000000000000A',
    attempt: 1,
    jobId: 'nightly',
    fireTime,
    cause: 'schedule',
    state: 'STARTING',
    count: 1,
    lastFireTime: fireTime,
    node: 'a',
    dueTime: fireTime,
    claimed: fireTime,
    started: undefined,
    ended: undefined,
    leaseUntil: undefined,
    exitStatus: undefined,
    signal: undefined,
    isStopRequested: false,
    error: undefined,
    returnValue: undefined,
    data: null,
    isSettled: false,
    ...changes,
  };
}

/** A run that has ended and been seen to. */
export function endedRun(changes: Partial<Run> = {}): Run {
  const ended = changes.fireTime ?? at(0);
  return sampleRun({ state: 'SUCCESS', started: ended, ended, exitStatus: 0, isSettled: true, ...changes });
}

/** An id that sorts as its number does. */
export function runId(number: number): string {
  return `01K${String(number).padStart(23, '0')}`;
}

/** What a store is told; the lists are of what it says. */
export interface SampleContext extends JobStoreContext {
  readonly warnings: string[];
  readonly changes: { count: number };
}

export function sampleContext(node = 'a'): SampleContext {
  const warnings: string[] = [];
  const changes = { count: 0 };
  return {
    alias: 'default',
    node,
    onChange: () => {
      changes.count += 1;
    },
    onLoss: () => undefined,
    warn: (text) => warnings.push(text),
    warnings,
    changes,
  };
}
