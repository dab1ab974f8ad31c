import * as events from './events.ts';
import type { RunResult } from './executor.ts';
import type { Run, RunState } from './run.ts';

/** Tells what becomes of the jobs of one store. */
export class Reports {
  readonly #alias: string;
  readonly #emit: (event: events.SchedulerEvent) => void;

  constructor(alias: string, emit: (event: events.SchedulerEvent) => void) {
    this.#alias = alias;
    this.#emit = emit;
  }

  job(code: number, jobId: string): void {
    this.#emit(this.#about(code, jobId));
  }

  /** What a run has become. */
  outcome(run: Run, result: Pick<RunResult, 'exception'> = {}): void {
    for (const code of codesOf(run.state)) this.run(code, run, result);
  }

  run(code: number, run: Run, { exception }: Pick<RunResult, 'exception'> = {}): void {
    this.#emit({
      ...this.#about(code, run.jobId),
      scheduledRunTime: run.fireTime,
      run,
      retval: run.returnValue,
      exception: exception ?? (run.state === 'SUCCESS' ? undefined : run.error),
      traceback: exception instanceof Error ? exception.stack : undefined,
    });
  }

  /** What becomes of several fires of a job; nothing, if there are none. */
  fires(code: number, runs: readonly Run[]): void {
    const [run] = runs;
    if (run === undefined) return;
    const scheduledRunTimes = runs.flatMap(({ count, fireTime, lastFireTime }) =>
      count === 1 ? [fireTime] : [fireTime, lastFireTime],
    );
    this.#emit({ ...this.#about(code, run.jobId), scheduledRunTimes, runs });
  }

  /** Records that are gone, all of one job; nothing, if there are none. */
  pruned(runs: readonly Run[]): void {
    const [run] = runs;
    if (run) this.#emit({ ...this.#about(events.EVENT_RUNS_PRUNED, run.jobId), runs });
  }

  #about(code: number, jobId: string): events.JobEvent {
    return { code, alias: this.#alias, jobId, jobStore: this.#alias };
  }
}

function codesOf(state: RunState): readonly number[] {
  switch (state) {
    case 'SUCCESS':
      return [events.EVENT_JOB_EXECUTED];
    case 'FAILED':
    case 'SPAWN_ERROR':
      return [events.EVENT_JOB_ERROR];
    case 'TIMEOUT':
      return [events.EVENT_RUN_TIMEOUT, events.EVENT_JOB_ERROR];
    case 'LOST':
      return [events.EVENT_RUN_LOST, events.EVENT_JOB_ERROR];
    case 'CANCELLED':
      return [events.EVENT_RUN_CANCELLED];
    case 'MISSED':
      return [events.EVENT_JOB_MISSED];
    default:
      return [];
  }
}
