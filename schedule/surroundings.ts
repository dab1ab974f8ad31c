import type { Clock } from './clock.ts';
import type { SchedulerEvent } from './events.ts';
import type { Executor } from './executor.ts';
import type { Job } from './job.ts';
import type { Logger } from './logger.ts';
import type { Run } from './run.ts';
import type { Trigger } from './triggers/trigger.ts';

/** What is known beside an outcome. */
export interface OutcomeContext {
  /** `undefined`: it was removed meanwhile. */
  readonly job: Job | undefined;
  readonly jobStore: string;
  /** The next attempt, if there is one: then this outcome is not the last word. */
  readonly next: Run | undefined;
}

/**
 * Sees to what follows of the outcome of a run. It is called once, and once more only if the scheduler ends before
 * what it did could be noted.
 */
export type OutcomeHook = (run: Run, context: OutcomeContext) => unknown;

/** What the jobs of all stores share: the scheduler, as those see it who do its work. */
export interface Surroundings {
  readonly clock: Clock;
  readonly node: string;
  readonly logger: Logger;
  readonly pool: Pool;
  readonly keepFinished: boolean;
  readonly onOutcome: OutcomeHook | undefined;
  readonly newRunId: (now: Date) => string;
  readonly random: (job: Job) => number;
  readonly executorOf: (alias: string) => Executor | undefined;
  readonly triggerOf: (job: Job) => Trigger;
  readonly emit: (event: SchedulerEvent) => void;
  /** The job is gone for good. */
  readonly onRemoved: (job: Job) => void;
  /** Whether no run is to start. */
  readonly isPaused: () => boolean;
  /** A place in the pool is free, which runs of any store can wait for. */
  readonly onFreePlace: () => void;
  /** What is to be woken for has changed. */
  readonly onWakeChanged: () => void;
}

/** How many runs are under way on this node, of how many. */
export class Pool {
  readonly #size: number;
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get free(): number {
    return Math.max(0, this.#size - this.#used);
  }

  take(): void {
    this.#used += 1;
  }

  release(): void {
    this.#used -= 1;
  }
}
