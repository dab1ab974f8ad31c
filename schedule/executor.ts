import type { Job } from './job.ts';
import type { Json } from './json.ts';
import type { Run, RunOutcome } from './run.ts';

/** How a run that was started, or was to be, has ended. */
export interface RunResult {
  /** SKIPPED: there was nothing to do, as when something is to be started that runs already. */
  readonly outcome: Extract<
    RunOutcome,
    'SUCCESS' | 'FAILED' | 'SPAWN_ERROR' | 'CANCELLED' | 'LOST' | 'SKIPPED'
  >;
  readonly exitStatus?: number | undefined;
  readonly signal?: number | undefined;
  /** One line. */
  readonly error?: string | undefined;
  /** What a function threw. */
  readonly exception?: unknown;
  readonly returnValue?: Json | undefined;
  /** Replaces {@link Run.data}. */
  readonly data?: Json | undefined;
}

export interface RunContext {
  /**
   * Aborted when the run is to end: its `reason` is `timeout`, `cancelled` (by somebody, or to make room) or
   * `shutdown`. The run counts as under way until {@link Executor.run} resolves.
   */
  readonly abortSignal: AbortSignal;
  /**
   * Says that the run has been started, and writes down what is needed to find it again. Nothing is written without
   * `data`: a run that cannot be found again needs none. Resolves also if the store cannot be written now.
   */
  readonly started: (data?: Json) => Promise<void>;
}

/** What an executor is told when its scheduler starts. */
export interface ExecutorContext {
  /** The name by which the scheduler knows the executor. */
  readonly alias: string;
  /** The function that a job is to call; `undefined`: nobody has registered one of that name. */
  readonly functionOf: (job: Job) => JobFunction | undefined;
}

/** What a job of a program can be. It may be asynchronous; what it throws is the failure of the run. */
// biome-ignore lint/suspicious/noExplicitAny: a job has the parameters that its arguments are for.
export type JobFunction = (...args: any[]) => unknown;

/** Runs jobs. The scheduler knows nothing about how. */
export interface Executor {
  start?(context: ExecutorContext): void;
  /** Must not reject: what goes wrong is a result. */
  run(run: Run, job: Job, context: RunContext): Promise<RunResult>;
  /**
   * Goes on with a run that was STARTING or RUNNING when the last scheduler of this node ended.
   *
   * @returns `undefined`: nobody knows anything about it, so that it is LOST
   */
  adopt?(run: Run, job: Job | undefined, context: RunContext): Promise<RunResult> | undefined;
  /** No more runs come. */
  shutdown?(options: { readonly wait: boolean }): Promise<void>;
}
