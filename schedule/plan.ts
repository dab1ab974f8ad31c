/**
 * What becomes of a job that is due: a pure function. It decides which of the fire times that are due are run, and
 * which are missed, skipped or left out; it starts nothing and writes nothing.
 */
import { type DueRange, dueRange, laterThan, latest, list, upTo } from './due-range.ts';
import type { Job } from './job.ts';
import type { DueJob, JobChange } from './job-store.ts';
import type { Run, RunState } from './run.ts';
import { isQueueFull, newRun } from './run-steps.ts';
import type { Trigger } from './triggers/trigger.ts';

/** Above this many fires one record stands for all of them. */
export const mostRecords = 100;

/** Most fires of a job that are run at once, with `coalesce` `all`; earlier ones are left out. */
export const mostCatchUps = 1000;

export interface PlanSettings {
  readonly trigger: Trigger;
  readonly now: Date;
  readonly node: string;
  /** How many runs may start at once on this node. */
  readonly freeRuns: number;
  /** What was due before had nobody to start it. */
  readonly watchingSince: Date;
  /** Until when this node is believed to live, where a store is shared. */
  readonly leaseUntil: Date | undefined;
  /** Whether a job stays when its trigger has no more fire times. */
  readonly keepFinished: boolean;
  readonly newRunId: () => string;
  /** Milliseconds by which a fire is put off by chance. */
  readonly jitter: () => number;
  /** Only the first fire time that is due, as if it were the only one. */
  readonly firstOnly?: boolean;
}

export interface Plan {
  readonly change: JobChange;
  /** The job from now on, also if it is removed. */
  readonly job: Job;
  readonly starts: readonly Run[];
  /** Runs that are CLAIMED, and start later. */
  readonly waits: readonly Run[];
  readonly missed: readonly Run[];
  readonly skipped: readonly Run[];
  readonly coalesced: readonly Run[];
  /** Runs that were waiting, and make room. */
  readonly cancelled: readonly Run[];
  /** Runs that are to end, to make room. */
  readonly stops: readonly Run[];
}

/** Decides about all fires of a job that are due. @see apscheduler/schedulers/base.py, `_process_jobs` */
export function plan({ job, active }: DueJob, settings: PlanSettings): Plan {
  const { trigger, now } = settings;
  const { nextRunTime, dueTime } = job;
  if (nextRunTime === undefined || dueTime === undefined) throw new Error(`Job "${job.id}" is not due`);

  // Chance puts off all fires that are due by the same time, so that it changes nothing between them.
  const delay = dueTime.getTime() - nextRunTime.getTime();
  const start = earlier(now, delay);
  const due = settings.firstOnly
    ? { first: nextRunTime, last: nextRunTime, count: 1 }
    : dueRange(trigger, nextRunTime, start);

  const { chosen, coalesced } = coalesce(job, trigger, due);
  const deadline =
    job.misfireGraceTime === null ? undefined : earlier(start, job.misfireGraceTime * 1000 + 1);
  const missed = deadline && upTo(trigger, chosen, deadline);
  const inTime = deadline ? laterThan(trigger, chosen, deadline) : chosen;
  const runnable = inTime && latest(trigger, inTime, mostCatchUps);
  const tooMany = inTime && runnable && upTo(trigger, inTime, earlier(runnable.first, 1));

  const record = recorder(job, delay, settings);
  const times = list(trigger, runnable);
  const { accepted, skipped, victims } = makeRoom(job, active, times);

  let room = Math.min(job.maxInstances - active.length, settings.freeRuns);
  const claims = accepted.map((time) => {
    const state = room-- > 0 ? 'STARTING' : 'CLAIMED';
    return record(state, { first: time, last: time, count: 1 });
  });
  const cancelled = victims
    .filter(({ state }) => state === 'CLAIMED')
    .map((run) => ({ ...run, state: 'CANCELLED' as const, ended: now, error: 'made room for the next run' }));
  const stops = victims
    .filter(({ state, isStopRequested }) => state !== 'CLAIMED' && !isStopRequested)
    .map((run) => ({ ...run, isStopRequested: true }));

  const records = {
    starts: claims.filter(({ state }) => state === 'STARTING'),
    waits: claims.filter(({ state }) => state === 'CLAIMED'),
    missed: recordAll('MISSED', missed),
    skipped:
      skipped.length > mostRecords ? [record('SKIPPED', rangeOf(skipped))] : skipped.map(recordSkipped),
    coalesced: [...coalesced, tooMany].flatMap((range) => recordAll('COALESCED', range)),
    cancelled,
    stops,
  };

  const next = following(trigger, due.last, now);
  const after: Job = {
    ...job,
    nextRunTime: next,
    dueTime: next && earlier(next, -settings.jitter()),
    lastFireTime: due.last,
  };
  const isOver = next === undefined && claims.length === 0 && active.length === cancelled.length;
  return {
    ...records,
    job: after,
    change: {
      jobId: job.id,
      expect: { nextRunTime, active },
      job: isOver && !settings.keepFinished ? 'removed' : after,
      runs: Object.values(records).flat(),
    },
  };

  function recordAll(state: RunState, range: DueRange | undefined): Run[] {
    if (range === undefined) return [];
    if (range.count > mostRecords) return [record(state, range)];
    return list(trigger, range).map((time) => record(state, { first: time, last: time, count: 1 }));
  }

  function recordSkipped(time: Date): Run {
    return record('SKIPPED', { first: time, last: time, count: 1 });
  }
}

