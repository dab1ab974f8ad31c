/** The active groups, and what comes and goes with their processes. */
import { extraInstance } from '../../conf/extra-instances.ts';
import type { GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import type { Host } from '../host/host.ts';
import type { ProcessSchedule } from '../schedule/status.ts';
import type { Activity } from './activity.ts';
import type { Deadlines } from './deadlines.ts';
import { type EntrySurroundings, GroupEntry, ProcessEntry } from './entry.ts';
import type { StateRecorder } from './recovery.ts';
import type { Runner, Wake } from './runner.ts';
import { pidOf } from './state.ts';

export interface GroupsDependencies {
  readonly host: Host;
  readonly activity: Activity;
  readonly deadlines: Deadlines<Wake>;
  readonly runner: Runner;
  readonly recorder: StateRecorder;
  /** Where the schedule stands that starts a process; `undefined`: none does. */
  readonly scheduleOf: (process: ProcessSettings) => ProcessSchedule | undefined;
}

export class Groups {
  readonly #dependencies: GroupsDependencies;
  readonly #byName = new Map<string, GroupEntry>();
  #byPriority: readonly GroupEntry[] | undefined;

  constructor(dependencies: GroupsDependencies) {
    this.#dependencies = dependencies;
  }

  get byName(): ReadonlyMap<string, GroupEntry> {
    return this.#byName;
  }

  /** In start order: ascending by priority, equal ones in the order they were added. */
  byPriority(): readonly GroupEntry[] {
    this.#byPriority ??= [...this.#byName.values()].sort(
      (one, other) => one.settings.priority - other.settings.priority,
    );
    return this.#byPriority;
  }

  /** The settings of a group have been replaced. */
  settingsChanged(): void {
    this.#byPriority = undefined;
  }

  /** @throws {Error} if the name is taken, or if the system refuses what a process needs */
  activate(settings: GroupSettings): GroupEntry {
    const { name } = settings;
    if (this.#byName.has(name)) throw new Error(`Cannot add group "${name}": it is active already`);
    const group = new GroupEntry(settings);
    group.become(settings, [...this.prepare(settings.processes, group).values()]);
    this.#byName.set(name, group);
    this.settingsChanged();
    this.#dependencies.recorder.groupAdded(name);
    this.#dependencies.activity.emit({ type: 'PROCESS_GROUP_ADDED', groupname: name });
    return group;
  }

  /** Takes a group out of the active ones. Its processes are yet to be retired. */
  delete(name: string): void {
    this.#byName.delete(name);
    this.#dependencies.recorder.groupRemoved(name);
    this.settingsChanged();
  }

  /**
   * Adds processes for a run beyond those that a schedule has processes for.
   *
   * @param number of the extra instance
   * @throws {Error} if the system refuses what a process needs
   */
  addInstance(group: GroupEntry, number: number): readonly ProcessEntry[] {
    const entries = this.prepare(extraInstance(group.settings, number), group);
    for (const [name, entry] of entries) group.processes.set(name, entry);
    return [...entries.values()];
  }

  /** Takes a process of an extra instance out of its group. */
  remove(entry: ProcessEntry): void {
    entry.group.processes.delete(entry.settings.name);
    this.retire(entry);
  }

  /** Makes entries for processes of a group, by name: for all of them, or with an exception for none. */
  prepare(processes: readonly ProcessSettings[], group: GroupEntry): Map<string, ProcessEntry> {
    const { host, runner, scheduleOf } = this.#dependencies;
    const surroundings: EntrySurroundings = { group, clock: host.clock, scheduleOf };
    const entries = new Map<string, ProcessEntry>();
    try {
      for (const process of processes) {
        const child = host.prepareChild(process);
        entries.set(process.name, new ProcessEntry(process, child, surroundings));
      }
    } catch (error) {
      for (const entry of entries.values()) runner.dispose(entry);
      throw error;
    }
    return entries;
  }

  /** Takes leave of a process in a stopped state, and maybe has another one of its name take its place. */
  retire(entry: ProcessEntry, successor?: ProcessEntry): void {
    const { deadlines, recorder, runner } = this.#dependencies;
    entry.removed = true;
    recorder.retired(entry);
    entry.settleWaiters();
    entry.dropWaiters();
    deadlines.set(entry.tick, undefined);
    deadlines.set(entry.stopReport, undefined);
    // The child of an UNKNOWN process may live on: what it needs is closed when it is reaped.
    if (pidOf(entry.process) === 0) runner.dispose(entry, successor);
  }
}
