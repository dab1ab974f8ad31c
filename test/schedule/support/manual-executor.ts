import type { Executor, RunContext, RunResult } from '../../../schedule/executor.ts';
import type { Job } from '../../../schedule/job.ts';
import type { Run } from '../../../schedule/run.ts';
import { quiet } from './manual-clock.ts';

/** A run that lasts until the test ends it. */
export interface Begun {
  readonly run: Run;
  readonly job: Job | undefined;
  readonly context: RunContext;
  readonly isAdopted: boolean;
  end(result?: Partial<RunResult>): Promise<void>;
}

/** Starts nothing: the test says what becomes of each run. */
export class ManualExecutor implements Executor {
  /** All runs that were started, in that order. */
  readonly begun: Begun[] = [];
  /** Those of them that have not ended. */
  readonly underWay = new Map<string, Begun>();
  /** Which runs it can find again. */
  canAdopt: (run: Run) => boolean = () => false;
  /** Ends each run at once, if it is there. */
  outcome: RunResult['outcome'] | undefined;

  run(run: Run, job: Job, context: RunContext): Promise<RunResult> {
    return this.#begin(run, job, context, { isAdopted: false });
  }

  adopt(run: Run, job: Job | undefined, context: RunContext): Promise<RunResult> | undefined {
    return this.canAdopt(run) ? this.#begin(run, job, context, { isAdopted: true }) : undefined;
  }

  /** The run of that many that were started, from the last one. */
  last(index = 1): Begun {
    const begun = this.begun.at(-index);
    if (begun === undefined) throw new Error(`There are only ${this.begun.length} runs`);
    return begun;
  }

  #begin(
    run: Run,
    job: Job | undefined,
    context: RunContext,
    { isAdopted }: { readonly isAdopted: boolean },
  ): Promise<RunResult> {
    if (this.outcome) {
      this.begun.push({ run, job, context, isAdopted, end: async () => undefined });
      return Promise.resolve({ outcome: this.outcome });
    }
    return new Promise((resolve) => {
      const key = `${run.id}/${run.attempt}`;
      const begun: Begun = {
        run,
        job,
        context,
        isAdopted,
        end: async (result) => {
          this.underWay.delete(key);
          resolve({ outcome: 'SUCCESS', ...result });
          await quiet();
        },
      };
      this.begun.push(begun);
      this.underWay.set(key, begun);
    });
  }
}
