/**
 * Runs that are processes: the scheduler's wishes on one side, the supervisor on the other. Each run has the processes
 * of one instance in the group that has the name of the schedule; what becomes of them is what becomes of the run. A
 * run that is forced while all instances are in use gets one more, for itself alone.
 */
import { stoppedStates } from '../../rpc/process-states.ts';
import type { RunContext, RunResult } from '../../schedule/executor.ts';
import type { Run } from '../../schedule/run.ts';
import { autoLogsOf } from '../log/auto-logs.ts';
import type { ProcessGroup, SupervisedProcess, SupervisorControl } from '../process/control.ts';
import { isFor, type Occasion } from '../process/occasion.ts';
import type { ExtraInstances } from './extra-instances.ts';
import { messageOf } from './roster.ts';
import { isForced, presentRunData, storedRunData } from './run-data.ts';
import { combinedResult, resultOf } from './run-result.ts';

export interface ProcessRunsOptions {
  readonly supervisor: SupervisorControl;
  readonly extraInstances: ExtraInstances;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

export class ProcessRuns {
  readonly #options: ProcessRunsOptions;
  /** Processes that belong to a run which is under way. */
  readonly #taken = new Set<SupervisedProcess>();

  constructor(options: ProcessRunsOptions) {
    this.#options = options;
  }

  /** @param occasion what the processes of the run are told */
  async run(run: Run, occasion: Occasion, context: RunContext): Promise<RunResult> {
    const { supervisor } = this.#options;
    const group = supervisor.groups.get(run.jobId);
    if (group === undefined) return { outcome: 'SPAWN_ERROR', error: `no group ${run.jobId} is active` };
    const free = this.#freeInstance(group);
    if (free !== undefined) return await this.#runIn(free, run, occasion, context);
    if (!isForced(run)) return { outcome: 'SPAWN_ERROR', error: 'all its processes are in use' };
    let extra: readonly SupervisedProcess[] | undefined;
    try {
      extra = this.#options.extraInstances.add(group);
    } catch (error) {
      return { outcome: 'SPAWN_ERROR', error: messageOf(error) };
    }
    if (extra === undefined) return notNow;
    try {
      return await this.#runIn(extra, run, occasion, context);
    } finally {
      // What was started goes when its end is on record.
      if (extra.every(({ occasion }) => occasion === undefined)) this.#options.extraInstances.discard(extra);
    }
  }

  /** Goes on with the processes that an earlier daemon has started for a run; `undefined`: there are none. */
  adopt(run: Run, context: RunContext): Promise<RunResult> | undefined {
    const group = this.#options.supervisor.groups.get(run.jobId);
    if (group === undefined) return undefined;
    const own = [...group.processes.values()].filter(({ occasion }) => isFor(occasion, run));
    // Written down, and the daemon was killed before there was a child.
    const begun = own.filter(({ occasion }) => occasion?.isBegun === true);
    if (begun.length === 0) return undefined;
    return this.#with(begun, () => this.#follow(run, begun, context));
  }

  async #runIn(
    processes: readonly SupervisedProcess[],
    run: Run,
    occasion: Occasion,
    context: RunContext,
  ): Promise<RunResult> {
    const { supervisor } = this.#options;
    return await this.#with(processes, async () => {
      const start = (process: SupervisedProcess) => supervisor.start(process, { until: 'spawned', occasion });
      const outcomes = await Promise.all(processes.map(start));
      const begun = processes.filter((process) => isFor(process.occasion, run));
      if (begun.length > 0) return await this.#follow(run, begun, context);
      if (outcomes.some(({ type }) => type === 'abnormal-termination')) return notNow;
      return { outcome: 'SPAWN_ERROR', error: 'it cannot be started' };
    });
  }

  /** From the start of a run, or from where it is now, to its end. */
  async #follow(
    run: Run,
    processes: readonly SupervisedProcess[],
    { abortSignal, started }: RunContext,
  ): Promise<RunResult> {
    const { supervisor, log } = this.#options;
    const stop = (): void => {
      for (const process of processes) void supervisor.stop(process, { until: 'stopped' });
    };
    if (abortSignal.aborted) stop();
    else abortSignal.addEventListener('abort', stop, { once: true });
    try {
      const ends = Promise.all(processes.map((process) => supervisor.awaitEnd(process)));
      const pids = new Map(processes.map((process) => [process.settings.name, process.view().pid]));
      const ownLogs = ownLogsOf(processes);
      const present = () => storedRunData(presentRunData(processes, pids, ownLogs), run);
      await started(present());
      const outcomes = await ends;
      // Another daemon will see how it ends.
      if (outcomes.some(({ type }) => type === 'left')) return await new Promise(() => undefined);
      const results = processes.map((process, index) => resultOf(process, outcomes[index]));
      const result = combinedResult(results);
      if (result.outcome === 'CANCELLED' && !abortSignal.aborted) {
        log(
          'info',
          `run ${run.id} of schedule '${run.jobId}' was stopped; the schedule is not paused by that`,
        );
      }
      return { ...result, data: present() };
    } finally {
      abortSignal.removeEventListener('abort', stop);
    }
  }

  /** Keeps others from the processes meanwhile. */
  async #with<T>(processes: readonly SupervisedProcess[], action: () => Promise<T>): Promise<T> {
    for (const process of processes) this.#taken.add(process);
    try {
      return await action();
    } finally {
      for (const process of processes) this.#taken.delete(process);
    }
  }

  #freeInstance(group: ProcessGroup): readonly SupervisedProcess[] | undefined {
    if (group.settings.type !== 'schedule') return undefined;
    const { instances, processesPerRun } = group.settings;
    const all = [...group.processes.values()].filter(
      ({ settings: { extraInstance } }) => extraInstance === undefined,
    );
    for (let instance = 0; instance < instances; instance += 1) {
      const first = instance * processesPerRun;
      const processes = all.slice(first, first + processesPerRun);
      if (processes.length > 0 && processes.every((process) => this.#isFree(process))) return processes;
    }
    return undefined;
  }

  #isFree(process: SupervisedProcess): boolean {
    const { state } = process.view();
    return !this.#taken.has(process) && stoppedStates.has(state) && state !== 'UNKNOWN';
  }
}

const notNow: RunResult = {
  outcome: 'CANCELLED',
  error: 'supervisord shuts down, or the group changes',
};

/** Logs that no other run writes to. */
function ownLogsOf(processes: readonly SupervisedProcess[]): readonly string[] {
  const logs = processes.flatMap((process) => {
    const { settings, child } = process;
    const own = namedLogsOf(process);
    const isExtra = settings.extraInstance !== undefined;
    return isExtra ? [...own, ...Object.values(autoLogsOf(settings, child.logfiles))] : own;
  });
  return [...new Set(logs)];
}

/** Logs that have the id of the run in their names. */
function namedLogsOf({ settings: { stdout, stderr }, occasion }: SupervisedProcess): readonly string[] {
  return (['stdout', 'stderr'] as const).flatMap((channel) => {
    const { logfile } = channel === 'stdout' ? stdout : stderr;
    const isOwn = logfile.type === 'file' && logfile.path.includes('%(run_id)s');
    const path = occasion?.output[channel]?.from.path;
    return isOwn && path !== undefined ? [path] : [];
  });
}
