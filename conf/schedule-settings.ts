/** What a configuration says about schedules. Key names are those of the file, as in settings.ts. */
import type { Coalesce, OnLost, Overlap } from '../schedule/job.ts';
import type { TriggerSpec } from '../schedule/triggers/trigger.ts';
import type { GroupSettings } from './settings.ts';

/** A key as somebody has written it; `file` and `line` mean nothing for a client. */
export interface WrittenValue {
  readonly value: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Keys that a schedule has, and for which `[scheduler]` says what holds without them. */
export interface ScheduleDefaults {
  /** Seconds by which a run may start late; `undefined`: any time. */
  readonly misfire_grace_time: number | undefined;
  readonly coalesce: Coalesce;
  readonly max_instances: number;
  /** How many run records are kept; as many failures are kept beside. */
  readonly history_limit: number;
  /** Seconds for which run records are kept; `undefined`: for ever. */
  readonly history_max_age: number | undefined;
}

/** `[scheduler]`; there also without the section. */
export interface SchedulerSettings extends ScheduleDefaults {
  /** `undefined`: see `hostTimezone`. */
  readonly timezone: string | undefined;
  readonly jobstore: 'sqlite' | 'memory' | 'redis';
  /** Absolute. */
  readonly jobstore_path: string;
  /** There with `jobstore=redis`. */
  readonly redis_url: string | undefined;
  readonly redis_prefix: string;
  /** Name of this daemon among those that share a store. */
  readonly node: string;
  /** Whether the scheduler starts paused. */
  readonly paused: boolean;
  /** Most runs at the same time, of all schedules, on this node. */
  readonly max_runs: number;
  /** Seconds that a shutdown waits for runs to end before it stops them. */
  readonly shutdown_wait: number;
  /** The keys that the file has. */
  readonly written: ReadonlyMap<string, WrittenValue>;
}

/** The long-running processes that an action is about. They are looked for when it happens. */
export type ScheduleTarget =
  /** Every process that comes from this section, such as `program:web`, in whichever group. */
  | { readonly type: 'section'; readonly section: string }
  | { readonly type: 'group'; readonly group: string }
  | { readonly type: 'process'; readonly group: string; readonly name: string };

/** What happens at each fire time. */
export type ScheduleAction =
  /** The processes of one instance are started, in the group that has the name of the schedule. */
  | { readonly type: 'run' }
  | { readonly type: 'start' | 'stop' | 'restart'; readonly target: ScheduleTarget }
  /** `signal` is its number. */
  | { readonly type: 'signal'; readonly signal: number; readonly target: ScheduleTarget };

/** What follows a run: a start of all processes that come from a section, or a run of a schedule. */
export type ScheduleChain =
  | { readonly type: 'program'; readonly section: string }
  | { readonly type: 'schedule'; readonly name: string };

/** A `[schedule:x]`, the `cron=` of a `[program:x]`, or a schedule that a client has added. */
export interface ScheduleSettings extends ScheduleDefaults {
  readonly name: string;
  /** Where it is written: `schedule:nightly`, or `program:web` for `cron=`. */
  readonly section: string;
  readonly source: 'file' | 'rpc';
  /** The file and line of that section; of `cron=`, of the key. Without meaning for a client's. */
  readonly file: string;
  readonly line: number;
  readonly action: ScheduleAction;
  /** With its time zone, so that an equal one fires at the same times. */
  readonly trigger: TriggerSpec;
  /** Seconds by which a start may be late by chance; the trigger says so too. */
  readonly jitter: number;
  /** Whether it is always the same delay, on this node and for this schedule. */
  readonly jitter_fixed: boolean;
  readonly overlap: Overlap;
  /** Seconds after which a run is stopped; `undefined`: never. */
  readonly timeout: number | undefined;
  readonly retries: number;
  /** Seconds. */
  readonly retry_delay: number;
  /** Whether there is a run when the schedule is first loaded. */
  readonly run_on_start: boolean;
  readonly on_success: ScheduleChain | undefined;
  readonly on_failure: ScheduleChain | undefined;
  /** How many failures in a row `on_failure` waits for. */
  readonly failure_threshold: number;
  readonly on_lost: OnLost;
  /** Nodes that may run it; `undefined`: any. */
  readonly hosts: readonly string[] | undefined;
  readonly paused: boolean;
  /** The keys that the file or the client has, by their names in `[schedule:x]`, those of the program included. */
  readonly written: ReadonlyMap<string, WrittenValue>;
}

/** The schedules of these groups. */
export function schedulesOf(groups: Iterable<GroupSettings>): ScheduleSettings[] {
  return [...groups].flatMap(({ schedules = [] }) => schedules);
}

/** Whether several daemons can use the job store at the same time. */
export function isStoreShared({ jobstore }: Pick<SchedulerSettings, 'jobstore'>): boolean {
  return jobstore === 'redis';
}

/** Whether a schedule never runs: its hosts are others, and nobody else sees this job store. */
export function isForOthers(
  hosts: ScheduleSettings['hosts'],
  scheduler: Pick<SchedulerSettings, 'jobstore' | 'node'>,
): boolean {
  return hosts !== undefined && !hosts.includes(scheduler.node) && !isStoreShared(scheduler);
}
