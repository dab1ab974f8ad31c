/**
 * The scheduler in the daemon: the library, with the daemon's clock, supervisor, log and events. Loaded when there are
 * schedules, and not before.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  isForOthers,
  isStoreShared,
  type SchedulerSettings,
  schedulesOf,
} from '../../conf/schedule-settings.ts';
import type { LogLevel, ProcessSettings, Settings } from '../../conf/settings.ts';
import * as codes from '../../schedule/events.ts';
import { isActive, type Run } from '../../schedule/run.ts';
import { STATE_PAUSED, STATE_RUNNING } from '../../schedule/scheduler.ts';
import type { OutcomeContext } from '../../schedule/surroundings.ts';
import { Turns } from '../../schedule/turns.ts';
import type { ScheduleEvent } from '../event/event.ts';
import { after, type Clock, type Timer, type WallClock } from '../host/clock.ts';
import type { StartOutcome, SupervisorControl } from '../process/control.ts';
import type { Occasion } from '../process/occasion.ts';
import { Chains } from './chains.ts';
import { Clients, type ScheduleLanguage } from './clients.ts';
import { ScheduleError, type SchedulerControl } from './control.ts';
import { createScheduler, type OpenScheduler } from './create-scheduler.ts';
import { KnownSchedules } from './known-schedules.ts';
import { Narrator } from './narrator.ts';
import { OnDemand } from './on-demand.ts';
import { OtherNodes } from './other-nodes.ts';
import { PauseMark } from './pause-mark.ts';
import { messageOf } from './roster.ts';
import { removeOwnLogs } from './run-logs.ts';
import type { ProcessSchedule, ScheduleStatus } from './status.ts';
import { endedOutcomes, Statuses } from './statuses.ts';
import { storeName } from './stores.ts';
import { causeIn, occasionOfRun } from './variables.ts';
import { Waiting } from './waiting.ts';

/** Seconds until a store that cannot be opened is tried again. @see apscheduler, `jobstore_retry_interval` */
const retrySecs = 10;
/** Seconds that the end of the daemon waits for the last words to be written. */
const lastWordsSecs = 5;
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
  /** Where the schedule stands that starts a process; `undefined`: none does. */
  scheduleOf(process: ProcessSettings): ProcessSchedule | undefined;
  /** Looks at what other daemons have done, in a store that is shared. `undefined`: there is nothing to look at. */
  catchUp(): Promise<void> | undefined;
  askForRun(name: string): Promise<StartOutcome>;
  /** The daemon shuts down: nothing is started any more. */
  stopClaiming(): void;
  /** Closes the store. `leaves`: another daemon goes on with the runs that are under way; else all have ended. */
  close(options: { readonly leaves: boolean }): Promise<void>;
}

export { readStoredGroups } from './stored-groups.ts';

