/**
 * The scheduler in the daemon: the library, with the daemon's clock, supervisor, log and events. Loaded when there are
 * schedules, and not before.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SchedulerSettings } from '../../conf/schedule-settings.ts';
import type { GroupSettings, LogLevel, Settings } from '../../conf/settings.ts';
import * as codes from '../../schedule/events.ts';
import type { Job } from '../../schedule/job.ts';
import type { Run } from '../../schedule/run.ts';
import { Scheduler, STATE_PAUSED, STATE_RUNNING } from '../../schedule/scheduler.ts';
import type { OutcomeContext } from '../../schedule/surroundings.ts';
import type { ScheduleEvent } from '../event/event.ts';
import { after, type Clock, type Timer, type WallClock } from '../host/clock.ts';
import type { StartOutcome, SupervisorControl } from '../process/control.ts';
import type { Occasion } from '../process/occasion.ts';
import { Chains } from './chains.ts';
import { Clients, type ScheduleLanguage } from './clients.ts';
import { ScheduleError, type SchedulerControl } from './control.ts';
import { executorName, jitterOf, jobDataOf } from './job-of-schedule.ts';
import { libraryClock } from './library-clock.ts';
import { Narrator } from './narrator.ts';
import { OnDemand } from './on-demand.ts';
import { messageOf, Roster } from './roster.ts';
import { removeOwnLogs } from './run-logs.ts';
import type { ScheduleStatus } from './status.ts';
import { endedOutcomes, Statuses } from './statuses.ts';
import { createStore, isShared, readStoredJobs, storeName } from './stores.ts';
import { SupervisorExecutor } from './supervisor-executor.ts';
import { causeIn, occasionOfRun } from './variables.ts';

/** Seconds until a store that cannot be opened is tried again. @see apscheduler, `jobstore_retry_interval` */
const retrySecs = 10;
/** Seconds that the end of the daemon waits for the last words to be written. */
const lastWordsSecs = 5;
/** Seconds that the start of the daemon waits for a store to say what clients have made. */
const firstLookSecs = 2;
/** How many schedules are looked at before others have their turn. */
const turn = 50;

