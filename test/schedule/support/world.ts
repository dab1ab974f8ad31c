import * as events from '../../../schedule/events.ts';
import type { JobStore } from '../../../schedule/job-store.ts';
import type { Logger } from '../../../schedule/logger.ts';
import type { Run } from '../../../schedule/run.ts';
import { Scheduler } from '../../../schedule/scheduler.ts';
import type { SchedulerOptions } from '../../../schedule/scheduler-options.ts';
import { MemoryJobStore } from '../../../schedule/stores/memory.ts';
import { ManualClock } from './manual-clock.ts';
import { ManualExecutor } from './manual-executor.ts';

/** What a scheduler has logged. */
export class MemoryLog implements Logger {
  readonly lines: string[] = [];

  info(): void {}

  warn(text: string): void {
    this.lines.push(text);
  }

  error(text: string, error?: unknown): void {
    this.lines.push(error instanceof Error ? `${text}: ${error.message}` : text);
  }
}

/** A scheduler whose time, runs and stores are the test's. */
export class World {
  readonly clock: ManualClock;
  readonly executor: ManualExecutor;
  readonly store: JobStore;
  readonly log = new MemoryLog();
  readonly scheduler: Scheduler;
  /** What listeners heard: `JOB_SUBMITTED tick 00:00:10`. */
  readonly heard: string[] = [];

  constructor({
    clock = new ManualClock(),
    executor = new ManualExecutor(),
    store = new MemoryJobStore(),
    ...options
  }: {
    readonly clock?: ManualClock;
    readonly executor?: ManualExecutor;
    readonly store?: JobStore;
  } & Omit<SchedulerOptions, 'clock' | 'executors' | 'jobStores' | 'logger'> = {}) {
    this.clock = clock;
    this.executor = executor;
    this.store = store;
    this.scheduler = new Scheduler({
      timezone: 'UTC',
      node: 'a',
      random: () => 0.5,
      ...options,
      clock,
      executors: { default: executor },
      jobStores: { default: store },
      logger: this.log,
    });
    this.scheduler.addListener((event) => void this.heard.push(textOf(event)), events.EVENT_EVERY);
  }

  /** What listeners have heard since this was last asked. */
  news(): string[] {
    return this.heard.splice(0);
  }

  /** `fireTime STATE cause attempt` of all runs, the oldest first. */
  async history(jobId?: string): Promise<string[]> {
    const runs = await this.store.getRuns(jobId === undefined ? {} : { jobId });
    return runs.reverse().map(summaryOf);
  }
}

/** What is worth comparing about a run, in one line. */
export function summaryOf({ fireTime, state, count, cause, attempt }: Run): string {
  const parts = [timeOf(fireTime), state, cause];
  if (count > 1) parts.push(`×${count}`);
  if (attempt > 1) parts.push(`#${attempt}`);
  return parts.join(' ');
}

const names = new Map(
  Object.entries(events).flatMap(([name, code]) =>
    typeof code === 'number' ? [[code, name.replace('EVENT_', '')] as const] : [],
  ),
);

function textOf(event: events.SchedulerEvent): string {
  const parts = [names.get(event.code)];
  if ('jobId' in event) parts.push(event.jobId);
  else if (event.alias) parts.push(event.alias);
  if ('scheduledRunTimes' in event) parts.push(...event.scheduledRunTimes.map(timeOf));
  if ('scheduledRunTime' in event) parts.push(timeOf(event.scheduledRunTime));
  return parts.join(' ');
}

function timeOf(time: Date): string {
  return time.toISOString().slice(11, 19);
}
