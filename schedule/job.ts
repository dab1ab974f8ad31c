import type { Json } from './json.ts';
import type { TriggerSpec } from './triggers/trigger.ts';

/** Which of several fire times that are due at once are run: the last one, the first one, or every one of them. */
export type Coalesce = 'latest' | 'earliest' | 'all';

/**
 * What becomes of a fire that finds `maxInstances` runs under way: it is skipped; it waits, and ages against the
 * grace time; or the oldest run is ended for it.
 */
export type Overlap = 'skip' | 'queue' | 'replace';

/** What becomes of a run whose node is gone: it is recorded as LOST, or also run again. */
export type OnLost = 'fail' | 'rerun';

/** Who has made a job: a configuration file, a client over RPC, or a program that uses the library. */
export type JobSource = 'file' | 'rpc' | 'api';

/** Everything about a job that its maker decides. Plain data: this is what stores keep. */
export interface JobSpec {
  readonly id: string;
  /** What people are shown; by default the name of the function. */
  readonly name: string;
  readonly source: JobSource;
  /** Name of the executor that runs it. */
  readonly executor: string;
  /** What the executor is to run: name of a registered function, or what another executor makes of it. */
  readonly func: string;
  readonly args: readonly Json[];
  /** With the zone and the start that it has taken from the scheduler if it had none of its own. */
  readonly trigger: TriggerSpec;
  /** As its maker has given it. A job that is given again with the same one goes on where it stands. */
  readonly givenTrigger: TriggerSpec;
  /** Seconds by which a run may start late; `null`: any time. */
  readonly misfireGraceTime: number | null;
  readonly coalesce: Coalesce;
  /** Most runs at the same time, over all schedulers that share the store. */
  readonly maxInstances: number;
  readonly overlap: Overlap;
  /** Seconds after which a run is ended; `null`: never. */
  readonly timeout: number | null;
  /** How often a run that failed is tried again. */
  readonly retries: number;
  /** Seconds from a failure to the next try. */
  readonly retryDelay: number;
  readonly onLost: OnLost;
  /** Nodes that may run it; `null`: any. */
  readonly hosts: readonly string[] | null;
  /** Most run records kept; as many failures are kept beside. */
  readonly historyLimit: number;
  /** Seconds for which run records are kept; `null`: for ever. */
  readonly historyMaxAge: number | null;
  /** Whatever the maker wants to find again. */
  readonly data: Json;
}

/** A job, and where it stands. */
export interface Job extends JobSpec {
  /** The next fire time on the trigger's own grid; `undefined`: paused, or there is none any more. */
  readonly nextRunTime: Date | undefined;
  /** When that fire is to start: jitter later than {@link Job.nextRunTime}. There with it. */
  readonly dueTime: Date | undefined;
  /** Whether somebody has paused it. */
  readonly isPaused: boolean;
  /** The last fire time that was claimed. */
  readonly lastFireTime: Date | undefined;
  readonly created: Date;
  readonly modified: Date;
}
