/**
 * When the daemon ends by itself, and with which exit status. Only what processes do by themselves counts: an
 * operator who stops the last one may be about to start it again.
 */
import type { ProcessName, ProcessSettings, SupervisordSettings } from '../../conf/settings.ts';
import type { GroupEntry, ProcessEntry } from './entry.ts';
import { isToAutostart } from './starting.ts';
import { hasEnded, type Process } from './state.ts';
import { exitStatusOf, isEssential, isExpected } from './verdict.ts';

export type EndingSettings = Pick<SupervisordSettings, 'exit_when_done' | 'exit_code_from'>;

export interface EndingDependencies {
  readonly settings: EndingSettings;
  /** False while the daemon shuts down: then it has been decided already. */
  readonly mayDecide: () => boolean;
}

interface Verdict {
  /** As the log says it. */
  readonly reason: string;
  readonly exitStatus: number;
}

export class Ending {
  readonly #settings: EndingSettings;
  readonly #mayDecide: () => boolean;
  #verdict: Verdict | undefined;
  /** Exit status of the process that `exit_code_from` names, once it has ended. */
  #statusOfNamed: number | undefined;
  /** Whether the process that ended last did so by itself. */
  #wasOwnEnd = false;
  /** Processes that ended by themselves, and not well, in that order. */
  #failed: readonly ProcessEntry[] = [];

  constructor({ settings, mayDecide }: EndingDependencies) {
    this.#settings = settings;
    this.#mayDecide = mayDecide;
  }

  /**
   * The exit status that the daemon ends with: of the process that `exit_code_from` names if it has ever ended, else of
   * the one that the daemon ends for, else 0.
   */
  get exitStatus(): number {
    return this.#statusOfNamed ?? this.#verdict?.exitStatus ?? 0;
  }

  /** Whether the daemon ends, or has ended, by itself. */
  get hasDecided(): boolean {
    return this.#verdict !== undefined;
  }

  /** Takes note of what has ended under an earlier daemon, in the same order. */
  recover(groups: Iterable<GroupEntry>): void {
    const started = [...groups]
      .flatMap((group) => [...group.processes.values()])
      .filter(({ process }) => process.history.start !== 0);
    started.sort((one, other) => one.process.history.stop - other.process.history.stop);
    for (const entry of started) this.note(entry);
  }

  /** Takes note of a process that has come into another state, and will not leave it at once. */
  note(entry: ProcessEntry): void {
    const { process, settings } = entry;
    if (!hasEnded(process)) return;
    if (isNamed(settings, this.#settings.exit_code_from)) this.#statusOfNamed = exitStatusOf(process);
    if (!this.#mayDecide()) return;
    const reason = reasonToEnd(process, settings);
    if (reason !== undefined) this.#verdict ??= { reason, exitStatus: exitStatusOf(process) };
    if (this.#settings.exit_when_done && isWork(entry.group)) this.#noteWork(entry);
  }

  /** Why the daemon is to end now; `undefined`: it is not. */
  decide(groups: Iterable<GroupEntry>): string | undefined {
    if (!this.#mayDecide()) return undefined;
    if (this.#verdict === undefined && this.#wasOwnEnd && Iterator.from(groups).every(isDone)) {
      const [first] = this.#failed;
      const exitStatus = first === undefined ? 0 : exitStatusOf(first.process);
      this.#verdict = { reason: 'all processes have ended (exit_when_done=true)', exitStatus };
    }
    return this.#verdict?.reason;
  }

  #noteWork(entry: ProcessEntry): void {
    const { process, settings } = entry;
    this.#wasOwnEnd = process.state !== 'STOPPED';
    this.#failed = this.#failed.filter((other) => other !== entry && !other.removed);
    if (isFailure(process, settings)) this.#failed = [...this.#failed, entry];
  }
}

function isFailure({ state, history }: Process, settings: ProcessSettings): boolean {
  return state === 'FATAL' || (state === 'EXITED' && !isExpected(history, settings));
}

function isNamed(process: ProcessName, name: ProcessName | undefined): boolean {
  return process.group === name?.group && process.name === name.name;
}

function reasonToEnd({ state, history }: Process, settings: ProcessSettings): string | undefined {
  const { name, on_exit, on_fatal } = settings;
  if (state === 'EXITED' && isEssential(history, settings)) return `'${name}' exited (on_exit=${on_exit})`;
  if (state === 'FATAL' && on_fatal === 'shutdown')
    return `'${name}' entered FATAL state (on_fatal=shutdown)`;
  return undefined;
}

/** A listener never has its work done, so it keeps nothing going; nor does a run of a schedule end anything. */
function isWork({ settings }: GroupEntry): boolean {
  return settings.type !== 'eventlistener' && settings.type !== 'schedule';
}

/** Whether nothing of a group runs, and nothing will unless somebody asks for it. */
function isDone(group: GroupEntry): boolean {
  const { type, schedules } = group.settings;
  // What is to be started some day is not done.
  if (schedules !== undefined && schedules.length > 0) return false;
  if (type === 'eventlistener') return true;
  if (group.unstopped > 0) return false;
  return [...group.processes.values()].every(
    ({ process, settings }) => hasEnded(process) && !isToAutostart(process, settings),
  );
}
