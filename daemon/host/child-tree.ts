import { errorCode } from '../../conf/error-code.ts';
import type { ProcessSettings } from '../../conf/settings.ts';
import type { Cgroup } from './cgroup.ts';
import type { EnvironmentContext } from './child-environment.ts';
import { fifoPath } from './fifo.ts';
import type { KillResult } from './host.ts';
import { type ProcessIdentity, type ProcessRow, type ProcessTable, readProcess } from './process-table.ts';
import { membersOf, type ProgramMarks } from './process-tree.ts';
import type { ProcessTrees } from './process-trees.ts';
import { sendSignal } from './signalling.ts';
import { type ProcessSet, TreeStop } from './tree-stop.ts';

/** What of all this a program tells its processes. */
export interface TreeContext extends Pick<EnvironmentContext, 'serverUrl'> {
  readonly runtimeDirectory: string;
  readonly trees: ProcessTrees;
}

/** How old the table may be by which it is noted what a stop may leave behind: in milliseconds, and in readings. */
const maxAgeMs = 50;
const maxAgeReadings = 20;
/** How many processes of earlier lives are remembered, whose groups may live on. */
const mostRemembered = 64;

/** All processes of one configured process: its child, and what comes of that. */
export class ChildTree implements ProcessSet {
  readonly #settings: ProcessSettings;
  readonly #trees: ProcessTrees;
  readonly #marks: ProgramMarks;
  readonly #cgroup: Cgroup | undefined;
  readonly #stop: TreeStop | undefined;
  /** Processes that were seen to belong to it, the present child among them. */
  #seen = new Map<number, ProcessIdentity>();
  #child: ProcessIdentity | undefined;
  /** The present child, and so all that comes of it, is in the control group. */
  #isInCgroup = false;

  constructor(settings: ProcessSettings, context: TreeContext) {
    const { trees } = context;
    const { name, killmode } = settings;
    this.#settings = settings;
    this.#trees = trees;
    this.#marks = marksOf(settings, context);
    this.#cgroup = killmode === 'cgroup' ? trees.cgroupOf(settings) : undefined;
    if (killmode === 'tree' || killmode === 'cgroup') {
      const { tables, epoll } = trees;
      this.#stop = new TreeStop({
        name,
        set: this,
        tables,
        epoll,
        log: (level, text) => trees.log(level, text),
      });
    }
  }

  /** Calls `start`, which spawns the child, so that it begins its life where its kind belongs. */
  spawn<T>(start: () => T): T {
    if (this.#cgroup === undefined) return start();
    const { name } = this.#settings;
    const onStuck = (reason: string): void =>
      this.#trees.log('error', `cannot leave the control group of '${name}': ${reason}`);
    let isStarted = false;
    const startOnce = (): T => {
      isStarted = true;
      return start();
    };
    try {
      return this.#cgroup.startInside(startOnce, onStuck);
    } catch (error) {
      if (isStarted) throw error;
      this.#trees.log('warn', `'${name}' is not in a control group of its own: ${errorCode(error)}`);
      return start();
    }
  }

  /** The child is there, and has not been reaped. */
  started(pid: number): void {
    const row = readProcess(pid);
    if (row === undefined) return;
    const { name, group } = this.#settings;
    const { start } = row;
    this.#child = { pid, start };
    this.#isInCgroup = this.#cgroup?.pids().includes(pid) ?? false;
    if (this.#stop === undefined) this.#seen.clear();
    this.#remember([this.#child]);
    this.#trees.add({ pid, start, name, group });
  }

  /** Sends a signal that is to end the child, and with `tree` all that comes of it. */
  kill(pid: number, signal: number, to: 'process' | 'group' | 'tree'): KillResult {
    if (to === 'tree' && this.#stop !== undefined) return this.#stop.send(signal, pid);
    const { tables } = this.#trees;
    this.members(tables.recent(Math.max(maxAgeMs, maxAgeReadings * tables.cost)));
    return sendSignal(pid, signal, to === 'process' ? 'process' : 'group');
  }

  /** The child has been reaped. What it leaves is named, unless it is being stopped too. */
  ended(): void {
    if (this.#child === undefined) return;
    this.#trees.delete(this.#child);
    this.#child = undefined;
    if (this.#stop?.isUnderWay === true) return;
    if (this.#isInCgroup) this.#remember(this.#inCgroup());
    const { name, group } = this.#settings;
    this.#trees.survivors.ended({ name, group, roots: this.#seen.values(), marks: this.#marks });
  }

  /** Calls `gone` once, when nothing of the program is alive any more; the child has ended already. */
  onceGone(gone: () => void): void {
    this.#stop?.onceGone(gone);
  }

  /** Leaves alone what there still is. */
  dispose(): void {
    this.#stop?.dispose();
    this.#cgroup?.remove();
  }

  members(table: ProcessTable): readonly ProcessRow[] {
    const members = this.#isInCgroup ? this.#inCgroup() : this.#inTree(table);
    this.#remember(members);
    return members.toSorted((one, other) => this.#rank(one) - this.#rank(other));
  }

  killAll(): boolean {
    return this.#isInCgroup && this.#cgroup?.kill() === true;
  }

  #inTree(table: ProcessTable): readonly ProcessRow[] {
    const orphans = this.#trees.orphans(table, this.#marks);
    const isForeign = (pid: number): boolean => pid !== this.#child?.pid && this.#trees.isChild(pid);
    return membersOf(table, { roots: this.#seen.values(), orphans }, isForeign);
  }

  #inCgroup(): readonly ProcessRow[] {
    const pids = this.#cgroup?.pids() ?? [];
    return pids.map(readProcess).filter((row) => row !== undefined);
  }

  /** The child first: it may have something to say to the others. */
  #rank({ pid }: ProcessRow): number {
    return pid === this.#child?.pid ? 0 : 1;
  }

  #remember(processes: Iterable<ProcessIdentity>): void {
    for (const { pid, start } of processes) {
      // To the end of the map, which is in the order of insertion.
      this.#seen.delete(pid);
      this.#seen.set(pid, { pid, start });
    }
    for (const pid of this.#seen.keys()) {
      if (this.#seen.size <= mostRemembered) break;
      if (pid !== this.#child?.pid) this.#seen.delete(pid);
    }
  }
}

/** What every process of a program was started with, and no process of another one. */
function marksOf(settings: ProcessSettings, { runtimeDirectory, serverUrl }: TreeContext): ProgramMarks {
  const { name, group, environment, serverurl = serverUrl } = settings;
  const streams = ['stdin', 'stdout', 'stderr'] as const;
  const files = streams.map((stream) => fifoPath(runtimeDirectory, settings, stream));
  const marks = new Map([
    ['SUPERVISOR_PROCESS_NAME', name],
    ['SUPERVISOR_GROUP_NAME', group],
    // Another daemon may have a program of the same name.
    ['SUPERVISOR_SERVER_URL', serverurl ?? ''],
  ]);
  const isTelling = [...marks].every(([mark, value]) => value !== '' && !environment.has(mark));
  return { files, environment: isTelling ? [...marks].map(([mark, value]) => `${mark}=${value}`) : [] };
}
