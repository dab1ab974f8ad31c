/** A scheduler that runs nothing: its jobs and runs are those a test gives it, and what it was asked is recorded. */
import type { Channel } from '../../daemon/host/host.ts';
import {
  type JobView,
  type KeyOrigin,
  type RunLogPage,
  ScheduleError,
  type ScheduleKeys,
  type SchedulerControl,
  type SchedulerView,
  type TriggerPreview,
} from '../../daemon/schedule/control.ts';
import type { JobSpec } from '../../schedule/job.ts';
import type { RunQuery } from '../../schedule/job-store.ts';
import { isActive, type Run } from '../../schedule/run.ts';

/** What a run has written to one channel. */
export interface FakeLog {
  readonly bytes: Buffer;
  readonly isComplete: boolean;
  readonly growing: readonly string[];
}

export class FakeScheduler implements SchedulerControl {
  readonly jobs = new Map<string, JobView>();
  /** All attempts of all runs, oldest first. */
  runs: Run[] = [];
  /** By `run attempt channel`. */
  readonly logs = new Map<string, FakeLog>();
  readonly asked: string[] = [];
  state: Partial<SchedulerView> = {};
  /** What every question but {@link view} is refused with. */
  refusal: ScheduleError | undefined;
  #waiting: {
    readonly id: string;
    readonly resolve: (run: Run) => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  constructor(...jobs: readonly JobView[]) {
    for (const one of jobs) this.jobs.set(one.id, one);
  }

  async view(): Promise<SchedulerView> {
    return {
      state: 'RUNNING',
      problem: undefined,
      node: 'a',
      timezone: 'UTC',
      store: 'memory',
      jobs: this.jobs.size,
      activeRuns: this.runs.filter(isActive).length,
      ...this.state,
    };
  }

  async getJobs(): Promise<readonly JobView[]> {
    this.#ask('getJobs');
    return [...this.jobs.values()].map(({ keys: _, ...job }) => job);
  }

  async getJob(id: string): Promise<JobView> {
    return this.#job(id, 'getJob');
  }

  async addJob(id: string, keys: ScheduleKeys): Promise<JobView> {
    this.#ask(`addJob ${id} ${keysText(keys)}`);
    if (this.jobs.has(id)) {
      throw new ScheduleError('conflict', `Job identifier (${id}) conflicts with an existing job`);
    }
    const added = job(id, { source: 'rpc', origin: 'rpc', keys: originsOf(keys) });
    this.jobs.set(id, added);
    return added;
  }

  async modifyJob(id: string, keys: ScheduleKeys): Promise<JobView> {
    return this.#own(id, `modifyJob ${id} ${keysText(keys)}`);
  }

  async rescheduleJob(id: string, keys: ScheduleKeys): Promise<JobView> {
    return this.#own(id, `rescheduleJob ${id} ${keysText(keys)}`);
  }

  async removeJob(id: string): Promise<void> {
    this.#own(id, `removeJob ${id}`);
    this.jobs.delete(id);
  }

  async removeAllJobs(): Promise<number> {
    this.#ask('removeAllJobs');
    return [...this.jobs.values()].filter(({ source }) => source === 'rpc').length;
  }

  async pauseJob(id: string): Promise<JobView> {
    const found = this.#job(id, `pauseJob ${id}`);
    return { ...found, state: 'PAUSED', isPaused: true, nextRunTime: undefined, dueTime: undefined };
  }

  async resumeJob(id: string): Promise<JobView> {
    return this.#job(id, `resumeJob ${id}`);
  }

  async runJob(id: string, { force = false } = {}): Promise<string> {
    const found = this.#job(id, `runJob ${id}${force ? ' with force' : ''}`);
    if (found.activeRuns.length > 0 && !force) {
      const reason = `Job "${id}" has already reached its maximum number of instances`;
      throw new ScheduleError('max-instances', reason);
    }
    return 'r1';
  }

  async stopRun(runId: string): Promise<Run> {
    this.#ask(`stopRun ${runId}`);
    const attempt = this.#attempts(runId).at(-1);
    if (attempt === undefined || !isActive(attempt)) {
      throw new ScheduleError('not-running', `Run ${runId} has ended`);
    }
    return this.end({ ...attempt, state: 'CANCELLED', ended: attempt.started });
  }

  async getRun(runId: string): Promise<readonly Run[]> {
    this.#ask(`getRun ${runId}`);
    return this.#attempts(runId);
  }

  async zonesOf(jobIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    const { timezone } = await this.view();
    return new Map([...jobIds].map((id) => [id, this.jobs.get(id)?.timezone ?? timezone]));
  }

  async getRuns({ jobId, states, offset = 0, limit }: RunQuery): Promise<readonly Run[]> {
    this.#ask(`getRuns ${jobId ?? 'of all'} ${states ?? ''} ${offset} ${limit}`);
    const isWanted = (run: Run) =>
      (jobId === undefined || run.jobId === jobId) &&
      (states === undefined ||
        states.some((state) => (state === 'active' ? isActive(run) : state === run.state)));
    return this.runs
      .filter(isWanted)
      .toReversed()
      .slice(offset, limit && offset + limit);
  }

