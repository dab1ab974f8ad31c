import type { Clock } from './clock.ts';
import type { Executor, JobFunction } from './executor.ts';
import type { Job } from './job.ts';
import type { JobDefaults } from './job-options.ts';
import type { JobStore } from './job-store.ts';
import type { Json } from './json.ts';
import type { Logger } from './logger.ts';
import type { RunCause } from './run.ts';
import type { OutcomeHook } from './surroundings.ts';
import type { CalendarIntervalOptions } from './triggers/calendar-interval-trigger.ts';
import type { CronOptions } from './triggers/cron-trigger.ts';
import type { DateOptions } from './triggers/date-trigger.ts';
import type { IntervalOptions } from './triggers/interval-trigger.ts';
import type { TriggerTypes } from './triggers/trigger-types.ts';

/** What a scheduler is made of. All of it can be left out. */
export interface SchedulerOptions {
  /** The zone of triggers that have none of their own; by default the host's. */
  readonly timezone?: string;
  /** By alias. `default` is in memory unless it is given. */
  readonly jobStores?: Readonly<Record<string, JobStore>>;
  /** By alias. `default` calls functions unless it is given. */
  readonly executors?: Readonly<Record<string, Executor>>;
  /** What jobs have that say nothing else. */
  readonly jobDefaults?: JobDefaults;
  /** Functions by the names that persistent stores know them by. */
  readonly functions?: Readonly<Record<string, JobFunction>>;
  readonly clock?: Clock;
  /** The name of this scheduler among those that share a store: no other may have it. By default the host's. */
  readonly node?: string;
  /** Most runs at the same time; more wait, and age against their grace. By default any number. */
  readonly maxRuns?: number;
  /** Whether jobs stay that have no more fire times. By default they are removed, as APScheduler does. */
  readonly keepFinished?: boolean;
  /** See {@link OutcomeHook}. */
  readonly onOutcome?: OutcomeHook;
  readonly logger?: Logger;
  /** Whether what becomes of runs is logged too, for those who do not listen. By default yes. */
  readonly logsRuns?: boolean;
  /** By what part of its jitter a fire of a job is put off, from 0 to below 1. By default by chance. */
  readonly random?: (job: Job) => number;
  /** Kinds of triggers, by name, beside those that there are. */
  readonly triggerTypes?: TriggerTypes;
}

/** The options of triggers that can be given by name, among those of the job. */
export interface TriggerOptions {
  readonly cron: CronOptions;
  readonly interval: IntervalOptions;
  readonly date: DateOptions;
  readonly calendarinterval: CalendarIntervalOptions;
}

export interface RunOptions {
  readonly jobStore?: string;
  /** Wait for its end, that of its last attempt; otherwise only until it was started, or waits for room. */
  readonly wait?: boolean;
  /** Start it even if too many runs are under way. */
  readonly force?: boolean;
  /** Seconds from now until it may start; until then it waits, and whether there is room is decided then, also with `force`. By default none. */
  readonly delay?: number;
  /** By default `manual`. */
  readonly cause?: RunCause;
  /** By default a new one. If there is a run of this id already, no second one is started. */
  readonly runId?: string;
  /** For the executor. */
  readonly data?: Json;
}

export interface ShutdownOptions {
  /** Whether to wait until all runs have ended. By default yes. */
  readonly wait?: boolean;
  /**
   * What becomes of runs that are under way: they come to their end, they are asked to end, or they are left to
   * whoever starts the next scheduler on the same store, whose executors can find them again.
   */
  readonly runs?: 'finish' | 'stop' | 'leave';
}
