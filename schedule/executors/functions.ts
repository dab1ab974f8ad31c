import { AsyncLocalStorage } from 'node:async_hooks';
import type { Executor, ExecutorContext, RunContext, RunResult } from '../executor.ts';
import type { Job } from '../job.ts';
import type { Json } from '../json.ts';
import { messageOf } from '../logger.ts';
import type { Run } from '../run.ts';

/** What a function can know about the run that it is. */
export interface CurrentRun {
  readonly run: Run;
  readonly job: Job;
  /** Aborted when the run is to end: see {@link RunContext.abortSignal}. */
  readonly abortSignal: AbortSignal;
}

const current = new AsyncLocalStorage<CurrentRun>();

/** The run that the calling function is, also after an `await`; `undefined` outside of one. */
export function currentRun(): CurrentRun | undefined {
  return current.getStore();
}

/** Calls functions, in this program. A function that does not look at its abort signal cannot be ended. */
export class FunctionExecutor implements Executor {
  #context: ExecutorContext | undefined;

  start(context: ExecutorContext): void {
    this.#context = context;
  }

  async run(run: Run, job: Job, { abortSignal, started }: RunContext): Promise<RunResult> {
    const fn = this.#context?.functionOf(job);
    if (fn === undefined) {
      return { outcome: 'SPAWN_ERROR', error: `No function by the name "${job.func}" was registered` };
    }
    void started();
    try {
      const value = await current.run({ run, job, abortSignal }, () => fn(...job.args));
      return { outcome: 'SUCCESS', returnValue: storable(value) };
    } catch (error) {
      return { outcome: 'FAILED', error: messageOf(error), exception: error };
    }
  }
}

/** What a job store can keep of a value; `undefined` for what JSON knows nothing of. */
function storable(value: unknown): Json | undefined {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
