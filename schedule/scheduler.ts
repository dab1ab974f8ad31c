import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Alarm, Clock } from './clock.ts';
import {
  JobLookupError,
  RunLookupError,
  SchedulerAlreadyRunningError,
  SchedulerNotRunningError,
} from './errors.ts';
import { logEvent } from './event-log.ts';
import * as events from './events.ts';
import type { Executor, JobFunction } from './executor.ts';
import { FunctionExecutor } from './executors/functions.ts';
import { Functions } from './functions.ts';
import type { Job } from './job.ts';
import {
  changesOf,
  isSameTrigger,
  type JobChanges,
  type JobDefaults,
  type JobOptions,
  partOptions,
  specOf,
} from './job-options.ts';
import type { JobStore, RunQuery } from './job-store.ts';
import { type Listener, Listeners } from './listeners.ts';
import { consoleLogger, type Logger, messageOf } from './logger.ts';
import type { Run } from './run.ts';
import { RunIds } from './run-id.ts';
import { type JobControl, ScheduledJob } from './scheduled-job.ts';
import type { RunOptions, SchedulerOptions, ShutdownOptions, TriggerOptions } from './scheduler-options.ts';
import { MemoryJobStore } from './stores/memory.ts';
import { Pool, type Surroundings } from './surroundings.ts';
import { systemClock } from './system-clock.ts';
import { Timetable } from './timetable.ts';
import { TriggerCache } from './trigger-cache.ts';
import { TriggerError } from './trigger-error.ts';
import { DateTrigger } from './triggers/date-trigger.ts';
import type { Trigger } from './triggers/trigger.ts';
import { createTrigger, type TriggerTypes, triggerTypes } from './triggers/trigger-types.ts';
import { hostTimeZone } from './wall-clock/host-time-zone.ts';

/** It has not been started, or was shut down. */
export const STATE_STOPPED = 0;
/** It starts what is due. */
export const STATE_RUNNING = 1;
/** It starts nothing, until it is resumed. */
export const STATE_PAUSED = 2;

export type SchedulerState = typeof STATE_STOPPED | typeof STATE_RUNNING | typeof STATE_PAUSED;

/** A job that was added before the start. */
interface PendingJob {
  job: Job;
  isNextRunTimeGiven: boolean;
  readonly jobStore: string;
  readonly replaceExisting: boolean;
}

/**
 * Runs jobs at the times that their triggers say.
 *
 * @see apscheduler/schedulers/base.py, `BaseScheduler`
 */
