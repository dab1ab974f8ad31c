import type { ScheduleSettings } from '../../conf/schedule-settings.ts';
import type { Executor, RunContext, RunResult } from '../../schedule/executor.ts';
import type { Job } from '../../schedule/job.ts';
import type { Run } from '../../schedule/run.ts';
import type { SupervisorControl } from '../process/control.ts';
import type { Occasion } from '../process/occasion.ts';
import { act } from './actions.ts';
import type { ExtraInstances } from './extra-instances.ts';
import { ProcessRuns } from './process-runs.ts';

export interface SupervisorExecutorOptions {
  readonly supervisor: SupervisorControl;
  readonly extraInstances: ExtraInstances;
  /** The schedule of a job, with its processes in active groups; `undefined`: there is none here. */
  readonly scheduleOf: (job: Job) => Promise<ScheduleSettings | undefined>;
  readonly occasionOf: (run: Run, job: Job) => Promise<Occasion>;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

/** Does what schedules ask for, through the supervisor. */
export class SupervisorExecutor implements Executor {
  readonly #options: SupervisorExecutorOptions;
  readonly #processRuns: ProcessRuns;

  constructor(options: SupervisorExecutorOptions) {
    this.#options = options;
    this.#processRuns = new ProcessRuns(options);
  }

  async run(run: Run, job: Job, context: RunContext): Promise<RunResult> {
    try {
      const { scheduleOf, occasionOf, supervisor } = this.#options;
      const schedule = await scheduleOf(job);
      if (schedule === undefined) {
        return { outcome: 'SPAWN_ERROR', error: 'its configuration cannot be used: see the activity log' };
      }
      const { action } = schedule;
      if (action.type === 'run') {
        return await this.#processRuns.run(run, await occasionOf(run, job), context);
      }
      await context.started();
      return await Promise.race([act(supervisor, action), cancelled(context.abortSignal)]);
    } catch (error) {
      return { outcome: 'FAILED', error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Of an action nobody knows how far it came. */
  adopt(run: Run, _: Job | undefined, context: RunContext): Promise<RunResult> | undefined {
    return this.#processRuns.adopt(run, context);
  }
}

/** An action that takes too long is not undone, but nobody waits for it. */
function cancelled(abortSignal: AbortSignal): Promise<RunResult> {
  return new Promise((resolve) => {
    const end = (): void => resolve({ outcome: 'CANCELLED' });
    if (abortSignal.aborted) end();
    else abortSignal.addEventListener('abort', end, { once: true });
  });
}
