import type { Encodable, XmlRpcValue } from '../../rpc/xmlrpc-values.ts';
import { integer, listOf, type Read, type Struct, struct, text, truth } from '../answers.ts';
import type { Call, LogChannel } from '../supervisor-api.ts';

/** A time as the server tells it. */
export interface Moment {
  /** Since 1970. */
  readonly seconds: number;
  /** ISO 8601, in the zone of the job. */
  readonly iso: string;
}

/** An attempt of a run, as far as supervisorctl looks at it. */
export interface RunInfo {
  readonly id: string;
  readonly job: string;
  readonly attempt: number;
  readonly cause: string;
  /** An outcome, once the run has ended. */
  readonly state: string;
  readonly isActive: boolean;
  /** How many fires it stands for. */
  readonly count: number;
  readonly node: string;
  readonly fire: Moment | undefined;
  readonly start: Moment | undefined;
  readonly end: Moment | undefined;
  /** Seconds by which it started late. */
  readonly late: number;
  /** Seconds; of a run under way, so far. */
  readonly duration: number;
  /** `undefined`: there is none. */
  readonly exitstatus: number | undefined;
  readonly signal: { readonly number: number; readonly name: string } | undefined;
  readonly error: string;
  /** Every member the server sent. */
  readonly members: Struct;
}

/** A job, as far as supervisorctl looks at it. */
export interface JobInfo {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  readonly action: string;
  readonly trigger: string;
  readonly timezone: string;
  readonly state: string;
  /** Also while a run is under way. */
  readonly isPaused: boolean;
  readonly next: Moment | undefined;
  /** The next one with jitter. */
  readonly due: Moment | undefined;
  readonly lastRun: RunInfo | undefined;
  readonly activeRuns: readonly RunInfo[];
  /** Empty unless one job was asked for. */
  readonly keys: ReadonlyMap<string, { readonly value: string; readonly origin: string }>;
  /** Every member the server sent. */
  readonly members: Struct;
}

export interface SchedulerInfo {
  readonly statename: string;
  readonly problem: string;
}

export interface FireTimes {
  readonly trigger: string;
  readonly timezone: string;
  readonly times: readonly Date[];
}

/** What makes a job, by key. */
export type Keys = ReadonlyMap<string, string>;

/** The methods of the scheduler that supervisorctl uses, with typed answers. */
export type SchedulerApi = ReturnType<typeof schedulerApi>;

/** The server's methods by their own names. Each throws what `supervisorApi`'s do. */
export function schedulerApi(call: Call) {
  const ask = async <T>(read: Read<T>, method: string, ...params: readonly Encodable[]): Promise<T> =>
    read(await call(`scheduler.${method}`, ...params));
  return {
    getState: () => ask(schedulerInfo, 'getState'),
    getAllJobs: () => ask(listOf(job), 'getAllJobs'),
    getJob: (id: string) => ask(job, 'getJob', id),
    addJob: (id: string, keys: Keys) => ask(job, 'addJob', new Map([['id', id], ...keys])),
    modifyJob: (id: string, keys: Keys) => ask(job, 'modifyJob', id, keys),
    removeJob: (id: string) => ask(truth, 'removeJob', id),
    pauseJob: (id: string) => ask(job, 'pauseJob', id),
    resumeJob: (id: string) => ask(job, 'resumeJob', id),
    runJob: (id: string, { force }: { readonly force: boolean }) => ask(text, 'runJob', id, false, force),
    stopRun: (id: string) => ask(run, 'stopRun', id),
    getRun: (id: string, { wait }: { readonly wait: boolean }) => ask(run, 'getRun', id, wait),
    getRuns: (
      id: string,
      { limit, states }: { readonly limit: number; readonly states: readonly string[] },
    ) => ask(listOf(run), 'getRuns', id, 0, limit, states.length === 0 ? {} : { states }),
    getNextFireTimes: (id: string, count: number) => ask(fireTimes, 'getNextFireTimes', id, count),
    pause: () => ask(truth, 'pause'),
    resume: () => ask(truth, 'resume'),
  };
}

/** Where the server sends what a run has written. @see docs/rpc.md */
export function runLogPath(
  run: Pick<RunInfo, 'id' | 'attempt'>,
  channel: LogChannel,
  { isFollowed, offset = 0 }: { readonly isFollowed: boolean; readonly offset?: number },
): string {
  const route = isFollowed ? 'runlogtail' : 'runlog';
  return `/${route}/${encodeURIComponent(run.id)}/${channel}?attempt=${run.attempt}&offset=${offset}`;
}

const schedulerInfo: Read<SchedulerInfo> = (value) => {
  const members = struct(value);
  return { statename: text(members.get('statename')), problem: text(members.get('problem')) };
};

const run: Read<RunInfo> = (value) => {
  const members = struct(value);
  const signal = integer(members.get('signal'));
  const exitstatus = integer(members.get('exitstatus'));
  return {
    id: text(members.get('id')),
    job: text(members.get('job_id')),
    attempt: integer(members.get('attempt')),
    cause: text(members.get('cause')),
    state: text(members.get('state')),
    isActive: truth(members.get('active')),
    count: integer(members.get('count')),
    node: text(members.get('node')),
    fire: moment(members, 'fire_time'),
    start: moment(members, 'start_time'),
    end: moment(members, 'end_time'),
    late: integer(members.get('late')),
    duration: integer(members.get('duration')),
    exitstatus: exitstatus === -1 ? undefined : exitstatus,
    signal: signal === 0 ? undefined : { number: signal, name: text(members.get('signalname')) },
    error: text(members.get('error')),
    members,
  };
};

const job: Read<JobInfo> = (value) => {
  const members = struct(value);
  const lastRun = struct(members.get('last_run'));
  return {
    id: text(members.get('id')),
    name: text(members.get('name')),
    origin: text(members.get('origin')),
    action: text(members.get('action')),
    trigger: text(members.get('trigger')),
    timezone: text(members.get('timezone')),
    state: text(members.get('state')),
    isPaused: truth(members.get('paused')),
    next: moment(members, 'next_run_time'),
    due: moment(members, 'due_time'),
    lastRun: lastRun.size === 0 ? undefined : run(lastRun),
    activeRuns: listOf(run)(members.get('active_runs')),
    keys: new Map([...struct(members.get('keys') ?? new Map())].map(([key, from]) => [key, origin(from)])),
    members,
  };
};

function origin(value: XmlRpcValue): { readonly value: string; readonly origin: string } {
  const members = struct(value);
  return { value: text(members.get('value')), origin: text(members.get('origin')) };
}

const fireTimes: Read<FireTimes> = (value) => {
  const members = struct(value);
  return {
    trigger: text(members.get('trigger')),
    timezone: text(members.get('timezone')),
    times: listOf(integer)(members.get('fire_times')).map((seconds) => new Date(seconds * 1000)),
  };
};

/** `undefined`: 0, which says that there is none. */
function moment(members: Struct, name: string): Moment | undefined {
  const seconds = integer(members.get(name));
  return seconds === 0 ? undefined : { seconds, iso: text(members.get(`${name}_iso`)) };
}