export class Scheduler implements JobControl {
  readonly timezone: string;
  readonly node: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #logsRuns: boolean;
  readonly #jobDefaults: JobDefaults;
  readonly #types: TriggerTypes;
  readonly #random: (job: Job) => number;
  readonly #listeners: Listeners;
  readonly #functions = new Functions();
  readonly #timetables = new Map<string, Timetable>();
  readonly #executors = new Map<string, Executor>();
  readonly #surroundings: Surroundings;
  readonly #triggers: TriggerCache;
  #pending: PendingJob[] = [];
  #state: SchedulerState = STATE_STOPPED;
  #isStarting = false;
  #alarm: Alarm | undefined;
  #alarmAt: number | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: SchedulerOptions = {}) {
    this.timezone = options.timezone ?? hostTimeZone();
    this.node = options.node ?? hostname();
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? consoleLogger;
    this.#logsRuns = options.logsRuns ?? true;
    this.#jobDefaults = options.jobDefaults ?? {};
    this.#types = { ...triggerTypes, ...options.triggerTypes };
    this.#triggers = new TriggerCache(this.#types);
    this.#random = options.random ?? Math.random;
    this.#listeners = new Listeners(this.#logger);
    const ids = new RunIds();
    this.#surroundings = {
      clock: this.#clock,
      node: this.node,
      logger: this.#logger,
      pool: new Pool(options.maxRuns ?? Number.POSITIVE_INFINITY),
      keepFinished: options.keepFinished ?? false,
      onOutcome: options.onOutcome,
      newRunId: (now) => ids.next(now),
      random: this.#random,
      executorOf: (alias) => this.#executors.get(alias),
      triggerOf: (job) => this.#triggerOf(job),
      emit: (event) => this.#emit(event),
      onRemoved: ({ func }) => this.#functions.release(func),
      isPaused: () => this.#state !== STATE_RUNNING,
      onFreePlace: () => this.#onFreePlace(),
      onWakeChanged: () => this.#setAlarm(),
    };
    // What is not valid is to be known now, not when a job is due.
    specOf({}, this.#jobDefaults);
    for (const [name, fn] of Object.entries(options.functions ?? {})) this.registerFunction(name, fn);
    for (const [alias, executor] of Object.entries(options.executors ?? {}))
      this.#keepExecutor(alias, executor);
    for (const [alias, store] of Object.entries(options.jobStores ?? {})) this.#keepStore(alias, store);
  }

  get state(): SchedulerState {
    return this.#state;
  }

  /**
   * Opens the stores, takes up what was left there, and starts what is due.
   *
   * @throws {SchedulerAlreadyRunningError}
   * @throws {JobStoreError} a store cannot be opened
   * @throws {ConflictingIdError} a job that was added before has an id that is taken; the scheduler stays stopped
   */
  async start({ paused = false }: { readonly paused?: boolean } = {}): Promise<void> {
    if (this.#state !== STATE_STOPPED || this.#isStarting) throw new SchedulerAlreadyRunningError();
    this.#isStarting = true;
    try {
      await this.#closing;
      if (!this.#executors.has('default')) this.#keepExecutor('default', new FunctionExecutor());
      if (!this.#timetables.has('default')) this.#keepStore('default', new MemoryJobStore());
      for (const [alias, executor] of this.#executors) this.#startExecutor(alias, executor);
      await this.#open();
      this.#alarm = this.#clock.openAlarm(() => this.#wake());
      this.#state = paused ? STATE_PAUSED : STATE_RUNNING;
    } finally {
      this.#isStarting = false;
    }
    this.#logger.info('Scheduler started');
    this.#emit({ code: events.EVENT_SCHEDULER_STARTED, alias: undefined });
    for (const timetable of this.#timetables.values()) timetable.begin();
  }

  /** Starts nothing until {@link Scheduler.resume}; what is under way goes on. @throws {SchedulerNotRunningError} */
  pause(): void {
    if (this.#state === STATE_STOPPED) throw new SchedulerNotRunningError();
    if (this.#state === STATE_PAUSED) return;
    this.#state = STATE_PAUSED;
    this.#setAlarm();
    this.#emit({ code: events.EVENT_SCHEDULER_PAUSED, alias: undefined });
  }

  /** Starts what has become due meanwhile, as far as grace and coalescing allow. @throws {SchedulerNotRunningError} */
  resume(): void {
    if (this.#state === STATE_STOPPED) throw new SchedulerNotRunningError();
    if (this.#state === STATE_RUNNING) return;
    this.#state = STATE_RUNNING;
    this.#emit({ code: events.EVENT_SCHEDULER_RESUMED, alias: undefined });
    for (const timetable of this.#timetables.values()) {
      timetable.watchAgain();
      timetable.wake();
    }
  }

  /** Starts nothing any more, and closes the stores when the last run has ended. @throws {SchedulerNotRunningError} */
  async shutdown({ wait = true, runs = 'finish' }: ShutdownOptions = {}): Promise<void> {
    if (this.#state === STATE_STOPPED) throw new SchedulerNotRunningError();
    this.#state = STATE_STOPPED;
    this.#closing = this.#close({ wait, runs });
    if (wait || runs === 'leave') await this.#closing;
    this.#logger.info('Scheduler has been shut down');
    this.#emit({ code: events.EVENT_SCHEDULER_SHUTDOWN, alias: undefined });
  }

  /** Gives a function the name by which persistent stores know it. */
  registerFunction(name: string, fn: JobFunction): void {
    this.#functions.register(name, fn);
  }

  /**
   * Has `func` run when `trigger` says; without one at once. Before the start the job is kept, and added then.
   *
   * @param func a function, or what the job's executor knows it by
   * @throws {ConflictingIdError} the id is taken
   * @throws {TriggerError} there is no such trigger, or one of its options is not what it has to be
   * @see apscheduler/schedulers/base.py, `add_job`
   */
  addJob<Name extends keyof TriggerOptions>(
    func: string | JobFunction,
    trigger: Name,
    options?: JobOptions & TriggerOptions[Name],
  ): Promise<ScheduledJob>;
  addJob(
    func: string | JobFunction,
    trigger?: Trigger | string,
    options?: JobOptions & Readonly<Record<string, unknown>>,
  ): Promise<ScheduledJob>;
  async addJob(
    func: string | JobFunction,
    trigger?: Trigger | string,
    options: object = {},
  ): Promise<ScheduledJob> {
    const { own, ofTrigger } = partOptions(options);
    const { id = randomUUID().replaceAll('-', ''), jobStore = 'default', replaceExisting = false } = own;
    if (typeof id !== 'string' || id === '') throw new Error('id must be a nonempty string');
    const now = this.#clock.now();
    const given = this.#readTrigger(trigger, ofTrigger, now);
    const bound = given.bind({ timezone: this.timezone, now });
    if (this.#state !== STATE_STOPPED) this.#timetable(jobStore);
    const job: Job = {
      ...specOf(own, this.#jobDefaults),
      id,
      name: own.name ?? (typeof func === 'string' ? func : func.name || 'anonymous'),
      func: this.#functionName(func, jobStore),
      args: own.args ?? [],
      trigger: bound.toJSON(),
      givenTrigger: given.toJSON(),
      data: own.data ?? null,
      nextRunTime: own.nextRunTime ?? undefined,
      dueTime: own.nextRunTime ?? undefined,
      isPaused: own.nextRunTime === null,
      lastFireTime: undefined,
      created: now,
      modified: now,
    };
    this.#triggers.keep(job.trigger, bound);
    const pending: PendingJob = {
      job,
      isNextRunTimeGiven: own.nextRunTime !== undefined,
      jobStore,
      replaceExisting,
    };
    if (this.#state === STATE_STOPPED) {
      this.#pending.push(pending);
      return this.#handle(pending.job, jobStore, { isPending: true });
    }
    return this.#addNow(pending, this.#timetable(jobStore));
  }

  /**
   * @throws {JobLookupError}
   * @see apscheduler/schedulers/base.py, `modify_job`
   */
  async modifyJob(id: string, changes: JobChanges, jobStore?: string): Promise<ScheduledJob> {
    const { func, ...others } = changes;
    const spec = changesOf(others);
    const { nextRunTime } = changes;
    const next = nextRunTime === undefined ? 'as it was' : 'given';
    return this.#modify(id, jobStore, next, (job, alias) => {
      const named = func === undefined ? job.func : this.#functionName(func, alias);
      if (named !== job.func) this.#functions.release(job.func);
      const changed = { ...job, ...spec, func: named };
      if (nextRunTime === undefined) return changed;
      return {
        ...changed,
        nextRunTime: nextRunTime ?? undefined,
        dueTime: nextRunTime ?? undefined,
        isPaused: nextRunTime === null,
      };
    });
  }

  /** Gives a job another trigger, and goes on with it from now; a paused one too. @throws {JobLookupError} */
  async rescheduleJob<Name extends keyof TriggerOptions>(
    id: string,
    trigger?: Name,
    options?: { readonly jobStore?: string } & TriggerOptions[Name],
  ): Promise<ScheduledJob>;
  async rescheduleJob(
    id: string,
    trigger?: Trigger | string,
    options?: { readonly jobStore?: string } & Readonly<Record<string, unknown>>,
  ): Promise<ScheduledJob>;
  async rescheduleJob(id: string, trigger?: Trigger | string, options: object = {}): Promise<ScheduledJob> {
    const { own, ofTrigger } = partOptions(options);
    const now = this.#clock.now();
    const given = this.#readTrigger(trigger, ofTrigger, now);
    const bound = given.bind({ timezone: this.timezone, now });
    const triggers = { trigger: bound.toJSON(), givenTrigger: given.toJSON() };
    return this.#modify(id, own.jobStore, 'of the trigger', (job) => {
      const changed = { ...job, ...triggers, isPaused: false };
      return { ...changed, ...this.#nextRun(changed, bound, now) };
    });
  }

  /** A paused job has no next run time, and misses nothing. @throws {JobLookupError} */
  async pauseJob(id: string, jobStore?: string): Promise<ScheduledJob> {
    const paused = await this.#modify(id, jobStore, 'given', (job) => ({
      ...job,
      nextRunTime: undefined,
      dueTime: undefined,
      isPaused: true,
    }));
    if (!paused.isPending) this.#emitJob(events.EVENT_JOB_PAUSED, paused);
    return paused;
  }

  /**
   * Goes on from now.
   *
   * @returns `undefined`: it has no more fire times, and was removed
   * @throws {JobLookupError}
   */
  async resumeJob(id: string, jobStore?: string): Promise<ScheduledJob | undefined> {
    const found = await this.#lookup(id, jobStore);
    const now = this.#clock.now();
    const { nextRunTime } = this.#nextRun(found.job, this.#triggerOf(found.job), now);
    if (nextRunTime === undefined) {
      await this.removeJob(id, found.jobStore);
      return undefined;
    }
    const resumed = await this.#modify(id, found.jobStore, 'of the trigger', (job) => ({
      ...job,
      ...this.#nextRun(job, this.#triggerOf(job), now),
      isPaused: false,
    }));
    if (!resumed.isPending) this.#emitJob(events.EVENT_JOB_RESUMED, resumed);
    return resumed;
  }

  /** Runs that are under way go on; records of runs stay. @throws {JobLookupError} */
  async removeJob(id: string, jobStore?: string): Promise<void> {
    const { job, jobStore: alias } = await this.#lookup(id, jobStore);
    if (this.#state !== STATE_STOPPED) return this.#timetable(alias).remove(id);
    this.#pending = this.#pending.filter((pending) => pending.job !== job);
    this.#functions.release(job.func);
  }

  /** Of one store, or of all. */
  async removeAllJobs(jobStore?: string): Promise<void> {
    if (this.#state === STATE_STOPPED) {
      this.#pending = this.#pending.filter(
        (pending) => jobStore !== undefined && pending.jobStore !== jobStore,
      );
      return;
    }
    for (const timetable of this.#timetablesOf(jobStore)) await timetable.removeAll();
    this.#emit({ code: events.EVENT_ALL_JOBS_REMOVED, alias: jobStore });
  }

  async getJob(id: string, jobStore?: string): Promise<ScheduledJob | undefined> {
    return this.#find(id, jobStore);
  }

  /** Of one store, or of all; each by next run time, those without one last. */
  async getJobs(jobStore?: string): Promise<ScheduledJob[]> {
    if (this.#state === STATE_STOPPED) {
      const isMeant = (pending: PendingJob) => jobStore === undefined || pending.jobStore === jobStore;
      return this.#pending
        .filter(isMeant)
        .map((pending) => this.#handle(pending.job, pending.jobStore, { isPending: true }));
    }
    const handles: ScheduledJob[] = [];
    for (const timetable of this.#timetablesOf(jobStore)) {
      for (const job of await timetable.all()) {
        handles.push(this.#handle(job, timetable.alias, { isPending: false }));
      }
    }
    return handles;
  }

  /** A line for each job, as APScheduler prints them. */
  async printJobs(jobStore?: string, out: { write(text: string): unknown } = process.stdout): Promise<void> {
    if (this.#state === STATE_STOPPED) {
      out.write(listOf('Pending jobs:', await this.getJobs(jobStore), 'No pending jobs'));
      return;
    }
    const aliases = this.#timetablesOf(jobStore).map(({ alias }) => alias);
    for (const alias of aliases.sort()) {
      out.write(listOf(`Jobstore ${alias}:`, await this.getJobs(alias), 'No scheduled jobs'));
    }
  }

  /**
   * Runs a job now, outside of its schedule.
   *
   * @returns the run as it was started or, with `wait`, as its last attempt has ended
   * @throws {JobLookupError}
   * @throws {MaxInstancesReachedError} it allows no more runs, and no waiting
   * @throws {SchedulerPausedError} there is no room, and nothing that waits starts now
   */
  async runJob(id: string, options: RunOptions = {}): Promise<Run> {
    const { wait = false, force = false, delay = 0, cause = 'manual', runId, data = null } = options;
    if (this.#state === STATE_STOPPED) throw new SchedulerNotRunningError();
    const { jobStore } = await this.#lookup(id, options.jobStore);
    const { run, ended } = await this.#timetable(jobStore).request(id, { cause, force, delay, runId, data });
    return wait ? ended : run;
  }

  /**
   * Asks a run to end, on whatever node it is.
   *
   * @returns `false`: it has ended already
   * @throws {RunLookupError}
   */
  async stopRun(id: string): Promise<boolean> {
    for (const timetable of this.#timetables.values()) {
      if ((await timetable.store.getRun(id)).length > 0) return timetable.stop(id);
    }
    throw new RunLookupError(id);
  }

  /** The last attempt of a run. */
  async getRun(id: string): Promise<Run | undefined> {
    return (await this.getAttempts(id)).at(-1);
  }

  /** All attempts of a run, the first one first. */
  async getAttempts(id: string): Promise<readonly Run[]> {
    for (const timetable of this.#timetables.values()) {
      const attempts = await timetable.store.getRun(id);
      if (attempts.length > 0) return attempts;
    }
    return [];
  }

  /** Records of runs, of one store or of all, newest first. */
  async getRuns({ jobStore, ...query }: RunQuery & { readonly jobStore?: string } = {}): Promise<Run[]> {
    const timetables = this.#timetablesOf(jobStore);
    const [only] = timetables;
    if (timetables.length === 1 && only) return only.store.getRuns(query);
    const { offset = 0, limit = Number.POSITIVE_INFINITY, ...which } = query;
    const runs: Run[] = [];
    for (const { store } of timetables) {
      const isBounded = Number.isFinite(limit);
      runs.push(...(await store.getRuns(isBounded ? { ...which, limit: offset + limit } : which)));
    }
    const newestFirst = runs.sort((one, other) =>
      one.id < other.id ? 1 : one.id > other.id ? -1 : other.attempt - one.attempt,
    );
    return newestFirst.slice(offset, offset + limit);
  }

  /** @param mask the sum of the events it wants to hear of */
  addListener(listener: Listener, mask: number = events.EVENT_ALL): void {
    this.#listeners.add(listener, mask);
  }

  removeListener(listener: Listener): void {
    this.#listeners.remove(listener);
  }

  async addJobStore(store: JobStore, alias = 'default'): Promise<void> {
    const timetable = this.#keepStore(alias, store);
    if (this.#state === STATE_STOPPED) return;
    try {
      await timetable.open();
    } catch (error) {
      this.#timetables.delete(alias);
      throw error;
    }
    timetable.begin();
  }

  /** Closes a store. No run of its jobs starts any more, and those under way come to their end first. */
  async removeJobStore(alias: string): Promise<void> {
    const timetable = this.#timetable(alias);
    timetable.leave();
    await timetable.putDown();
    await timetable.runs.whenQuiet();
    await timetable.close();
    this.#timetables.delete(alias);
    this.#emit({ code: events.EVENT_JOBSTORE_REMOVED, alias });
  }

  addExecutor(executor: Executor, alias = 'default'): void {
    this.#keepExecutor(alias, executor);
    if (this.#state !== STATE_STOPPED) this.#startExecutor(alias, executor);
  }

  async removeExecutor(alias: string, { wait = true }: { readonly wait?: boolean } = {}): Promise<void> {
    const executor = this.#executors.get(alias);
    if (executor === undefined) throw new Error(`No such executor: ${alias}`);
    this.#executors.delete(alias);
    await executor.shutdown?.({ wait });
    this.#emit({ code: events.EVENT_EXECUTOR_REMOVED, alias });
  }

  /** Opens all stores and adds what was added before: all of it or nothing. */
  async #open(): Promise<void> {
    const open: Timetable[] = [];
    try {
      for (const timetable of this.#timetables.values()) {
        await timetable.open();
        open.push(timetable);
      }
      for (const pending of this.#pending) await this.#addNow(pending, this.#timetable(pending.jobStore));
      this.#pending = [];
    } catch (error) {
      for (const timetable of open) await timetable.close();
      throw error;
    }
  }

  async #close({ wait, runs }: Required<ShutdownOptions>): Promise<void> {
    const timetables = [...this.#timetables.values()];
    for (const timetable of timetables) await timetable.putDown();
    if (runs === 'stop') for (const timetable of timetables) timetable.runs.stopAll();
    if (runs !== 'leave') {
      for (const timetable of timetables) {
        await timetable.runs.whenQuiet();
        // Runs that have failed meanwhile wait for their next try.
        await timetable.putDown();
        await timetable.runs.whenQuiet();
      }
    }
    for (const [alias, executor] of this.#executors) {
      await executor.shutdown?.({ wait }).catch((error) => {
        this.#logger.error(`Executor "${alias}" does not shut down: ${messageOf(error)}`);
      });
    }
    for (const timetable of timetables) await timetable.close();
    this.#alarm?.close();
    this.#alarm = undefined;
    this.#alarmAt = undefined;
  }

  async #addNow(pending: PendingJob, timetable: Timetable): Promise<ScheduledJob> {
    const { replaceExisting, isNextRunTimeGiven } = pending;
    if (!this.#executors.has(pending.job.executor))
      throw new Error(`No such executor: ${pending.job.executor}`);
    if (!timetable.store.isVolatile && this.#functions.isHeld(pending.job.func)) {
      throw namelessFunction(pending.job.name);
    }
    const first = this.#nextRun(pending.job, this.#triggerOf(pending.job), this.#clock.now());
    const job: Job = isNextRunTimeGiven ? pending.job : { ...pending.job, ...first };
    const replace = (existing: Job): Job => {
      if (existing.func !== job.func) this.#functions.release(existing.func);
      const kept = { ...job, created: existing.created, lastFireTime: existing.lastFireTime };
      if (isNextRunTimeGiven) return kept;
      const isSame =
        isSameTrigger(existing.givenTrigger, job.givenTrigger) &&
        existing.trigger['timezone'] === job.trigger['timezone'];
      const { isPaused, nextRunTime, dueTime } = existing;
      if (isSame && (isPaused || nextRunTime !== undefined || existing.lastFireTime !== undefined)) {
        return { ...kept, trigger: existing.trigger, isPaused, nextRunTime, dueTime };
      }
      return isPaused ? { ...kept, isPaused, nextRunTime: undefined, dueTime: undefined } : kept;
    };
    const added = await timetable.add(job, replaceExisting ? replace : undefined);
    return this.#handle(added, timetable.alias, { isPending: false });
  }

  /** @param next where the next run time comes from: that of a job that waits for the start is not known before */
  async #modify(
    id: string,
    jobStore: string | undefined,
    next: 'given' | 'of the trigger' | 'as it was',
    change: (job: Job, alias: string) => Job,
  ): Promise<ScheduledJob> {
    const found = await this.#lookup(id, jobStore);
    const alias = found.jobStore;
    const changed = (job: Job) => ({ ...change(job, alias), modified: this.#clock.now() });
    if (this.#state !== STATE_STOPPED) {
      return this.#handle(await this.#timetable(alias).modify(id, changed), alias, { isPending: false });
    }
    const pending = this.#pending.find(({ job }) => job === found.job);
    if (pending === undefined) throw new JobLookupError(id);
    pending.job = changed(pending.job);
    if (next === 'of the trigger')
      pending.job = { ...pending.job, nextRunTime: undefined, dueTime: undefined };
    if (next !== 'as it was') pending.isNextRunTimeGiven = next === 'given';
    return this.#handle(pending.job, alias, { isPending: true });
  }

  async #lookup(id: string, jobStore: string | undefined): Promise<ScheduledJob> {
    const found = await this.#find(id, jobStore);
    if (found === undefined) throw new JobLookupError(id);
    return found;
  }

  async #find(id: string, jobStore: string | undefined): Promise<ScheduledJob | undefined> {
    if (this.#state === STATE_STOPPED) {
      return (await this.getJobs(jobStore)).find((job) => job.id === id);
    }
    for (const timetable of this.#timetablesOf(jobStore)) {
      const job = await timetable.lookup(id);
      if (job) return this.#handle(job, timetable.alias, { isPending: false });
    }
    return undefined;
  }

  #handle(job: Job, jobStore: string, { isPending }: { readonly isPending: boolean }): ScheduledJob {
    return new ScheduledJob(this, job, this.#triggers, jobStore, isPending);
  }

  #readTrigger(trigger: Trigger | string | undefined, options: Record<string, unknown>, now: Date): Trigger {
    if (typeof trigger === 'string') return createTrigger(trigger, options, this.#types);
    const [other] = Object.keys(options);
    if (other !== undefined) throw new TypeError(`A job has no option "${other}"`);
    if (trigger === undefined) return new DateTrigger({ runDate: now });
    if (typeof trigger?.getNextFireTime === 'function') return trigger;
    throw new TriggerError(`Expected a trigger instance or string, got ${typeof trigger} instead`);
  }

  /** When a job runs next, whatever it did before. */
  #nextRun(job: Job, trigger: Trigger, now: Date): Pick<Job, 'nextRunTime' | 'dueTime'> {
    const nextRunTime = trigger.getNextFireTime(undefined, now);
    if (nextRunTime === undefined || trigger.jitter === 0) return { nextRunTime, dueTime: nextRunTime };
    const delay = Math.floor(this.#random(job) * trigger.jitter * 1000);
    return { nextRunTime, dueTime: new Date(nextRunTime.getTime() + delay) };
  }

  /** @throws {TriggerError} nobody here knows such a trigger */
  #triggerOf(job: Job): Trigger {
    return this.#triggers.get(job.trigger);
  }

  /** What a store keeps of a function. The store may come later than the job, and refuse it then. */
  #functionName(func: string | JobFunction, jobStore: string): string {
    if (typeof func === 'string') return func;
    const name = this.#functions.nameOf(func);
    if (name !== undefined) return name;
    const store = this.#timetables.get(jobStore)?.store;
    if (store && !store.isVolatile) throw namelessFunction(func.name);
    return this.#functions.hold(func);
  }

  #keepStore(alias: string, store: JobStore): Timetable {
    if (this.#timetables.has(alias)) {
      throw new Error(`This scheduler already has a job store by the alias of "${alias}"`);
    }
    const timetable = new Timetable(alias, store, this.#surroundings);
    this.#timetables.set(alias, timetable);
    this.#emit({ code: events.EVENT_JOBSTORE_ADDED, alias });
    return timetable;
  }

  #keepExecutor(alias: string, executor: Executor): void {
    if (this.#executors.has(alias)) {
      throw new Error(`This scheduler already has an executor by the alias of "${alias}"`);
    }
    this.#executors.set(alias, executor);
    this.#emit({ code: events.EVENT_EXECUTOR_ADDED, alias });
  }

  #startExecutor(alias: string, executor: Executor): void {
    executor.start?.({ alias, functionOf: ({ func }) => this.#functions.get(func) });
  }

  #timetable(alias: string): Timetable {
    const timetable = this.#timetables.get(alias);
    if (timetable === undefined) throw new Error(`No such job store: ${alias}`);
    return timetable;
  }

  #timetablesOf(alias: string | undefined): Timetable[] {
    return alias === undefined ? [...this.#timetables.values()] : [this.#timetable(alias)];
  }

  #emit(event: events.SchedulerEvent): void {
    if (this.#logsRuns) logEvent(event, this.#logger);
    this.#listeners.tell(event);
  }

  #emitJob(code: number, { id, jobStore }: ScheduledJob): void {
    this.#emit({ code, alias: jobStore, jobId: id, jobStore });
  }

  #onFreePlace(): void {
    for (const timetable of this.#timetables.values()) if (timetable.runs.isAnyWaiting) timetable.wake();
    this.#setAlarm();
  }

  #wake(): void {
    this.#alarmAt = undefined;
    for (const timetable of this.#timetables.values()) timetable.wake();
  }

  #setAlarm(): void {
    if (this.#alarm === undefined) return;
    let earliest: number | undefined;
    for (const { wakeTime } of this.#timetables.values()) {
      if (wakeTime !== undefined && (earliest === undefined || wakeTime.getTime() < earliest))
        earliest = wakeTime.getTime();
    }
    if (earliest === this.#alarmAt) return;
    this.#alarmAt = earliest;
    this.#alarm.set(earliest === undefined ? undefined : new Date(earliest));
  }
}

/** A heading, and a line for each job, or one that says that there is none. */
function listOf(heading: string, jobs: readonly ScheduledJob[], none: string): string {
  return [heading, ...(jobs.length === 0 ? [none] : jobs).map((line) => `    ${line}`), ''].join('\n');
}

function namelessFunction(name: string): Error {
  return new Error(
    `This Job cannot be serialized since the reference to its callable (${name}) could not be determined. Consider giving it a name with registerFunction(name, function).`,
  );
}
