/** What `status` tells of schedules, kept so that it can be told at any moment without asking the store. */
import type { Run, RunOutcome } from '../../schedule/run.ts';
import type { ScheduledJob } from '../../schedule/scheduled-job.ts';
import { formatInstant } from '../../schedule/wall-clock/date-text.ts';
import type { EpochSeconds } from '../host/clock.ts';
import type { ScheduleStatus } from './status.ts';

/** What is known of a schedule whose job is not. */
const nothing: ScheduleStatus = {
  isPaused: false,
  nextRun: undefined,
  lastRun: undefined,
  runId: undefined,
  problem: undefined,
};

/** What has become of a run that was, or was to be, started. */
export const endedOutcomes = [
  'SUCCESS',
  'FAILED',
  'TIMEOUT',
  'CANCELLED',
  'SPAWN_ERROR',
  'LOST',
] as const satisfies readonly RunOutcome[];

export class Statuses {
  readonly #statuses = new Map<string, ScheduleStatus>();
  /** Why nothing is started at all; `undefined`: nothing is wrong. */
  problem: string | undefined;

  of(name: string): ScheduleStatus {
    const status = this.#statuses.get(name) ?? nothing;
    return this.problem === undefined ? status : { ...status, problem: this.problem };
  }

  /** A job is new, or where it stands has changed. */
  noteJob({ id, trigger, job: { nextRunTime, isPaused } }: ScheduledJob, timezone: string): void {
    const zone = trigger.timezone ?? timezone;
    const nextRun = nextRunTime && {
      time: epoch(nextRunTime),
      text: formatInstant(wholeSecond(nextRunTime), zone),
    };
    this.#change(id, { isPaused, nextRun });
  }

  /** A run of a job has been started, or has ended. */
  noteRun({ id, jobId, state, started, ended }: Run): void {
    if (ended === undefined) {
      this.#change(jobId, { runId: id });
      return;
    }
    const { runId } = this.#statuses.get(jobId) ?? nothing;
    this.#change(jobId, {
      lastRun: { id, outcome: state as RunOutcome, started: started && epoch(started), ended: epoch(ended) },
      runId: runId === id ? undefined : runId,
    });
  }

  /** Names of those whose next run should have begun. */
  *overdue(now: EpochSeconds): Iterable<string> {
    for (const [name, { nextRun }] of this.#statuses)
      if (nextRun !== undefined && nextRun.time < now) yield name;
  }

  forget(name: string): void {
    this.#statuses.delete(name);
  }

  #change(name: string, changes: Partial<ScheduleStatus>): void {
    this.#statuses.set(name, { ...(this.#statuses.get(name) ?? nothing), ...changes });
  }
}

function epoch(time: Date): EpochSeconds {
  return (time.getTime() / 1000) as EpochSeconds;
}

/** An interval may begin at any millisecond, which nobody wants to read. */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