export class Service implements ScheduleService {
  readonly control: SchedulerControl;
  readonly #options: ServiceOptions;
  readonly #statuses = new Statuses();
  readonly #otherNodes: OtherNodes;
  readonly #onDemand: OnDemand;
  readonly #narrator: Narrator;
  readonly #chains: Chains;
  readonly #waiting = new Waiting();
  readonly #pauseMark: PauseMark;
  #opened: OpenScheduler | undefined;
  /** What is known of schedules while the store cannot be opened. */
  #configured: KnownSchedules | undefined;
  #retry: Timer | undefined;
  #opening: Promise<void> | undefined;
  #isEnding = false;
  #isLeaving = false;
  /** When it is known which schedules there are. */
  readonly #known = Promise.withResolvers<void>();
  /** Of those who change which schedules there are. */
  readonly #turns = new Turns();
  #isReconcileDue = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { settings, supervisor, runtimeDirectory, clock, emit, log } = options;
    this.#pauseMark = new PauseMark(runtimeDirectory, settings.paused);
    const scheduler = () => this.#use().scheduler;
    this.#otherNodes = new OtherNodes({
      node: settings.node,
      clock,
      statuses: this.#statuses,
      scheduler: () => this.#opened?.scheduler,
      look: (name) => this.#refresh(name),
    });
    this.#onDemand = new OnDemand((schedule, runId) => scheduler().runJob(schedule, { runId }));
    this.#narrator = new Narrator({
      node: settings.node,
      sourceOf: (job) => this.#opened?.roster.get(job)?.source ?? 'rpc',
      timezoneOf: (job) => this.#timezoneOf(job),
      emit,
      log,
    });
    this.#chains = new Chains({ supervisor, scheduler, now: () => clock.now().instant, log });
    this.control = new Clients({
      ...options,
      use: () => this.#use(),
      begin: () => this.begin(),
      opened: () => this.#opened,
      problem: () => this.#statuses.problem,
      setPaused: (isPaused) => this.#setPaused(isPaused),
      exclusively: (action) => this.#turns.take(action),
      whenSettled: (runId) => this.#waiting.until(runId),
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
    void this.#turns.take(async () => {
      // All groups of one update, rather than one after the other.
      await nextTurn();
      this.#isReconcileDue = false;
      if (!this.#isEnding && this.#opened !== undefined) await this.#reconcile(this.#opened);
    });
  }

  scheduleOf(process: ProcessSettings): ProcessSchedule | undefined {
    if (process.section.startsWith('schedule:'))
      return { role: 'runs', status: this.#statusOf(process.group) };
    const schedules = this.#opened?.roster.schedules ?? this.#configured;
    const [first, ...others] = (schedules?.startersOf(process) ?? []).map((name) => this.#statusOf(name));
    return first && { role: 'starts', status: others.reduce(sooner, first) };
  }

  #statusOf(name: string): ScheduleStatus {
    const status = this.#statuses.of(name);
    if (isForOthers(this.#opened?.roster.get(name)?.hosts, this.#options.settings)) {
      return { ...status, nextRun: undefined, problem: status.problem ?? 'hosts does not name this node' };
    }
    const { nextRun, problem } = status;
    // Another daemon may have claimed it, in a store that is shared.
    if (problem === undefined && nextRun !== undefined && nextRun.time < this.#options.wallClock.now())
      void this.#refresh(name);
    const isOff = this.#opened?.scheduler.state === STATE_PAUSED && !this.#isEnding;
    return isOff ? { ...status, problem: status.problem ?? 'scheduler paused' } : status;
  }

  catchUp(): Promise<void> | undefined {
    if (!isStoreShared(this.#options.settings) || this.#opened === undefined) return undefined;
    if (this.#statuses.problem !== undefined) return undefined;
    return this.#otherNodes.catchUp(this.#options.wallClock.now());
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
    this.#isLeaving = leaves;
    if (leaves) this.#onDemand.leave();
    this.#waiting.tellAll();
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
      await this.#turns.take(() => this.#reconcile(opened));
      this.#known.resolve();
      if (!this.#isEnding && !this.#pauseMark.isPaused) opened.scheduler.resume();
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
      this.#configured = new KnownSchedules(schedulesOf(this.#options.configuration().groups));
      if (this.#isEnding) return;
      this.#retry = clock.setTimer(after(clock.now().instant, retrySecs), () => void this.begin());
    }
  }

  /** Tries again what cannot be done now. */
  async #reconcile({ roster, scheduler, extraInstances }: OpenScheduler): Promise<void> {
    let isDone = false;
    await this.#contain('bringing schedules in line', async () => {
      const isInLine = await roster.reconcile();
      extraInstances.sweep(await scheduler.getRuns({ states: ['active'] }));
      isDone = isInLine;
    });
    if (isDone || this.#isEnding) return;
    const { clock } = this.#options;
    this.#retry?.cancel();
    this.#retry = clock.setTimer(after(clock.now().instant, retrySecs), () => this.groupsChanged());
  }

  /** Paused as yet, so that nothing is started before it is known what there is. @throws {JobStoreError} */
  async #start(): Promise<OpenScheduler> {
    const opened = await createScheduler(this.#options, {
      occasionOf: (run) => this.#occasionOf(run),
      onOutcome: (run, context) => this.#ended(run, context),
    });
    opened.scheduler.addListener((event) => this.#heard(event), codes.EVENT_EVERY);
    await opened.scheduler.start({ paused: true });
    return opened;
  }

  #heard(event: codes.SchedulerEvent): void {
    // That it is paused is how it starts and ends, and nobody's wish.
    const isOwnPause =
      event.code === codes.EVENT_SCHEDULER_PAUSED || event.code === codes.EVENT_SCHEDULER_RESUMED;
    if (!isOwnPause) this.#narrator.tell(event);
    if (event.code === codes.EVENT_JOBSTORE_FAILED && 'problem' in event) {
      this.#statuses.problem = event.problem;
    } else if (event.code === codes.EVENT_JOBSTORE_RECOVERED) this.#statuses.problem = undefined;
    // What the files say is put there again.
    if (event.code === codes.EVENT_JOBSTORE_LOST) this.groupsChanged();
    if ('run' in event) {
      this.#onDemand.note(event.run);
      if (event.code === codes.EVENT_RUN_STARTED) this.#statuses.noteRun(event.run);
      if (!isActive(event.run)) this.#opened?.extraInstances.noteEnd(event.run);
      if (event.code === codes.EVENT_RUN_SETTLED) this.#waiting.tell(event.run.id);
    }
    if (event.code === codes.EVENT_RUNS_PRUNED && 'runs' in event) {
      removeOwnLogs(event.runs, (text) => this.#options.log('warn', text));
    } else if (event.code === codes.EVENT_JOB_REMOVED && 'jobId' in event) this.#statuses.forget(event.jobId);
    else if ('jobId' in event && standingCodes.has(event.code)) void this.#refresh(event.jobId);
  }

  /** See `OutcomeHook`. */
  async #ended(run: Run, { next }: OutcomeContext): Promise<void> {
    // What an earlier daemon has left comes before anything else.
    await this.#known.promise;
    // The next daemon finds that nobody has seen to it.
    if (this.#isLeaving) await new Promise(() => undefined);
    // What was missed has been told of when it was.
    if (run.state !== 'MISSED') {
      this.#narrator.ended(run);
      this.#statuses.noteRun(run);
      this.#onDemand.note(run);
    }
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

  #refresh(name: string): Promise<void> {
    return this.#contain(`looking at schedule ${name}`, async () => {
      const job = await this.#opened?.scheduler.getJob(name);
      if (job !== undefined) this.#statuses.noteJob(job, this.#timezoneOf(name));
    });
  }

  async #readStatuses({ scheduler }: OpenScheduler): Promise<void> {
    let count = 0;
    for (const job of await scheduler.getJobs()) {
      this.#statuses.noteJob(job, this.#timezoneOf(job.id));
      const [last] = await scheduler.getRuns({ jobId: job.id, states: endedOutcomes, limit: 1 });
      if (last !== undefined) this.#otherNodes.note(last);
      count += 1;
      if (count % turn === 0) await nextTurn();
      if (this.#isEnding) return;
    }
    for (const run of await scheduler.getRuns({ states: ['active'] })) this.#otherNodes.note(run);
  }

  #setPaused(isPaused: boolean): void {
    const { scheduler } = this.#use();
    this.#pauseMark.set(isPaused);
    if ((scheduler.state === STATE_PAUSED) === isPaused) return;
    this.#options.log('info', isPaused ? 'scheduler paused' : 'scheduler resumed');
    const code = isPaused ? codes.EVENT_SCHEDULER_PAUSED : codes.EVENT_SCHEDULER_RESUMED;
    this.#narrator.tell({ code, alias: undefined });
    if (isPaused) scheduler.pause();
    else scheduler.resume();
  }

  async #contain(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#options.log('error', `${what} has failed: ${messageOf(error)}`);
    }
  }
}

/** The one that fires first. */
function sooner(one: ScheduleStatus, other: ScheduleStatus): ScheduleStatus {
  return (other.nextRun?.time ?? Number.POSITIVE_INFINITY) < (one.nextRun?.time ?? Number.POSITIVE_INFINITY)
    ? other
    : one;
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
