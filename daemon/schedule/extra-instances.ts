/**
 * Processes for runs that are forced while all that the schedule has are in use. They are there for one run: from its
 * start until its outcome is on record, since until then the next daemon would have to ask them for it.
 */
import { byExtraInstance } from '../../conf/extra-instances.ts';
import type { Run } from '../../schedule/run.ts';
import { autoLogsOf } from '../log/auto-logs.ts';
import type { ProcessGroup, SupervisedProcess, SupervisorControl } from '../process/control.ts';
import { isFor } from '../process/occasion.ts';
import { removeLogs } from './run-logs.ts';

/** Most of them at a time for one schedule. Whoever wants more of them does not know what he is doing. */
export const mostExtraInstances = 100;

export interface ExtraInstancesOptions {
  readonly supervisor: SupervisorControl;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

export class ExtraInstances {
  readonly #options: ExtraInstancesOptions;
  /** Those that were made here, rather than left by an earlier daemon. */
  readonly #own = new WeakSet<SupervisedProcess>();

  constructor(options: ExtraInstancesOptions) {
    this.#options = options;
  }

  /**
   * Makes the processes of one more run.
   *
   * @returns `undefined`: not now, as the group changes or the daemon shuts down
   * @throws {Error} there are too many, or the system refuses what they need
   */
  add(group: ProcessGroup): readonly SupervisedProcess[] | undefined {
    const { name } = group.settings;
    if (byExtraInstance(group.processes.values()).size >= mostExtraInstances) throw new Error(tooMany(name));
    const processes = this.#options.supervisor.addInstance(name);
    for (const process of processes ?? []) this.#own.add(process);
    return processes;
  }

  /** Takes leave of processes that were never started. */
  discard(processes: readonly SupervisedProcess[]): void {
    this.#options.supervisor.removeInstance(processes);
    const logs = processes.flatMap(({ settings, child }) =>
      Object.values(autoLogsOf(settings, child.logfiles)),
    );
    removeLogs(logs, (log, code) =>
      this.#options.log('warn', `cannot remove log '${log}' of a run that was not started: ${code}`),
    );
  }

  /** The outcome of a run is on record: what was there for it alone can go. */
  noteEnd(run: Run): void {
    const group = this.#options.supervisor.groups.get(run.jobId);
    for (const processes of byExtraInstance(group?.processes.values() ?? []).values()) {
      if (processes.some(({ occasion }) => isFor(occasion, run))) void this.#removeOnceEnded(processes);
    }
  }

  /**
   * Takes leave of what an earlier daemon has left for runs that are no longer under way, or that nobody knows of.
   *
   * @param runs that are under way
   */
  sweep(runs: readonly Run[]): void {
    for (const { processes } of this.#options.supervisor.groups.values()) {
      for (const instance of byExtraInstance(processes.values()).values()) {
        const isOf = (run: Run) => instance.some(({ occasion }) => isFor(occasion, run));
        if (instance.some((process) => this.#own.has(process)) || runs.some(isOf)) continue;
        void this.#removeOnceEnded(instance);
      }
    }
  }

  async #removeOnceEnded(processes: readonly SupervisedProcess[]): Promise<void> {
    const { supervisor } = this.#options;
    const ends = await Promise.all(processes.map((process) => supervisor.awaitEnd(process)));
    // What is left to another daemon is there for that one to remove.
    if (ends.every(({ type }) => type !== 'left')) supervisor.removeInstance(processes);
  }
}

/** Why a run is refused for which there would have to be one more. */
export function tooMany(schedule: string): string {
  return `${mostExtraInstances} runs of schedule ${schedule} are under way beyond its max_instances`;
}
