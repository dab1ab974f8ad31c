/**
 * The jobs of one store: claims what is due, and has the runs started. All that touches jobs and runs takes turns,
 * so that within one program nothing is decided on what is no longer so; other programs that share the store are kept
 * apart by what each change expects.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { Arrivals, replacement } from './arrivals.ts';
import { JobLookupError, MaxInstancesReachedError, SchedulerPausedError, WrongNodeError } from './errors.ts';
import * as events from './events.ts';
import { changeAll, groupsOf, largestGroup } from './groups.ts';
import type { Job } from './job.ts';
import type { DueJob, JobStore } from './job-store.ts';
import type { Json } from './json.ts';
import { messageOf } from './logger.ts';
import { mostTries, tooManyTries } from './optimism.ts';
import { following, type Plan, plan } from './plan.ts';
import { Reports } from './reports.ts';
import type { Run, RunCause } from './run.ts';
import { RunBook } from './run-book.ts';
import { inOrder, isQueueFull, leaseUntil, mayRun, newRun } from './run-steps.ts';
import type { Surroundings } from './surroundings.ts';
import { Turns } from './turns.ts';

/** Milliseconds after which a store that has failed is asked again. @see apscheduler, `jobstore_retry_interval` */
const retryInterval = 10_000;

/** Milliseconds that a clock may be ahead before being set back is a correction, as cron counts it. */
const correction = 3 * 3600 * 1000;

/** A run that somebody asks for. */
export interface RunRequest {
  readonly cause: RunCause;
  /** Whether it starts however many runs are under way. */
  readonly force: boolean;
  /** Seconds until it may start. */
  readonly delay: number;
  /** An id that is taken means that the run was asked for before: there is no second one. */
  readonly runId: string | undefined;
  readonly data: Json;
}

export class Timetable {
  readonly alias: string;
  readonly store: JobStore;
  readonly runs: RunBook;
  readonly #surroundings: Surroundings;
  readonly #reports: Reports;
  readonly #turns = new Turns();
  readonly #arrivals: Arrivals;
  #isOpen = false;
  /** Whether it looks at what is due. */
  #isBegun = false;
  /** Whether it is about to be closed, while the scheduler goes on. */
  #isLeaving = false;
  #isPassDue = false;
  /** There after the store has failed, until it works again. */
  #retryAt: number | undefined;
  /** How often it has failed: some work goes on beside the passes, and fails beside them. */
  #troubles = 0;
  /** Whether what the last scheduler left, or an outage, was seen to. */
  #isRecovered = false;
  #watchingSince = new Date(0);
  #lastPass: { readonly wall: number; readonly elapsed: number } | undefined;
  #nextDueTime: Date | undefined;
  #nextLeaseEnd: Date | undefined;
  #renewAt: number | undefined;
  /** Milliseconds that the store's clock is ahead of this machine's. */
  #ahead = 0;
  /** Jobs whose trigger cannot be asked, so that it is said once. */
  readonly #broken = new Map<string, string>();

  constructor(alias: string, store: JobStore, surroundings: Surroundings) {
    this.alias = alias;
    this.store = store;
    this.#surroundings = surroundings;
    this.#reports = new Reports(alias, surroundings.emit);
    this.#arrivals = new Arrivals(store, this.#turns, (id, change) => this.#change(id, change));
    this.runs = new RunBook({
      alias,
      reports: this.#reports,
      store,
      turns: this.#turns,
      surroundings,
      now: () => this.#now(),
      onTrouble: (error) => {
        this.#fail(error);
        surroundings.onWakeChanged();
      },
    });
  }

  /** @throws {JobStoreError} */
  async open(): Promise<void> {
    await this.store.open({
      alias: this.alias,
      node: this.#surroundings.node,
      onChange: () => this.wake(),
      onLoss: () => this.#surroundings.emit({ code: events.EVENT_JOBSTORE_LOST, alias: this.alias }),
      warn: (text) => this.#surroundings.logger.warn(text),
    });
    this.#isOpen = true;
    this.#isRecovered = false;
  }

  /** Takes up what was left, and looks at what is due from now on. */
  begin(): void {
    this.#isBegun = true;
    this.wake();
  }

