/**
 * The runs of one job store that are this node's: those that wait for their start, those that are under way, and
 * those whose outcome is still to be written. The life of a run is written down before each of its steps, so that
 * another scheduler can tell after a crash what may have been started.
 */
import * as events from './events.ts';
import type { RunContext, RunResult } from './executor.ts';
import { changeAll, groupSize } from './groups.ts';
import type { Job } from './job.ts';
import type { JobChange, JobStore } from './job-store.ts';
import type { Json } from './json.ts';
import { messageOf } from './logger.ts';
import { NextTries } from './next-tries.ts';
import { mostTries, tooManyTries } from './optimism.ts';
import { isTooLate } from './plan.ts';
import type { Reports } from './reports.ts';
import { isActive, type Run } from './run.ts';
import {
  inOrder,
  isSame,
  keyOf,
  leaseUntil,
  mayRun,
  outcomeOf,
  placeOf,
  type StopReason,
} from './run-steps.ts';
import { Settlement } from './settlement.ts';
import type { Surroundings } from './surroundings.ts';
import type { Turns } from './turns.ts';

/** A run that may have been started. */
interface UnderWay {
  run: Run;
  readonly job: Job | undefined;
  readonly begun: Date;
  readonly abort: AbortController;
  /** On the clock that nobody sets. */
  readonly timeoutAt: number | undefined;
  stopReason: StopReason | undefined;
}

/** A run that has ended, before that is written. */
interface Ended {
  readonly run: Run;
  readonly job: Job | undefined;
  readonly result: Pick<RunResult, 'exception'>;
}

/** What is written of a run that has ended. */
interface Written {
  readonly ended: Run;
  readonly next: Run | undefined;
  readonly runs: readonly Run[];
}

/** Waits for the end of a run. */
type Watcher = (run: Run) => void;

export class RunBook {
  readonly settlement: Settlement;
  readonly #nextTries: NextTries;
  readonly #reports: Reports;
  readonly #store: JobStore;
  readonly #turns: Turns;
  readonly #surroundings: Surroundings;
  /** The time that all schedulers of the store go by. */
  readonly #now: () => Promise<Date>;
  /** The store has failed: what is open is seen to when it works again. */
  readonly #onTrouble: (error: unknown) => void;
  readonly #waiting = new Map<string, Run>();
  readonly #underWay = new Map<string, UnderWay>();
  /** What has come to its end, until it is its turn. */
  readonly #ending: { readonly underWay: UnderWay; readonly result: RunResult }[] = [];
  readonly #unwritten = new Map<string, Ended>();
  /** Outcomes that this node has to see to, also those of runs of other nodes that it has recorded as LOST. */
  readonly #unsettled = new Map<string, { readonly run: Run; readonly job: Job | undefined }>();
  /** Runs that were to be claimed when the store failed: whether it knows of them is not known. */
  readonly #doubtful = new Map<string, Job>();
  /** When what another node has recorded as LOST is to be looked at again, because that node may be gone too. */
  #orphansAt: Date | undefined;
  /** Outcomes that were being written when the store failed, other than those of runs that were under way here. */
  readonly #doubtfulOutcomes = new Set<string>();
  /** Everything that is still to be done for runs that have ended. */
  readonly #loose = new Set<Promise<void>>();
  readonly #watchers = new Map<string, Watcher[]>();

