import type { Job } from './job.ts';
import type { JobChanges } from './job-options.ts';
import type { Run } from './run.ts';
import type { TriggerCache } from './trigger-cache.ts';
import type { Trigger } from './triggers/trigger.ts';
import { formatInstant } from './wall-clock/date-text.ts';

/** What a job asks of its scheduler. */
export interface JobControl {
  modifyJob(id: string, changes: JobChanges, jobStore?: string): Promise<ScheduledJob>;
  rescheduleJob(
    id: string,
    trigger: Trigger,
    options?: { readonly jobStore?: string },
  ): Promise<ScheduledJob>;
  pauseJob(id: string, jobStore?: string): Promise<ScheduledJob>;
  resumeJob(id: string, jobStore?: string): Promise<ScheduledJob | undefined>;
  removeJob(id: string, jobStore?: string): Promise<void>;
  runJob(id: string, options?: { readonly jobStore?: string }): Promise<Run>;
}

/**
 * A job as it was when it was asked for, and what can be done with it.
 *
 * @see apscheduler/job.py, `Job`
 */
export class ScheduledJob {
  readonly id: string;
  readonly name: string;
  /** The name of its store. */
  readonly jobStore: string;
  /** Whether it waits for the scheduler to start, and has no next run time therefore. */
  readonly isPending: boolean;
  /** Everything else about it. */
  readonly job: Job;
  readonly #control: JobControl;
  readonly #triggers: TriggerCache;

  constructor(control: JobControl, job: Job, triggers: TriggerCache, jobStore: string, isPending: boolean) {
    this.#control = control;
    this.#triggers = triggers;
    this.job = job;
    this.id = job.id;
    this.name = job.name;
    this.jobStore = jobStore;
    this.isPending = isPending;
  }

  /** Made when it is asked for: one takes longer than all the rest of a job. @throws {TriggerError} nobody knows it */
  get trigger(): Trigger {
    return this.#triggers.get(this.job.trigger);
  }

  /** `undefined`: it is paused, pending, or has no more fire times. */
  get nextRunTime(): Date | undefined {
    return this.job.nextRunTime;
  }

  modify(changes: JobChanges): Promise<ScheduledJob> {
    return this.#control.modifyJob(this.id, changes, this.jobStore);
  }

  reschedule(trigger: Trigger): Promise<ScheduledJob> {
    return this.#control.rescheduleJob(this.id, trigger, { jobStore: this.jobStore });
  }

  pause(): Promise<ScheduledJob> {
    return this.#control.pauseJob(this.id, this.jobStore);
  }

  /** @returns `undefined`: it had no more fire times, and was removed */
  resume(): Promise<ScheduledJob | undefined> {
    return this.#control.resumeJob(this.id, this.jobStore);
  }

  remove(): Promise<void> {
    return this.#control.removeJob(this.id, this.jobStore);
  }

  run(): Promise<Run> {
    return this.#control.runJob(this.id, { jobStore: this.jobStore });
  }

  /** As APScheduler prints it, but for the time: `tick (trigger: interval[0:00:03], next run at: 2026-…)`. */
  toString(): string {
    const { nextRunTime } = this;
    const next = nextRunTime && formatInstant(nextRunTime, this.trigger.timezone ?? 'UTC').replace('T', ' ');
    const status = this.isPending && !this.job.isPaused ? 'pending' : 'paused';
    return `${this.name} (trigger: ${this.trigger}, ${next ? `next run at: ${next}` : status})`;
  }
}