  async waitForRun(runId: string): Promise<Run> {
    this.#ask(`waitForRun ${runId}`);
    const last = this.#attempts(runId).at(-1);
    if (last !== undefined && !isActive(last)) return last;
    return new Promise((resolve, reject) => this.#waiting.push({ id: runId, resolve, reject }));
  }

  async readRunLog(
    runId: string,
    channel: Channel,
    {
      offset,
      length,
      attempt,
    }: { readonly offset: number; readonly length: number; readonly attempt?: number },
  ): Promise<RunLogPage> {
    const last = this.#attempts(runId).at(-1)?.attempt;
    const log = this.logs.get(`${runId} ${attempt ?? last} ${channel}`);
    if (log === undefined) throw new ScheduleError('no-log', `There is no ${channel} of run ${runId}`);
    const bytes = log.bytes.subarray(offset, offset + length);
    return {
      bytes,
      offset: Math.max(offset, 0) + bytes.length,
      size: log.bytes.length,
      isComplete: log.isComplete,
      isTruncated: false,
      growing: log.growing,
    };
  }

  async getNextFireTimes(
    of: string | ScheduleKeys,
    { count, from }: { readonly count: number; readonly from?: Date },
  ): Promise<TriggerPreview> {
    const what = typeof of === 'string' ? of : keysText(of);
    this.#ask(`getNextFireTimes ${what} ${count}${from === undefined ? '' : ` ${from.toISOString()}`}`);
    const { trigger, timezone } = typeof of === 'string' ? this.#find(of) : job('x');
    return { trigger, timezone, times: days.slice(0, count) };
  }

  async validate(id: string, keys: ScheduleKeys): Promise<TriggerPreview> {
    this.#ask(`validate ${id} ${keysText(keys)}`);
    const { trigger, timezone } = job(id);
    return { trigger, timezone, times: days };
  }

  async pause(): Promise<void> {
    this.#ask('pause');
  }

  async resume(): Promise<void> {
    this.#ask('resume');
  }

  /** A run has got so far; who waits for its end is told. */
  end(ended: Run): Run {
    this.runs = [
      ...this.runs.filter(({ id, attempt }) => id !== ended.id || attempt !== ended.attempt),
      ended,
    ];
    for (const { id, resolve } of this.#waiting) if (id === ended.id) resolve(ended);
    return ended;
  }

  /** Sends everybody away who waits. */
  leave(): void {
    for (const { reject } of this.#waiting) reject(new ScheduleError('shutting-down', 'The daemon ends'));
    this.#waiting = [];
  }

  #ask(question: string): void {
    this.asked.push(question.trim());
    if (this.refusal !== undefined) throw this.refusal;
  }

  #job(id: string, question: string): JobView {
    this.#ask(question);
    return this.#find(id);
  }

  #find(id: string): JobView {
    const found = this.jobs.get(id);
    if (found === undefined) throw new ScheduleError('unknown-job', `No job by the id of ${id} was found`);
    return found;
  }

  #own(id: string, question: string): JobView {
    const found = this.#job(id, question);
    if (found.source !== 'file') return found;
    throw new ScheduleError('from-file', `Schedule ${id} is from ${found.origin}`);
  }

  #attempts(runId: string): readonly Run[] {
    const attempts = this.runs.filter(({ id }) => id === runId);
    if (attempts.length > 0) return attempts;
    throw new ScheduleError('unknown-run', `No run by the id of ${runId} was found`);
  }
}

/** Half past two in the morning in Berlin, around the day on which that is left out. */
const days = ['2026-03-28T01:30:00Z', '2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z'].map(
  (text) => new Date(text),
);

/** A job of a file, unless said. */
export function job(id: string, overrides: Partial<JobView> = {}): JobView {
  return {
    id,
    source: 'file',
    origin: '/etc/supervisord.conf:7',
    // Only the name is looked at.
    spec: { name: id } as JobSpec,
    action: '/bin/backup',
    trigger: "cron[hour='2', minute='30']",
    timezone: 'Europe/Berlin',
    state: 'WAITING',
    isPaused: false,
    nextRunTime: days[0],
    dueTime: days[0],
    lastRun: undefined,
    activeRuns: [],
    ...overrides,
  };
}

/** A run that ended well, unless said. */
export function run(id: string, overrides: Partial<Run> = {}): Run {
  const fireTime = new Date('2026-03-27T01:30:00Z');
  return {
    id,
    attempt: 1,
    jobId: 'nightly',
    fireTime,
    cause: 'schedule',
    state: 'SUCCESS',
    count: 1,
    lastFireTime: fireTime,
    node: 'a',
    dueTime: fireTime,
    claimed: fireTime,
    started: new Date('2026-03-27T01:30:00.250Z'),
    ended: new Date('2026-03-27T01:32:03.250Z'),
    leaseUntil: undefined,
    exitStatus: 0,
    signal: undefined,
    isStopRequested: false,
    error: undefined,
    returnValue: undefined,
    data: null,
    isSettled: true,
    ...overrides,
  };
}

/** A run that is under way. */
export function runUnderWay(id: string, overrides: Partial<Run> = {}): Run {
  return run(id, {
    state: 'RUNNING',
    ended: undefined,
    exitStatus: undefined,
    isSettled: false,
    ...overrides,
  });
}

function originsOf(keys: ScheduleKeys): ReadonlyMap<string, KeyOrigin> {
  return new Map([...keys].map(([key, value]) => [key, { value, origin: 'rpc' }]));
}

function keysText(keys: ScheduleKeys): string {
  return [...keys].map(([key, value]) => `${key}=${value}`).join(' ');
}