/**
 * The fire time after `last`.
 *
 * @throws the trigger does not move on, so that it would be due for ever
 */
export function following(trigger: Trigger, last: Date, now: Date): Date | undefined {
  const next = trigger.getNextFireTime(last, now);
  if (next !== undefined && next <= last) {
    throw new Error(`Trigger ${trigger} says ${next.toISOString()} follows ${last.toISOString()}`);
  }
  return next;
}

/** Whether a run may no longer start. Exactly on the limit it still may. */
export function isTooLate(job: Job, run: Run, now: Date): boolean {
  // Whoever asks for a run means it, however long it has to wait.
  if (run.cause === 'manual' || run.cause === 'chain' || run.cause === 'start') return false;
  return job.misfireGraceTime !== null && now.getTime() - run.dueTime.getTime() > job.misfireGraceTime * 1000;
}

/** Which of the fires that are due are run, if there is time and room, and which are left out. */
function coalesce(
  job: Job,
  trigger: Trigger,
  due: DueRange,
): { chosen: DueRange; coalesced: readonly (DueRange | undefined)[] } {
  if (due.count === 1) return { chosen: due, coalesced: [] };
  switch (job.coalesce) {
    case 'all':
      return { chosen: due, coalesced: [] };
    case 'latest':
      return {
        chosen: { first: due.last, last: due.last, count: 1 },
        coalesced: [upTo(trigger, due, earlier(due.last, 1))],
      };
    case 'earliest':
      return {
        chosen: { first: due.first, last: due.first, count: 1 },
        coalesced: [laterThan(trigger, due, due.first)],
      };
  }
}

/** Which fires may start or wait, and which runs have to end for them. */
function makeRoom(
  job: Job,
  active: readonly Run[],
  times: readonly Date[],
): { accepted: readonly Date[]; skipped: readonly Date[]; victims: readonly Run[] } {
  const free = job.maxInstances - active.length;
  // Fires that are due together are one submission: if there is room for one of them, the others wait for it.
  if (times.length === 0 || (free > 0 && job.overlap !== 'replace')) {
    return { accepted: times, skipped: [], victims: [] };
  }
  switch (job.overlap) {
    case 'skip':
      return { accepted: [], skipped: times, victims: [] };
    case 'queue': {
      const places = isQueueFull(job, active) ? 0 : 1;
      return { accepted: times.slice(0, places), skipped: times.slice(places), victims: [] };
    }
    case 'replace': {
      const accepted = times.slice(-job.maxInstances);
      const oldest = [...active].sort((one, other) => (one.id < other.id ? -1 : 1));
      return {
        accepted,
        skipped: times.slice(0, -job.maxInstances),
        victims: oldest.slice(0, Math.max(0, accepted.length - free)),
      };
    }
  }
}

function recorder(
  job: Job,
  delay: number,
  settings: PlanSettings,
): (state: RunState, range: DueRange) => Run {
  const { now, node, leaseUntil } = settings;
  return (state, range) => {
    const dueTime = earlier(range.first, -delay);
    const isClaim = state === 'STARTING' || state === 'CLAIMED';
    return newRun({
      id: settings.newRunId(),
      jobId: job.id,
      fireTime: range.first,
      lastFireTime: range.last,
      count: range.count,
      dueTime,
      cause: dueTime < settings.watchingSince ? 'catchup' : 'schedule',
      state,
      node,
      claimed: now,
      ended: isClaim ? undefined : now,
      leaseUntil: isClaim ? leaseUntil : undefined,
      isSettled: !isClaim,
    });
  };
}

function rangeOf(times: readonly [Date, ...Date[]] | readonly Date[]): DueRange {
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) throw new Error('A range has a beginning and an end');
  return { first, last, count: times.length };
}

function earlier(time: Date, milliseconds: number): Date {
  return new Date(time.getTime() - milliseconds);
}