  /** What is due from now on is in time; what was before was missed by nobody's fault. */
  watchAgain(): void {
    this.#watchingSince = new Date(this.#surroundings.clock.now().getTime() + this.#ahead);
  }

  /** Starts nothing any more; what is under way goes on. */
  leave(): void {
    this.#isLeaving = true;
    this.#surroundings.onWakeChanged();
  }

  /** Runs that wait go on when the store is opened again, if it still knows of them then. */
  async putDown(): Promise<void> {
    if (this.store.isVolatile)
      await this.#turns.take(() => this.runs.cancelWaiting('the scheduler was shut down'));
  }

  /** Lets go of the store, in its turn. What is under way is not ended. */
  async close(): Promise<void> {
    await this.#turns.take(async () => {
      if (!this.#isOpen) return;
      if (this.runs.isAnyUnwritten) {
        await this.runs.writeEnded().catch((error) => {
          const text = `Outcomes of runs in job store "${this.alias}" cannot be written: ${messageOf(error)}`;
          this.#surroundings.logger.error(text);
        });
      }
      this.#isOpen = false;
      this.#isBegun = false;
      await this.store.close().catch((error) => {
        this.#surroundings.logger.error(`Job store "${this.alias}" does not close: ${messageOf(error)}`);
      });
    });
  }

  /** Looks at what is due, soon. */
  wake(): void {
    if (this.#isPassDue || !this.#isBegun) return;
    this.#isPassDue = true;
    void this.#turns.take(async () => {
      this.#isPassDue = false;
      if (this.#isBegun) await this.#pass();
    });
  }

  /** When to look again, on this machine's clock; `undefined`: when somebody says so. */
  get wakeTime(): Date | undefined {
    if (!this.#isBegun) return undefined;
    const { clock } = this.#surroundings;
    const now = clock.now().getTime();
    const elapsed = clock.elapsed();
    const { untilTimeout } = this.runs;
    const times = [untilTimeout === undefined ? undefined : now + untilTimeout];
    if (this.#retryAt !== undefined) {
      // A store that fails says nothing else of what is to be done.
      times.push(now + this.#retryAt - elapsed);
    } else {
      if (this.#renewAt !== undefined && this.runs.isAnyActive) times.push(now + this.#renewAt - elapsed);
      times.push(this.#local(this.#nextLeaseEnd));
      if (!this.#isPaused) {
        times.push(this.#local(this.#nextDueTime));
        times.push(this.#local(this.runs.nextDueTime(new Date(now + this.#ahead))));
      }
    }
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : new Date(Math.min(...known));
  }

  /** @throws {ConflictingIdError} */
  async add(job: Job, replace: ((existing: Job) => Job) | undefined): Promise<Job> {
    const added = await this.#arrivals.add(job, replace);
    this.#broken.delete(job.id);
    this.#reports.job(events.EVENT_JOB_ADDED, job.id);
    this.wake();
    return added;
  }

  lookup(id: string): Promise<Job | undefined> {
    return this.#turns.take(() => this.store.lookupJob(id));
  }

  all(): Promise<Job[]> {
    return this.#turns.take(() => this.store.getAllJobs());
  }

  /** @throws {JobLookupError} */
  async modify(id: string, change: (job: Job) => Job): Promise<Job> {
    const job = await this.#turns.take(() => this.#change(id, change));
    this.#reports.job(events.EVENT_JOB_MODIFIED, id);
    this.wake();
    return job;
  }

  /** @throws {JobLookupError} */
  async remove(id: string): Promise<void> {
    const job = await this.#takeTurn(async () => {
      const stored = await this.store.lookupJob(id);
      await this.store.removeJob(id);
      await this.runs.cancelWaiting('its job was removed', id);
      await this.runs.settlement.pruneRemoved();
      return stored;
    });
    this.#removed(id, job);
    this.wake();
  }

  async removeAll(): Promise<void> {
    const jobs = await this.#takeTurn(async () => {
      const stored = await this.store.getAllJobs();
      await this.store.removeAllJobs();
      await this.runs.cancelWaiting('its job was removed');
      await this.runs.settlement.pruneRemoved();
      return stored;
    });
    for (const job of jobs) this.#surroundings.onRemoved(job);
    this.wake();
  }

  /** @throws {MaxInstancesReachedError}, {SchedulerPausedError}, {JobLookupError} */
  async request(jobId: string, request: RunRequest): Promise<{ run: Run; ended: Promise<Run> }> {
    const requested = await this.#takeTurn(async () => {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const known = request.runId === undefined ? [] : await this.store.getRun(request.runId);
        const run = known.at(-1) ?? (await this.#tryRequest(jobId, request));
        if (run) return { run, ended: this.runs.whenEnded(run) };
      }
      throw tooManyTries(jobId);
    });
    this.wake();
    return requested;
  }

  /** @returns `false`: there is nothing to end, because all attempts of the run have ended */
  async stop(id: string): Promise<boolean> {
    return this.#takeTurn(async () => {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const run = (await this.store.getRun(id)).find(({ ended }) => ended === undefined);
        if (run === undefined) return false;
        if (run.state === 'CLAIMED' && run.node === this.#surroundings.node) {
          await this.runs.cancel(run, 'cancelled');
          return true;
        }
        const active = await this.store.getActiveRuns(run.jobId);
        const requested = { ...run, isStopRequested: true };
        if (!(await this.store.change({ jobId: run.jobId, expect: { active }, runs: [requested] }))) continue;
        this.runs.stop(run);
        return true;
      }
      throw tooManyTries(id);
    });
  }

  /** What a request leaves half done when the store fails is seen to when it works again. */
  #takeTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      try {
        return await work();
      } catch (error) {
        if (!isRefusal(error)) {
          this.#fail(error);
          this.#surroundings.onWakeChanged();
        }
        throw error;
      }
    });
  }

  get #isPaused(): boolean {
    return this.#isLeaving || this.#surroundings.isPaused();
  }

  async #pass(): Promise<void> {
    this.runs.endOverdue();
    if (this.#retryAt !== undefined && this.#retryAt > this.#surroundings.clock.elapsed()) {
      this.#surroundings.onWakeChanged();
      return;
    }
    const troubles = this.#troubles;
    try {
      const now = await this.#now();
      await this.#noticeSteps(now);
      await this.runs.writeEnded();
      if (!this.#isRecovered) await this.#recover(now);
      if (this.store.leaseSeconds !== undefined) await this.#keepLeases(now);
      if (!this.#isPaused) {
        await this.runs.startWaiting(now);
        await this.#claimAll(await this.store.getDueJobs(now), now);
      }
      this.#nextDueTime = await this.store.getNextDueTime(now);
      if (this.#troubles === troubles) this.#recoverFromTrouble();
    } catch (error) {
      this.#fail(error);
    }
    this.#surroundings.onWakeChanged();
  }

  #recoverFromTrouble(): void {
    if (this.#retryAt === undefined) return;
    this.#retryAt = undefined;
    this.#surroundings.logger.info(`Job store "${this.alias}" works again`);
    this.#surroundings.emit({ code: events.EVENT_JOBSTORE_RECOVERED, alias: this.alias });
  }

  #fail(error: unknown): void {
    this.#troubles += 1;
    if (this.#retryAt === undefined) {
      const problem = messageOf(error);
      const text = `Job store "${this.alias}" fails, and is asked again every ${retryInterval / 1000} seconds: ${problem}`;
      this.#surroundings.logger.warn(text);
      this.#surroundings.emit({ code: events.EVENT_JOBSTORE_FAILED, alias: this.alias, problem });
    }
    this.#retryAt = this.#surroundings.clock.elapsed() + retryInterval;
    this.#isRecovered = false;
  }

  async #recover(now: Date): Promise<void> {
    this.#watchingSince = now;
    // First: what fails from now on, here or beside it, takes it back.
    this.#isRecovered = true;
    await this.runs.recover();
    for (const job of await this.store.getAllJobs()) {
      await this.runs.settlement.removeFinished(job);
      await this.#correct(job, now);
    }
    await this.runs.settlement.pruneRemoved();
  }

  /** Sees whether somebody has set the clock, or the machine has slept. */
  async #noticeSteps(now: Date): Promise<void> {
    const here = { wall: now.getTime(), elapsed: this.#surroundings.clock.elapsed() };
    const step = this.#lastPass && here.wall - this.#lastPass.wall - (here.elapsed - this.#lastPass.elapsed);
    this.#lastPass = here;
    if (step === undefined || Math.abs(step) < 1000) return;
    if (step > 0) this.#watchingSince = now;
    if (step < -correction) for (const job of await this.store.getAllJobs()) await this.#correct(job, now);
  }

  /** A job that waits for a time of a clock that was far ahead goes on with the time as it is. */
  async #correct(job: Job, now: Date): Promise<void> {
    const latest = Math.max(job.modified.getTime(), job.lastFireTime?.getTime() ?? 0);
    if (job.nextRunTime === undefined || latest - now.getTime() <= correction) return;
    const nextRunTime = this.#trigger(job)?.getNextFireTime(undefined, now);
    if (nextRunTime === undefined || nextRunTime >= job.nextRunTime) return;
    await this.store.change({
      jobId: job.id,
      expect: { nextRunTime: job.nextRunTime },
      job: {
        ...job,
        nextRunTime,
        dueTime: this.#dueTime(job, nextRunTime),
        modified: now,
        lastFireTime: undefined,
      },
      runs: [],
    });
  }

  async #keepLeases(now: Date): Promise<void> {
    const { clock } = this.#surroundings;
    const until = leaseUntil(this.store, now);
    if (until && this.runs.isAnyActive && (this.#renewAt === undefined || this.#renewAt <= clock.elapsed())) {
      await this.store.renewLeases(until);
      this.#renewAt = clock.elapsed() + (until.getTime() - now.getTime()) / 3;
    }
    if (!this.runs.isAnyActive) this.#renewAt = undefined;
    const active = await this.store.getActiveRuns();
    await this.runs.heedStopRequests(active.filter(({ node }) => node === this.#surroundings.node));
    this.#nextLeaseEnd = await this.runs.takeLost(active, now);
  }

  async #claimAll(due: readonly DueJob[], now: Date): Promise<void> {
    let inThisTurn = 0;
    for (const group of groupsOf(this.store, due)) {
      // With so many, what came meanwhile has its turn before the next ones.
      if (inThisTurn >= largestGroup) await nextTurn();
      inThisTurn = (inThisTurn % largestGroup) + group.length;
      // It may have been paused, or shut down, since.
      if (this.#isPaused) return;
      await this.#claimGroup(group, now);
    }
  }

  /**
   * Claims jobs, each as if by itself, but that they wait for the disk together. What is claimed starts, also if one
   * that has started before it has paused the scheduler.
   */
  async #claimGroup(group: readonly DueJob[], now: Date): Promise<void> {
    const { node, pool } = this.#surroundings;
    const own = group.filter(({ job }) => mayRun(job, node));
    const [first] = own;
    if (first === undefined) return;
    if (own.length === 1) return this.#claim(first, now);
    let freeRuns = pool.free;
    const claims: { readonly due: DueJob; readonly planned: Plan }[] = [];
    for (const due of own) {
      const planned = this.#plan(due, now, { freeRuns });
      if (planned === undefined) continue;
      freeRuns -= planned.starts.length;
      claims.push({ due, planned });
    }
    const isClaimed = await this.#write(claims.map(({ planned }) => planned));
    for (const [nth, { planned }] of claims.entries()) if (isClaimed[nth]) await this.#carryOut(planned);
    for (const [nth, { due, planned }] of claims.entries()) {
      if (this.#isPaused) return;
      if (!isClaimed[nth]) await this.#claim(due, now);
      else if (isDue(planned.job, now)) {
        await this.#claim({ job: planned.job, active: await this.store.getActiveRuns(due.job.id) }, now);
      }
    }
    // Some may wait for the places of others that did not need them after all.
    if (isClaimed.includes(false) && this.runs.isAnyWaiting) this.wake();
  }

  async #claim(due: DueJob, now: Date): Promise<void> {
    let { job, active }: DueJob = due;
    let firstOnly = false;
    for (let tries = 0; tries < mostTries; tries += 1) {
      if (!isDue(job, now)) return;
      const planned = this.#plan({ job, active }, now, { firstOnly });
      if (planned === undefined) return;
      const [isClaimed] = await this.#write([planned]);
      if (isClaimed) {
        await this.#carryOut(planned);
        job = planned.job;
      } else {
        const stored = await this.store.lookupJob(job.id);
        if (stored === undefined) return;
        const isUnchanged = stored.nextRunTime?.getTime() === job.nextRunTime?.getTime();
        // Nobody was faster: one of the fire times was recorded before, because the clock was set back since. They
        // are taken one by one, and that one is passed over.
        if (isUnchanged && isSameRuns(active, await this.store.getActiveRuns(job.id))) {
          if (firstOnly) await this.#passOver(job, now);
          firstOnly = true;
        }
        job = (await this.store.lookupJob(job.id)) ?? stored;
      }
      active = await this.store.getActiveRuns(job.id);
    }
    // Other jobs have their turn before the rest of this one, if there was any progress.
    if (job.nextRunTime?.getTime() === due.job.nextRunTime?.getTime()) throw tooManyTries(job.id);
    this.wake();
  }

  /** @returns of each plan whether it was made */
  async #write(plans: readonly Plan[]): Promise<readonly boolean[]> {
    try {
      return await changeAll(
        this.store,
        plans.map(({ change }) => change),
      );
    } catch (error) {
      for (const { starts, waits, cancelled, job } of plans) {
        this.runs.doubt([...starts, ...waits, ...cancelled], job);
      }
      throw error;
    }
  }

  #plan(
    due: DueJob,
    now: Date,
    {
      firstOnly = false,
      freeRuns = this.#surroundings.pool.free,
    }: { readonly firstOnly?: boolean; readonly freeRuns?: number },
  ): Plan | undefined {
    const { node, newRunId, keepFinished } = this.#surroundings;
    const trigger = this.#trigger(due.job);
    if (trigger === undefined) return undefined;
    try {
      return plan(due, {
        trigger,
        now,
        node,
        freeRuns,
        watchingSince: this.#watchingSince,
        leaseUntil: leaseUntil(this.store, now),
        keepFinished,
        newRunId: () => newRunId(now),
        jitter: () => this.#jitter(due.job),
        firstOnly,
      });
    } catch (error) {
      this.#blame(due.job, error);
      return undefined;
    }
  }

  async #carryOut(planned: Plan): Promise<void> {
    const { job, starts, waits, missed, skipped, coalesced, cancelled, stops, change } = planned;
    for (const run of waits) this.runs.wait(run);
    this.#reports.fires(events.EVENT_JOB_SUBMITTED, [...starts, ...waits]);
    this.#reports.fires(events.EVENT_RUN_COALESCED, coalesced);
    this.#reports.fires(events.EVENT_JOB_MAX_INSTANCES, skipped);
    for (const run of missed) this.#reports.outcome(run);
    if (job.nextRunTime === undefined) this.#reports.job(events.EVENT_JOB_FINISHED, job.id);
    for (const run of stops) this.runs.stop(run);
    for (const run of cancelled) this.runs.ended(run, job);
    for (const run of starts) this.runs.start(run, job);
    if (change.job === 'removed') this.#removed(job.id, job);
    if (missed.length + skipped.length + coalesced.length > 0) await this.runs.settlement.prune(job);
  }

  /** A fire time that was recorded before, or of which nothing is to become. */
  async #passOver(job: Job, now: Date): Promise<void> {
    const trigger = this.#trigger(job);
    if (trigger === undefined || job.nextRunTime === undefined) return;
    const nextRunTime = following(trigger, job.nextRunTime, now);
    const dueTime = nextRunTime && this.#dueTime(job, nextRunTime);
    const after: Job = { ...job, nextRunTime, dueTime, lastFireTime: job.nextRunTime };
    await this.store.change({
      jobId: job.id,
      expect: { nextRunTime: job.nextRunTime },
      job: after,
      runs: [],
    });
  }

  async #tryRequest(
    jobId: string,
    { cause, force, delay, runId, data }: RunRequest,
  ): Promise<Run | undefined> {
    const { node, pool, newRunId, isPaused } = this.#surroundings;
    const job = await this.store.lookupJob(jobId);
    if (job === undefined) throw new JobLookupError(jobId);
    if (!mayRun(job, node)) throw new WrongNodeError(jobId, node);
    const active = await this.store.getActiveRuns(jobId);
    const isFull = active.length >= job.maxInstances && !force;
    if (isFull && (job.overlap === 'skip' || (job.overlap === 'queue' && isQueueFull(job, active)))) {
      throw new MaxInstancesReachedError(jobId);
    }
    const hasRoom = (pool.free > 0 && !isFull) || force;
    const state = hasRoom && delay <= 0 ? 'STARTING' : 'CLAIMED';
    // Whoever has asked would wait for it, maybe for ever.
    if (state === 'CLAIMED' && cause === 'manual' && isPaused()) throw new SchedulerPausedError(jobId);
    const now = await this.#now();
    const [oldest] = isFull && job.overlap === 'replace' ? [...active].sort(inOrder) : [];
    const replaced =
      oldest?.state === 'CLAIMED'
        ? { ...oldest, state: 'CANCELLED' as const, ended: now, error: 'made room for the next run' }
        : oldest && { ...oldest, isStopRequested: true };
    const run = newRun({
      id: runId ?? newRunId(now),
      jobId,
      fireTime: now,
      dueTime: new Date(now.getTime() + Math.max(0, delay) * 1000),
      cause,
      state,
      node,
      claimed: now,
      leaseUntil: leaseUntil(this.store, now),
      data,
    });
    const runs = replaced ? [run, replaced] : [run];
    try {
      if (!(await this.store.change({ jobId, expect: { active }, runs }))) return undefined;
    } catch (error) {
      this.runs.doubt(replaced?.state === 'CANCELLED' ? runs : [run], job);
      throw error;
    }
    this.#reports.fires(events.EVENT_JOB_SUBMITTED, [run]);
    if (replaced?.state === 'CANCELLED') this.runs.ended(replaced, job);
    else if (replaced) this.runs.stop(replaced);
    if (run.state === 'STARTING') this.runs.start(run, job);
    else this.runs.wait(run);
    return run;
  }

  async #change(id: string, change: (job: Job) => Job): Promise<Job> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const job = await this.store.lookupJob(id);
      if (job === undefined) throw new JobLookupError(id);
      const changed = change(job);
      this.#broken.delete(id);
      if (await this.store.change(replacement(job, changed))) return changed;
    }
    throw tooManyTries(id);
  }

  #trigger(job: Job): ReturnType<Surroundings['triggerOf']> | undefined {
    try {
      return this.#surroundings.triggerOf(job);
    } catch (error) {
      this.#blame(job, error);
      return undefined;
    }
  }

  /** A job that cannot be understood stays where it is. */
  #blame(job: Job, error: unknown): void {
    const text = `Job "${job.id}" in job store "${this.alias}" cannot be scheduled: ${messageOf(error)}`;
    if (this.#broken.get(job.id) === text) return;
    this.#broken.set(job.id, text);
    this.#surroundings.logger.error(text);
  }

  #dueTime(job: Job, nextRunTime: Date): Date {
    return new Date(nextRunTime.getTime() + this.#jitter(job));
  }

  #jitter(job: Job): number {
    const jitter = this.#trigger(job)?.jitter ?? 0;
    return jitter === 0 ? 0 : Math.floor(this.#surroundings.random(job) * jitter * 1000);
  }

  async #now(): Promise<Date> {
    const { clock } = this.#surroundings;
    if (this.store.now === undefined) return clock.now();
    const now = await this.store.now();
    this.#ahead = now.getTime() - clock.now().getTime();
    return now;
  }

  /** A time of the store on this machine's clock. */
  #local(time: Date | undefined): number | undefined {
    return time && time.getTime() - this.#ahead;
  }

  #removed(id: string, job: Job | undefined): void {
    if (job) this.#surroundings.onRemoved(job);
    this.#reports.job(events.EVENT_JOB_REMOVED, id);
  }
}

function isSameRuns(some: readonly Run[], others: readonly Run[]): boolean {
  const text = (runs: readonly Run[]) =>
    runs
      .map(({ id, attempt, state }) => `${id}/${attempt}/${state}`)
      .sort()
      .join();
  return text(some) === text(others);
}

function isDue({ dueTime }: Job, now: Date): boolean {
  return dueTime !== undefined && dueTime <= now;
}

/** Whether it is the one who asks that has to do something about it, and not whoever looks after the store. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof JobLookupError ||
    error instanceof MaxInstancesReachedError ||
    error instanceof SchedulerPausedError ||
    error instanceof WrongNodeError
  );
}
