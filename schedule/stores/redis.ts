import { randomUUID } from 'node:crypto';
import { ConflictingIdError, JobLookupError, JobStoreError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { DueJob, JobChange, JobStore, JobStoreContext, RunQuery } from '../job-store.ts';
import { failures, isActive, type Run, type RunOutcome } from '../run.ts';
import { RecordReader } from './record-reader.ts';
import { jobFields, runFields, toRecord } from './records.ts';
import { NoAnswerError, RedisConnection, type RedisKeys } from './redis-connection.ts';
import type { ScriptName } from './redis-scripts.ts';

export interface RedisJobStoreOptions {
  /** `redis://[[user]:password@]host[:port][/db]`, `rediss://…`, or `unix:///path[?db=1&password=…]`. */
  readonly url: string;
  /** What the names of all keys begin with; by default `supervisor:schedule:`. */
  readonly prefix?: string;
  /** The hash of jobs; by default `jobs` after the prefix. Without a prefix, that of the other keys is this and a colon. */
  readonly jobsKey?: string;
  /** The sorted set of due times; by default `run_times` after the prefix. */
  readonly runTimesKey?: string;
  /** Seconds after which the runs of a node that is not heard of are given up; by default 30. */
  readonly leaseSeconds?: number;
}

/** What Redis answers of a run: member, record, end of its lease or nothing. */
type FoundRun = readonly [member: string, record: string, leaseUntil: string];
type FoundDue = readonly [id: string, record: string, active: readonly FoundRun[]];

/** How many jobs are asked for in search of one that can be read. */
const pageSize = 16;

/**
 * Keeps jobs and runs in Redis, for any number of schedulers. Time is that of Redis. What others change is told by
 * its publish and subscribe.
 *
 * A change whose answer is lost is asked about as soon as there is a connection again.
 */
export class RedisJobStore implements JobStore {
  readonly leaseSeconds: number;
  readonly #url: string;
  readonly #keys: RedisKeys;
  #opened: Opened | undefined;

  constructor({ url, prefix, jobsKey, runTimesKey, leaseSeconds = 30 }: RedisJobStoreOptions) {
    const base = prefix ?? (jobsKey === undefined ? 'supervisor:schedule:' : `${jobsKey}:`);
    this.#url = url;
    this.#keys = {
      prefix: base,
      jobs: jobsKey ?? `${base}jobs`,
      runTimes: runTimesKey ?? `${base}run_times`,
    };
    this.leaseSeconds = leaseSeconds;
  }

  async open(context: JobStoreContext): Promise<void> {
    const warn = (text: string) => context.warn(`Job store "${context.alias}": ${text}`);
    const connection = await RedisConnection.open({
      url: this.#url,
      keys: this.#keys,
      node: context.node,
      events: {
        onNews: context.onChange,
        onLost: warn,
        onBack: (text) => {
          warn(text);
          // When the connection is lost again meanwhile, it comes back here.
          this.#reportLoss(warn).catch(() => {});
          context.onChange();
        },
        onTwin: () =>
          warn(`somebody else is connected as node "${context.node}": each needs a name of its own`),
      },
    });
    this.#opened = { connection, context, reader: new RecordReader(context), name: undefined };
    try {
      this.#opened.name = await this.#nameOfStore();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#opened?.connection.close();
    this.#opened = undefined;
  }

  async now(): Promise<Date> {
    return new Date(Number(await this.#send('now')));
  }

  async addJob(job: Job): Promise<void> {
    if (!(await this.#send('addJob', storedJob(job)))) throw new ConflictingIdError(job.id);
  }

  async updateJob(job: Job): Promise<void> {
    if (!(await this.#send('updateJob', storedJob(job)))) throw new JobLookupError(job.id);
  }

  async removeJob(id: string): Promise<void> {
    if (!(await this.#send('removeJob', { id }))) throw new JobLookupError(id);
  }

  async removeAllJobs(): Promise<void> {
    await this.#send('removeAllJobs');
  }

  async lookupJob(id: string): Promise<Job | undefined> {
    const record = await this.#send<string | null>('lookupJob', { id });
    return record === null ? undefined : this.#job(id, record);
  }

  async getAllJobs(): Promise<Job[]> {
    const answer = await this.#send<readonly string[]>('getAllJobs');
    const jobs = answer.flatMap((id, nth) => (nth % 2 === 0 ? (this.#job(id, answer[nth + 1]) ?? []) : []));
    return jobs.sort((one, other) => nextRunOf(one) - nextRunOf(other) || (one.id < other.id ? -1 : 1));
  }

  async getDueJobs(now: Date): Promise<DueJob[]> {
    const found = await this.#send<readonly FoundDue[]>('getDueJobs', { now: stamp(now) });
    return found.flatMap((due) => this.#dueJob(due) ?? []);
  }

  async getNextDueTime(after: Date): Promise<Date | undefined> {
    for (let offset = 0; ; offset += pageSize) {
      const page = { after: stamp(after), offset, limit: pageSize };
      const found = await this.#send<readonly FoundDue[]>('getNextDueJobs', page);
      // One that cannot be read is never run, so nobody has to wake up for it.
      const next = found.flatMap((due) => this.#dueJob(due) ?? [])[0];
      if (next !== undefined || found.length < pageSize) return next?.job.dueTime;
    }
  }

  async change(change: JobChange): Promise<boolean> {
    const { connection } = this.#open;
    const input = { ...this.#changeInput(change), token: randomUUID() };
    try {
      return (await connection.send('change', input)) === 1;
    } catch (error) {
      if (!(error instanceof NoAnswerError) || !(await connection.isBack())) throw error;
      return (await connection.send('change', { ...input, isRetry: true })) === 1;
    }
  }

  async getRun(id: string): Promise<Run[]> {
    return this.#runs(await this.#send('getRun', { id }));
  }

  async getRuns({ jobId, states, offset = 0, limit }: RunQuery): Promise<Run[]> {
    if (limit === 0) return [];
    const buckets = [...new Set(states ?? allBuckets)];
    return this.#runs(await this.#send('getRuns', { jobId, buckets, offset, limit }));
  }

  async getActiveRuns(jobId?: string): Promise<Run[]> {
    const query = { jobId, buckets: ['active'], offset: 0 };
    return this.#runs(await this.#send('getRuns', query)).reverse();
  }

  async getUnsettledRuns(): Promise<Run[]> {
    return this.#runs(await this.#send('getUnsettledRuns'));
  }

  async renewLeases(until: Date): Promise<void> {
    await this.#send('renewLeases', { node: this.#open.context.node, untilTime: stamp(until) });
  }

  async pruneRuns(
    jobId: string,
    { limit, since }: { readonly limit: number; readonly since: Date | undefined },
  ): Promise<readonly Run[]> {
    return this.#runs(await this.#send('pruneRuns', { jobId, limit, since: since && stamp(since) }));
  }

  get #open(): Opened {
    if (this.#opened === undefined) throw new JobStoreError('The job store in Redis is not open');
    return this.#opened;
  }

  async #send<T>(script: ScriptName, input: object = {}): Promise<T> {
    return (await this.#open.connection.send(script, input)) as T;
  }

  #changeInput({ jobId, expect, job, runs }: JobChange): object {
    const { nextRunTime, modified, active } = expect;
    return {
      jobId,
      node: this.#open.context.node,
      expect: {
        nextRunTime: nextRunTime === null ? null : nextRunTime?.getTime(),
        modified: modified?.getTime(),
        active: active && Object.fromEntries(active.map((run) => [memberOf(run), standOf(run)])),
      },
      ...changeOfJob(job),
      runs: runs.map(storedRun),
    };
  }

  #job(id: string, record: string | undefined): Job | undefined {
    return this.#open.reader.job(id, () => JSON.parse(record ?? ''));
  }

  #runs(found: readonly FoundRun[]): Run[] {
    return found.flatMap((run) => this.#run(run) ?? []);
  }

  #run([member, record, leaseUntil]: FoundRun): Run | undefined {
    const run = this.#open.reader.run(member.slice(0, member.lastIndexOf('/')), () => JSON.parse(record));
    return run && leaseUntil !== '' ? { ...run, leaseUntil: new Date(Number(leaseUntil)) } : run;
  }

  /** A job of whose active runs not all can be read might be started once too often: it is left alone as well. */
  #dueJob([id, record, found]: FoundDue): DueJob | undefined {
    const job = this.#job(id, record);
    const active = this.#runs(found);
    return job !== undefined && active.length === found.length ? { job, active } : undefined;
  }

  /** A Redis that keeps nothing on disk comes back empty. */
  async #reportLoss(warn: (text: string) => void): Promise<void> {
    const opened = this.#open;
    const name = await this.#nameOfStore();
    if (name !== opened.name) warn('Redis has lost what was stored in it');
    opened.name = name;
  }

  #nameOfStore(): Promise<string> {
    return this.#send('nameStore', { name: randomUUID() });
  }
}

interface Opened {
  readonly connection: RedisConnection;
  readonly context: JobStoreContext;
  readonly reader: RecordReader;
  /** Another one tells that everything is gone. */
  name: string | undefined;
}

const allBuckets: readonly (RunOutcome | 'active')[] = [
  'active',
  'SUCCESS',
  'FAILED',
  'TIMEOUT',
  'CANCELLED',
  'SPAWN_ERROR',
  'LOST',
  'MISSED',
  'SKIPPED',
  'COALESCED',
];

function storedJob(job: Job): {
  readonly id: string;
  readonly record: string;
  readonly due: string | undefined;
} {
  const record = JSON.stringify(toRecord(jobFields, job));
  return { id: job.id, record, due: job.dueTime && stamp(job.dueTime) };
}

function changeOfJob(job: JobChange['job']): object {
  if (job === undefined || job === 'removed') return { job };
  const { record, due } = storedJob(job);
  return { job: record, due };
}

function storedRun(run: Run): object {
  const isFire = run.attempt === 1 && (run.cause === 'schedule' || run.cause === 'catchup');
  return {
    id: run.id,
    attempt: String(run.attempt),
    member: memberOf(run),
    jobId: run.jobId,
    node: run.node,
    bucket: isActive(run) ? 'active' : run.state,
    stand: standOf(run),
    isLost: run.state === 'LOST',
    isSettled: run.isSettled,
    class: failures.some((outcome) => outcome === run.state) ? 'failures' : 'others',
    over: stamp(run.ended ?? run.claimed),
    lease: run.leaseUntil && stamp(run.leaseUntil),
    fireTime: isFire ? stamp(run.fireTime) : undefined,
    record: JSON.stringify(toRecord(runFields, run)),
  };
}

function memberOf({ id, attempt }: Pick<Run, 'id' | 'attempt'>): string {
  return `${id}/${String(attempt).padStart(10, '0')}`;
}

function standOf({ state, isStopRequested }: Pick<Run, 'state' | 'isStopRequested'>): string {
  return `${state} ${isStopRequested}`;
}

/** Text, since Lua writes numbers of more than 14 digits in short. */
function stamp(time: Date): string {
  return String(time.getTime());
}

function nextRunOf({ nextRunTime }: Job): number {
  return nextRunTime?.getTime() ?? Number.MAX_VALUE;
}