export interface ServiceOptions {
  readonly settings: SchedulerSettings;
  readonly runtimeDirectory: string;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly supervisor: SupervisorControl;
  /** As it was read last. */
  readonly configuration: () => Settings;
  readonly language: ScheduleLanguage;
  readonly emit: (event: ScheduleEvent) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

/** What the daemon needs of schedules once they are loaded. */
export interface ScheduleService {
  readonly control: SchedulerControl;
  /** Opens the store and starts what is due; goes on trying if the store cannot be opened. */
  begin(): Promise<void>;
  /** Groups have become active or are not any more, or have other settings. */
  groupsChanged(): void;
  statusOf(name: string): ScheduleStatus;
  askForRun(name: string): Promise<StartOutcome>;
  /** The daemon shuts down: nothing is started any more. */
  stopClaiming(): void;
  /** Closes the store. `leaves`: another daemon goes on with the runs that are under way; else all have ended. */
  close(options: { readonly leaves: boolean }): Promise<void>;
}

/**
 * The groups of the schedules that clients have made, before anything is started; none, if the store does not say so
 * soon.
 */
export async function readStoredGroups({
  settings,
  clock,
  language,
}: Pick<ServiceOptions, 'settings' | 'clock' | 'language'>): Promise<readonly GroupSettings[]> {
  if (settings.jobstore === 'memory') return [];
  const { promise: late, resolve } = Promise.withResolvers<readonly Job[]>();
  const timer = clock.setTimer(after(clock.now().instant, firstLookSecs), () => resolve([]));
  try {
    const jobs = await Promise.race([readStoredJobs(settings), late]);
    const stored = jobs.filter(({ source }) => source === 'rpc');
    const names = stored.map(({ id }) => id);
    return stored.flatMap((job) => {
      const result = language.readStored(job.id, new Map(jobDataOf(job).keys), names);
      return result.type === 'ok' ? [result.group] : [];
    });
  } catch {
    // Whoever begins will say what is wrong.
    return [];
  } finally {
    timer.cancel();
  }
}

/** The library at work on an open store. */
export interface OpenScheduler {
  readonly scheduler: Scheduler;
  readonly roster: Roster;
}

export class Service implements ScheduleService {
  readonly control: SchedulerControl;
  readonly #options: ServiceOptions;
  readonly #statuses = new Statuses();
  readonly #onDemand: OnDemand;
  readonly #narrator: Narrator;
  readonly #chains: Chains;
  /** Resolve when a run has been seen to. */
  readonly #settled = new Map<string, (() => void)[]>();
  #opened: OpenScheduler | undefined;
  #retry: Timer | undefined;
  #opening: Promise<void> | undefined;
  #isEnding = false;
  #reconciling: Promise<void> = Promise.resolve();
  #isReconcileDue = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { settings, supervisor, emit, log } = options;
    const scheduler = () => this.#use().scheduler;
    this.#onDemand = new OnDemand((schedule, runId) => scheduler().runJob(schedule, { runId }));
    this.#narrator = new Narrator({
      node: settings.node,
      sourceOf: (job) => this.#opened?.roster.get(job)?.source ?? 'rpc',
      timezoneOf: (job) => this.#timezoneOf(job),
      emit,
      log,
    });
    this.#chains = new Chains({ supervisor, scheduler, log });
    this.control = new Clients({
      ...options,
      use: () => this.#use(),
      begin: () => this.begin(),
      opened: () => this.#opened,
      problem: () => this.#statuses.problem,
      pause: () => this.#pause(),
      resume: () => this.#resume(),
      whenSettled: (runId) => this.#whenSettled(runId),
    });
  }

  async begin(): Promise<void> {
    if (this.#opened !== undefined || this.#isEnding) return;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  groupsChanged(): void {
    if (this.#isReconcileDue) return;
    this.#isReconcileDue = true;
    this.#reconciling = this.#reconciling.then(async () => {
      // All groups of one update, rather than one after the other.
      await nextTurn();
      this.#isReconcileDue = false;
      if (!this.#isEnding && this.#opened !== undefined) await this.#reconcile(this.#opened);
    });
  }

  statusOf(name: string): ScheduleStatus {
    const status = this.#statuses.of(name);
    const { nextRun } = status;
    // Another daemon may have claimed it, in a store that is shared.
    if (nextRun !== undefined && nextRun.time < this.#options.wallClock.now()) this.#refresh(name);
    const isOff = this.#opened?.scheduler.state === STATE_PAUSED && !this.#isEnding;
    return isOff ? { ...status, problem: status.problem ?? 'scheduler paused' } : status;
  }

  askForRun(name: string): Promise<StartOutcome> {
    return this.#onDemand.ask(name);
  }

  stopClaiming(): void {
    this.#isEnding = true;
    this.#retry?.cancel();
    if (this.#opened?.scheduler.state === STATE_RUNNING) this.#opened.scheduler.pause();
  }

  async close({ leaves }: { readonly leaves: boolean }): Promise<void> {
    this.stopClaiming();
    if (leaves) this.#onDemand.leave();
    for (const runId of [...this.#settled.keys()]) this.#tellSettled(runId);
    await this.#opening;
    const scheduler = this.#opened?.scheduler;
    if (scheduler === undefined) return;
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const { clock, log } = this.#options;
    const timer = clock.setTimer(after(clock.now().instant, lastWordsSecs), () => resolve('late'));
    const closing = this.#contain('closing the job store', () =>
      scheduler.shutdown({ wait: true, runs: leaves ? 'leave' : 'finish' }),
    );
    if ((await Promise.race([closing, late])) === 'late') {
      log('error', `job store ${storeName(this.#options.settings)} does not take the last records of runs`);
    }
    timer.cancel();
  }

  /** @throws {ScheduleError} `unavailable`, `shutting-down` */
  #use(): OpenScheduler {
    if (this.#isEnding) throw new ScheduleError('shutting-down', 'supervisord is shutting down');
    if (this.#opened !== undefined) return this.#opened;
    throw new ScheduleError('unavailable', this.#statuses.problem ?? 'there are no schedules');
  }

  async #open(): Promise<void> {
    const { settings, clock, log } = this.#options;
    const store = storeName(settings);
    try {
      const opened = await this.#start();
      if (this.#statuses.problem !== undefined) log('info', `job store ${store} can be used now`);
      this.#statuses.problem = undefined;
      this.#opened = opened;
      await this.#reconcile(opened);
      if (!this.#isEnding && !this.#isPaused) opened.scheduler.resume();
      void this.#contain('reading the last runs of schedules', () => this.#readStatuses(opened));
    } catch (error) {
      const problem = `cannot use job store ${store}: ${messageOf(error)}`;
      if (this.#statuses.problem !== problem) {
        log(
          'error',
          `${problem}; no schedule is run until it can be used, which is tried every ${retrySecs} s`,
        );
      }
      this.#statuses.problem = problem;
      if (this.#isEnding) return;
      this.#retry = clock.setTimer(after(clock.now().instant, retrySecs), () => void this.begin());
    }
  }

  /** Tries again what cannot be done now. */
  async #reconcile({ roster }: OpenScheduler): Promise<void> {
    let isDone = false;
    await this.#contain('bringing schedules in line', async () => {
      isDone = await roster.reconcile();
    });
    if (isDone || this.#isEnding) return;
    const { clock } = this.#options;
    this.#retry?.cancel();
    this.#retry = clock.setTimer(after(clock.now().instant, retrySecs), () => this.groupsChanged());
  }

  /** Paused as yet, so that nothing is started before it is known what there is. @throws {JobStoreError} */
  async #start(): Promise<OpenScheduler> {
    const { settings, supervisor, clock, wallClock, configuration, language, log } = this.#options;
    const store = await createStore(settings);
    const scheduler: Scheduler = new Scheduler({
      ...(settings.timezone !== undefined && { timezone: settings.timezone }),
      node: settings.node,
      jobStores: { default: store },
      executors: {
        [executorName]: new SupervisorExecutor({
          supervisor,
          scheduleOf: (name) => roster.get(name),
          occasionOf: (run) => this.#occasionOf(run),
          log,
        }),
      },
      clock: libraryClock(wallClock, clock),
      maxRuns: settings.max_runs,
      keepFinished: true,
      onOutcome: (run, context) => this.#ended(run, context),
      random: (job) => jitterOf(job, settings.node),
      logsRuns: false,
      logger: {
        info: (text) => log('debug', text),
        warn: (text) => log('warn', text),
        error: (text, error) => log('error', error === undefined ? text : `${text}: ${messageOf(error)}`),
      },
    });
    const roster: Roster = new Roster({
      scheduler,
      supervisor,
      isShared: isShared(settings),
      readStored: language.readStored,
      configuredGroups: () => configuration().groups,
      log,
    });
    scheduler.addListener((event) => this.#heard(event), codes.EVENT_EVERY);
    await scheduler.start({ paused: true });
    return { scheduler, roster };
  }

  #heard(event: codes.SchedulerEvent): void {
    // That it is paused is how it starts and ends, and nobody's wish.
    const isOwnPause =
      event.code === codes.EVENT_SCHEDULER_PAUSED || event.code === codes.EVENT_SCHEDULER_RESUMED;
    if (!isOwnPause) this.#narrator.tell(event);
    if ('run' in event) {
      this.#onDemand.note(event.run);
      if (event.code === codes.EVENT_RUN_STARTED) this.#statuses.noteRun(event.run);
      if (event.code === codes.EVENT_RUN_SETTLED) this.#tellSettled(event.run.id);
    }
    if (event.code === codes.EVENT_RUNS_PRUNED && 'runs' in event) {
      removeOwnLogs(event.runs, (text) => this.#options.log('warn', text));
    } else if (event.code === codes.EVENT_JOB_REMOVED && 'jobId' in event) this.#statuses.forget(event.jobId);
    else if ('jobId' in event && standingCodes.has(event.code)) this.#refresh(event.jobId);
  }

  /** See `OutcomeHook`. */
  async #ended(run: Run, { next }: OutcomeContext): Promise<void> {
    this.#narrator.ended(run);
    this.#statuses.noteRun(run);
    this.#onDemand.note(run);
    const schedule = this.#opened?.roster.get(run.jobId);
    if (next === undefined && schedule !== undefined) {
      await this.#chains.follow(run, schedule, this.#timezoneOf(run.jobId));
    }
  }

  async #occasionOf(run: Run): Promise<Occasion> {
    // What has led to the run is kept with its first attempt.
    const [first = run] = run.attempt === 1 ? [run] : await this.#use().scheduler.getAttempts(run.id);
    return occasionOfRun(run, this.#timezoneOf(run.jobId), causeIn(first.data));
  }

  #timezoneOf(job: string): string {
    const timezone = this.#opened?.roster.get(job)?.trigger['timezone'];
    return typeof timezone === 'string' ? timezone : (this.#opened?.scheduler.timezone ?? 'UTC');
  }

  #refresh(name: string): void {
    void this.#contain(`looking at schedule ${name}`, async () => {
      const job = await this.#opened?.scheduler.getJob(name);
      if (job !== undefined) this.#statuses.noteJob(job, this.#timezoneOf(name));
    });
  }

  async #readStatuses({ scheduler }: OpenScheduler): Promise<void> {
    let count = 0;
    for (const job of await scheduler.getJobs()) {
      this.#statuses.noteJob(job, this.#timezoneOf(job.id));
      const [last] = await scheduler.getRuns({ jobId: job.id, states: endedOutcomes, limit: 1 });
      if (last !== undefined) this.#statuses.noteRun(last);
      count += 1;
      if (count % turn === 0) await nextTurn();
      if (this.#isEnding) return;
    }
    for (const run of await scheduler.getRuns({ states: ['active'] })) {
      if (run.state === 'RUNNING') this.#statuses.noteRun(run);
    }
  }

  #whenSettled(runId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#settled.set(runId, [...(this.#settled.get(runId) ?? []), resolve]);
    });
  }

  #tellSettled(runId: string): void {
    for (const resolve of this.#settled.get(runId) ?? []) resolve();
    this.#settled.delete(runId);
  }

  /** It stays so when another daemon goes on for this one, until a restart. */
  get #isPaused(): boolean {
    return this.#options.settings.paused
      ? !existsSync(this.#mark('running'))
      : existsSync(this.#mark('paused'));
  }

  #mark(state: 'running' | 'paused'): string {
    return join(this.#options.runtimeDirectory, `scheduler-${state}`);
  }

  #pause(): void {
    const { scheduler } = this.#use();
    rmSync(this.#mark('running'), { force: true });
    writeFileSync(this.#mark('paused'), '', { mode: 0o600 });
    if (scheduler.state === STATE_PAUSED) return;
    scheduler.pause();
    this.#options.log('info', 'scheduler paused');
    this.#narrator.tell({ code: codes.EVENT_SCHEDULER_PAUSED, alias: undefined });
  }

  #resume(): void {
    const { scheduler } = this.#use();
    rmSync(this.#mark('paused'), { force: true });
    writeFileSync(this.#mark('running'), '', { mode: 0o600 });
    if (scheduler.state === STATE_RUNNING) return;
    this.#options.log('info', 'scheduler resumed');
    this.#narrator.tell({ code: codes.EVENT_SCHEDULER_RESUMED, alias: undefined });
    scheduler.resume();
  }

  async #contain(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#options.log('error', `${what} has failed: ${messageOf(error)}`);
    }
  }
}

/** After these a job may stand elsewhere. */
const standingCodes: ReadonlySet<number> = new Set([
  codes.EVENT_JOB_ADDED,
  codes.EVENT_JOB_MODIFIED,
  codes.EVENT_JOB_SUBMITTED,
  codes.EVENT_JOB_MISSED,
  codes.EVENT_JOB_MAX_INSTANCES,
  codes.EVENT_RUN_COALESCED,
  codes.EVENT_JOB_FINISHED,
]);