  constructor(options: {
    readonly alias: string;
    readonly reports: Reports;
    readonly store: JobStore;
    readonly turns: Turns;
    readonly surroundings: Surroundings;
    readonly now: () => Promise<Date>;
    readonly onTrouble: (error: unknown) => void;
  }) {
    this.#reports = options.reports;
    this.#store = options.store;
    this.#turns = options.turns;
    this.#surroundings = options.surroundings;
    this.#now = options.now;
    this.#onTrouble = options.onTrouble;
    this.#nextTries = new NextTries(options.store, options.surroundings.node, options.now);
    this.settlement = new Settlement({ ...options, time: () => this.#time() });
  }

  get isAnyActive(): boolean {
    return this.#waiting.size + this.#underWay.size + this.#unwritten.size > 0;
  }

  get isAnyWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  get isAnyUnwritten(): boolean {
    return this.#unwritten.size > 0;
  }

  /** Milliseconds from now to the next timeout of a run; `undefined` if none has one. */
  get untilTimeout(): number | undefined {
    let earliest: number | undefined;
    for (const { timeoutAt, stopReason } of this.#underWay.values()) {
      if (timeoutAt === undefined || stopReason !== undefined) continue;
      if (earliest === undefined || timeoutAt < earliest) earliest = timeoutAt;
    }
    return earliest === undefined ? undefined : Math.max(0, earliest - this.#surroundings.clock.elapsed());
  }

  /** When the first run that waits for a time may start. */
  nextDueTime(after: Date): Date | undefined {
    let next: Date | undefined;
    for (const { dueTime } of this.#waiting.values()) if (dueTime > after) next = earliest(next, dueTime);
    return next;
  }

  /** Whether a run of this id is one of those of this node that have not ended. */
  find(id: string): Run | undefined {
    for (const { run } of this.#underWay.values()) if (run.id === id) return run;
    for (const run of this.#waiting.values()) if (run.id === id) return run;
    return undefined;
  }

  /** The last attempt of a run, when it has ended and everything that follows of it was seen to. */
  whenEnded(run: Run): Promise<Run> {
    // What another node runs ends there.
    if (this.find(run.id) === undefined) return Promise.resolve(run);
    return new Promise((resolve) => {
      this.#watchers.set(run.id, [...(this.#watchers.get(run.id) ?? []), resolve]);
    });
  }

  /** A run that was written as CLAIMED starts when there is time and room. */
  wait(run: Run): void {
    this.#waiting.set(keyOf(run), run);
  }

  /** A run that was written as STARTING. */
  start(run: Run, job: Job): void {
    const executor = this.#surroundings.executorOf(job.executor);
    this.#follow(run, job, undefined, (context) =>
      executor
        ? executor.run(run, job, context)
        : Promise.resolve({ outcome: 'SPAWN_ERROR', error: `No such executor: ${job.executor}` }),
    );
  }

  /**
   * The store has failed while these were written, and may know of them: runs that were claimed, of which none was
   * started, and runs that had to make room.
   */
  doubt(runs: readonly Run[], job: Job): void {
    for (const run of runs) {
      if (isActive(run)) this.#doubtful.set(keyOf(run), job);
      else this.#doubtfulOutcomes.add(keyOf(run));
    }
  }

  /**
   * Takes up what the last scheduler of this node has left, or what was left open when the store failed: runs that
   * wait go on waiting, those that may have been started are given to their executors, and outcomes that nobody has
   * seen to are seen to.
   */
  async recover(): Promise<void> {
    const now = await this.#now();
    for (const run of await this.#store.getActiveRuns()) {
      if (!this.#isOwn(run) || this.#isKnown(run)) continue;
      const claimedFor = this.#doubtful.get(keyOf(run));
      if (run.state === 'CLAIMED') this.wait(run);
      else if (claimedFor === undefined) await this.#adopt(run, now);
      else if (isTooLate(claimedFor, run, now))
        await this.#finishWaiting({ ...run, state: 'MISSED', ended: now });
      else this.start(run, claimedFor);
    }
    this.#doubtful.clear();
    for (const { run, job } of [...this.#unsettled.values()]) this.#settleLater(run, job);
    await this.#settleOpen(now);
    this.#doubtfulOutcomes.clear();
  }

  /** Sees to outcomes that nobody else sees to. */
  async #settleOpen(now: Date): Promise<void> {
    this.#orphansAt = undefined;
    for (const run of await this.#store.getUnsettledRuns()) {
      const isWritten = this.#doubtfulOutcomes.has(keyOf(run));
      if (isWritten || this.#isOwn(run) || this.#isOrphan(run, now)) {
        if (isWritten) this.#reports.outcome(run);
        this.#settleLater(run, await this.#store.lookupJob(run.jobId));
      }
    }
  }

  /** Whether whoever has recorded a run of another node as LOST has had the time to see to it, and has not. */
  #isOrphan({ state, ended }: Run, now: Date): boolean {
    const orphanedAt = ended && leaseUntil(this.#store, ended);
    if (state !== 'LOST' || orphanedAt === undefined) return false;
    if (orphanedAt <= now) return true;
    this.#orphansAt = earliest(this.#orphansAt, orphanedAt);
    return false;
  }

  /** Whoever has a store for itself has all runs in it, also those of the name it had before. */
  #isOwn(run: Run): boolean {
    return run.node === this.#surroundings.node || this.#store.leaseSeconds === undefined;
  }

  /** Starts runs that wait, as far as there is room. */
  async startWaiting(now: Date): Promise<void> {
    // Runs of a job start in the order in which they came: one that has no room leaves none to those behind it. The
    // next try of a run came with its first one.
    const full = new Set<string>();
    for (const run of [...this.#waiting.values()].sort(inOrder)) {
      if (this.#surroundings.pool.free === 0 || this.#surroundings.isPaused()) return;
      if (run.dueTime > now || full.has(run.jobId)) continue;
      if ((await this.#startWaitingOne(run, now)) === 'full') full.add(run.jobId);
    }
  }

  /** Ends what has taken too long. */
  endOverdue(): void {
    const elapsed = this.#surroundings.clock.elapsed();
    for (const underWay of this.#underWay.values()) {
      if (underWay.timeoutAt !== undefined && underWay.timeoutAt <= elapsed) stop(underWay, 'timeout');
    }
  }

  /** Sees to stop requests, of which some come from other nodes. @param active as they stand in the store */
  async heedStopRequests(active: readonly Run[]): Promise<void> {
    for (const run of active) {
      if (!run.isStopRequested) continue;
      const underWay = this.#underWay.get(keyOf(run));
      if (underWay) stop(underWay, 'cancelled');
      const waiting = this.#waiting.get(keyOf(run));
      if (waiting) await this.cancel(waiting, 'cancelled');
    }
  }

  /** Ends what is under way, as far as it lets itself be ended. */
  stopAll(): void {
    for (const underWay of this.#underWay.values()) stop(underWay, 'shutdown');
  }

  /** Asks a run that is under way to end. @returns `false`: it is not under way here */
  stop(run: Pick<Run, 'id' | 'attempt'>): boolean {
    const underWay = this.#underWay.get(keyOf(run));
    if (underWay) stop(underWay, 'cancelled');
    return underWay !== undefined;
  }

  /** A run that waits does not start any more. */
  async cancel(run: Run, error: string): Promise<void> {
    const now = await this.#now();
    await this.#finishWaiting({ ...run, state: 'CANCELLED', ended: now, error });
  }

  /** Runs that wait do not start any more, of one job or of all. */
  async cancelWaiting(error: string, jobId?: string): Promise<void> {
    for (const run of [...this.#waiting.values()]) {
      if (jobId === undefined || run.jobId === jobId) await this.cancel(run, error);
    }
  }

  /** What was claimed as CANCELLED by a plan, of any node. */
  ended(run: Run, job: Job | undefined): void {
    this.#waiting.delete(keyOf(run));
    this.#reports.outcome(run);
    this.#settleLater(run, job);
  }

  /** Writes outcomes that could not be written when there was one. */
  async writeEnded(): Promise<void> {
    for (const [key, ended] of [...this.#unwritten]) {
      await this.#writeEnd(ended);
      this.#unwritten.delete(key);
    }
  }

  /**
   * Records runs of other nodes as LOST whose nodes have not been heard of for too long.
   *
   * @returns when there is something of that kind to do next, unless the node is heard of
   */
  async takeLost(active: readonly Run[], now: Date): Promise<Date | undefined> {
    if (this.#orphansAt && this.#orphansAt <= now) await this.#settleOpen(now);
    let next = this.#orphansAt;
    for (const run of active) {
      if (run.node === this.#surroundings.node || run.leaseUntil === undefined) continue;
      if (run.leaseUntil > now) {
        next = earliest(next, run.leaseUntil);
        continue;
      }
      const job = await this.#store.lookupJob(run.jobId);
      // Whoever records it as LOST has to run it again.
      if (job?.onLost === 'rerun' && !mayRun(job, this.#surroundings.node)) continue;
      await this.#lose(run, job, now, `its node ${run.node} is gone`);
      // Its node may have been heard of just now, and then nobody else would wake this one.
      const again = leaseUntil(this.#store, now);
      if (again && (next === undefined || again < next)) next = again;
    }
    return next;
  }

  /** Resolves when no run is under way any more and all outcomes were seen to, as far as they can be. */
  async whenQuiet(): Promise<void> {
    while (this.#loose.size > 0) await Promise.all(this.#loose);
  }

  async #startWaitingOne(run: Run, now: Date): Promise<'full' | undefined> {
    const job = await this.#store.lookupJob(run.jobId);
    if (job === undefined) return this.cancel(run, 'its job was removed').then(() => undefined);
    const active = await this.#store.getActiveRuns(run.jobId);
    const stored = active.find((other) => isSame(other, run));
    if (stored === undefined) {
      // Another scheduler has taken this one for dead, or has made room.
      this.#waiting.delete(keyOf(run));
      return undefined;
    }
    if (stored.isStopRequested) return this.cancel(run, 'cancelled').then(() => undefined);
    if (placeOf(stored, active) >= job.maxInstances) return 'full';
    if (isTooLate(job, run, now)) {
      await this.#finishWaiting({ ...run, state: 'MISSED', ended: now });
      return undefined;
    }
    const started: Run = { ...stored, state: 'STARTING' };
    const isStarted = await this.#store.change({ jobId: job.id, expect: { active }, runs: [started] });
    // Whoever was faster changes what is to be decided: the next look decides again.
    if (!isStarted) return 'full';
    this.#waiting.delete(keyOf(run));
    this.start(started, job);
    return undefined;
  }

  async #finishWaiting(run: Run): Promise<void> {
    // Nothing follows of a fire that was missed. Of a failure whose next try was, something does.
    const ended = { ...run, isSettled: run.state === 'MISSED' && run.attempt === 1 };
    const job = await this.#store.lookupJob(run.jobId);
    let written: 'now' | 'before' | 'taken';
    try {
      written = await this.#write(run, [ended]);
    } catch (error) {
      this.#doubtfulOutcomes.add(keyOf(run));
      this.#onTrouble(error);
      throw error;
    }
    this.#waiting.delete(keyOf(run));
    if (written !== 'taken') this.ended(ended, job);
  }

  async #adopt(run: Run, now: Date): Promise<void> {
    const job = await this.#store.lookupJob(run.jobId);
    const executor = job && this.#surroundings.executorOf(job.executor);
    let adopted = false;
    this.#follow(run, job, now, (context) => {
      const result = executor?.adopt?.(run, job, context);
      adopted = result !== undefined;
      return result;
    });
    if (!adopted) await this.#lose(run, job, now, 'the scheduler ended while it was under way');
    else if (run.isStopRequested) this.stop(run);
  }

  async #lose(run: Run, job: Job | undefined, now: Date, error: string): Promise<void> {
    const lost: Run = { ...run, state: 'LOST', ended: now, error, leaseUntil: undefined };
    const next = this.#nextTries.afterLoss(run, job, now);
    const active = await this.#store.getActiveRuns(run.jobId);
    const stored = active.find((other) => isSame(other, run));
    if (
      stored === undefined ||
      stored.state !== run.state ||
      stored.leaseUntil?.getTime() !== run.leaseUntil?.getTime()
    ) {
      return;
    }
    try {
      const runs = next ? [lost, next] : [lost];
      if (!(await this.#store.change({ jobId: run.jobId, expect: { active }, runs }))) return;
    } catch (error) {
      this.#doubtfulOutcomes.add(keyOf(lost));
      throw error;
    }
    if (next) this.wait(next);
    this.#reports.outcome(lost);
    this.#settleLater(lost, job);
  }

  /** Runs what `begin` begins to its end. */
  #follow(
    run: Run,
    job: Job | undefined,
    adoptedAt: Date | undefined,
    begin: (context: RunContext) => Promise<RunResult> | undefined,
  ): void {
    const { clock, pool } = this.#surroundings;
    const now = clock.now();
    const spent = adoptedAt && run.started ? adoptedAt.getTime() - run.started.getTime() : 0;
    const underWay: UnderWay = {
      run,
      job,
      begun: now,
      abort: new AbortController(),
      timeoutAt: job?.timeout
        ? clock.elapsed() + Math.max(0, job.timeout * 1000 - Math.max(0, spent))
        : undefined,
      stopReason: undefined,
    };
    const key = keyOf(run);
    const result = attempt(begin, {
      abortSignal: underWay.abort.signal,
      started: (data) => {
        const noted = this.#noteStart(underWay, data);
        return data === undefined ? Promise.resolve() : this.#turns.take(noted);
      },
    });
    if (result === undefined) return;
    this.#underWay.set(key, underWay);
    pool.take();
    const end = result
      .catch((error): RunResult => ({ outcome: 'FAILED', error: messageOf(error), exception: error }))
      .then((outcome) => this.#endSoon(underWay, outcome));
    this.#track(end);
    this.#surroundings.onWakeChanged();
  }

  /** @returns writes it */
  #noteStart(underWay: UnderWay, data: Json | undefined): () => Promise<void> {
    const isNews = underWay.run.started === undefined;
    const started = underWay.run.started ?? this.#surroundings.clock.now();
    const run: Run = { ...underWay.run, state: 'RUNNING', started, data: data ?? underWay.run.data };
    underWay.run = run;
    if (isNews) this.#reports.run(events.EVENT_RUN_STARTED, run);
    return async () => {
      // It may have ended meanwhile.
      if (this.#underWay.get(keyOf(run)) !== underWay) return;
      try {
        await this.#write(run, [run]);
      } catch (error) {
        // Its end will be written with it.
        this.#onTrouble(error);
      }
    };
  }

  /** Runs that end while others have their turn are written together. */
  #endSoon(underWay: UnderWay, result: RunResult): Promise<void> {
    this.#ending.push({ underWay, result });
    return this.#turns.take(async () => {
      const [first, ...others] = this.#ending.splice(0, groupSize(this.#store));
      if (first === undefined) return;
      const now = await this.#time();
      const ends = [first, ...others].map(({ underWay, result }) => this.#end(underWay, result, now));
      for (const end of await this.#writeTogether(ends)) await this.#writeOrKeep(end);
      this.#surroundings.onFreePlace();
    });
  }

  #end(underWay: UnderWay, result: RunResult, now: Date): Ended {
    const { run, job, stopReason } = underWay;
    const ended: Run = {
      ...run,
      state: outcomeOf(result, stopReason),
      started: run.started ?? (result.outcome === 'SPAWN_ERROR' ? undefined : underWay.begun),
      ended: now,
      leaseUntil: undefined,
      exitStatus: result.exitStatus,
      signal: result.signal,
      error:
        result.error ??
        (stopReason === 'timeout' ? `ran for longer than ${job?.timeout} seconds` : undefined),
      returnValue: result.returnValue,
      data: result.data === undefined ? run.data : result.data,
    };
    this.#underWay.delete(keyOf(run));
    this.#surroundings.pool.release();
    return { run: ended, job, result };
  }

  /** @returns those that are left, each to be written by itself: the second of its job, or not as it was expected */
  async #writeTogether(ends: readonly Ended[]): Promise<readonly Ended[]> {
    if (ends.length === 1) return ends;
    const left: Ended[] = [];
    const changes = new Map<string, Written & { readonly end: Ended; readonly change: JobChange }>();
    let isMade: readonly boolean[];
    try {
      for (const end of ends) {
        const { jobId } = end.run;
        const written = await this.#toWrite(end);
        const change = changes.has(jobId) ? undefined : await this.#changeOf(written.ended, written.runs);
        if (change === undefined) left.push(end);
        else changes.set(jobId, { end, ...written, change });
      }
      isMade = await changeAll(
        this.#store,
        [...changes.values()].map(({ change }) => change),
      );
    } catch (error) {
      for (const end of ends) this.#unwritten.set(keyOf(end.run), end);
      this.#onTrouble(error);
      return [];
    }
    for (const [nth, { end, ...written }] of [...changes.values()].entries()) {
      if (isMade[nth]) this.#isWritten(end, written);
      else left.push(end);
    }
    return left;
  }

  async #writeOrKeep(end: Ended): Promise<void> {
    try {
      await this.#writeEnd(end);
    } catch (error) {
      this.#unwritten.set(keyOf(end.run), end);
      this.#onTrouble(error);
    }
  }

  async #writeEnd(end: Ended): Promise<void> {
    const written = await this.#toWrite(end);
    const { ended, runs } = written;
    const when = await this.#write(ended, runs);
    if (when === 'now') return this.#isWritten(end, written);
    if (when === 'taken') {
      this.#warn(ended, `it has ended as ${ended.state}, but another node has taken it for lost`);
    }
    this.#reports.outcome(ended, end.result);
    if (when === 'taken') return this.#release(ended);
    await this.#waitForNext(ended);
    this.#settleLater(ended, end.job);
  }

  async #toWrite({ run }: Ended): Promise<Written> {
    const ended = { ...run, isSettled: this.#surroundings.onOutcome === undefined };
    const next = await this.#nextTries.after(run);
    return { ended, next, runs: next ? [ended, next] : [ended] };
  }

  #isWritten({ job, result }: Ended, { ended, next }: Written): void {
    this.#reports.outcome(ended, result);
    if (next) this.wait(next);
    this.#settleLater(ended, job);
  }

  /** Whether there is a next attempt was decided when the answer of the store was lost. */
  async #waitForNext({ id, attempt }: Run): Promise<void> {
    const next = (await this.#store.getRun(id)).find((other) => other.attempt === attempt + 1);
    if (next && isActive(next) && !this.#isKnown(next)) this.wait(next);
  }

  /**
   * Writes what has become of a run of this node.
   *
   * @returns `before`: an earlier try was made, although it failed; `taken`: the run is somebody else's by now
   */
  async #write(run: Run, runs: readonly Run[]): Promise<'now' | 'before' | 'taken'> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const change = await this.#changeOf(run, runs);
      if (change === undefined) {
        const records = await this.#store.getRun(run.id);
        return records.some((other) => isSame(other, run) && other.state === run.state) ? 'before' : 'taken';
      }
      if (await this.#store.change(change)) return 'now';
    }
    throw tooManyTries(run.jobId);
  }

  /** What writes a run as it has become since it was stored; `undefined`: it is not active there. */
  async #changeOf(run: Run, runs: readonly Run[]): Promise<JobChange | undefined> {
    const active = await this.#store.getActiveRuns(run.jobId);
    const stored = active.find((other) => isSame(other, run));
    if (stored === undefined) return undefined;
    // What others may have written meanwhile.
    const { isStopRequested, leaseUntil } = stored;
    const merged = runs.map((each) => {
      if (!isSame(each, run)) return each;
      return { ...each, isStopRequested, leaseUntil: isActive(each) ? leaseUntil : undefined };
    });
    return { jobId: run.jobId, expect: { active }, runs: merged };
  }

  #settleLater(run: Run, job: Job | undefined): void {
    this.#unsettled.set(keyOf(run), { run, job });
    const settled = this.settlement.settle(run, job).then((isSettled) => {
      if (!isSettled) return;
      this.#unsettled.delete(keyOf(run));
      this.#release(run);
    });
    this.#track(settled.catch((error) => this.#onTrouble(error)));
  }

  #release(run: Run): void {
    if (this.find(run.id)) return;
    for (const watcher of this.#watchers.get(run.id) ?? []) watcher(run);
    this.#watchers.delete(run.id);
  }

  #warn(run: Run, text: string): void {
    this.#surroundings.logger.warn(`Run ${run.id} of job "${run.jobId}": ${text}`);
  }

  #isKnown(run: Run): boolean {
    const key = keyOf(run);
    return this.#waiting.has(key) || this.#underWay.has(key) || this.#unwritten.has(key);
  }

  /** The store's time, or this machine's, if the store cannot be asked. */
  async #time(): Promise<Date> {
    return this.#now().catch(() => this.#surroundings.clock.now());
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#loose.delete(tracked));
    this.#loose.add(tracked);
  }
}

function earliest(one: Date | undefined, other: Date): Date {
  return one === undefined || other < one ? other : one;
}

/** An executor must not throw; if it does, that is the end of this one run. */
function attempt(
  begin: (context: RunContext) => Promise<RunResult> | undefined,
  context: RunContext,
): Promise<RunResult> | undefined {
  try {
    return begin(context);
  } catch (error) {
    return Promise.reject(error);
  }
}

function stop(underWay: UnderWay, reason: StopReason): void {
  if (underWay.stopReason !== undefined) return;
  underWay.stopReason = reason;
  underWay.abort.abort(reason);
}
