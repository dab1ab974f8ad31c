import { errorCode } from '../../conf/error-code.ts';
import type { ProcessSettings } from '../../conf/settings.ts';
import { type Birth, exactStart } from './birth.ts';
import type { Cgroup } from './cgroup.ts';
import type { EnvironmentContext } from './child-environment.ts';
import { descendantsOf, listsChildren } from './descendants.ts';
import { fifoPath } from './fifo.ts';
import type { KillResult } from './host.ts';
import { type ProcessIdentity, type ProcessRow, readProcess } from './process-stat.ts';
import { ProcessTable } from './process-table.ts';
import { membersOf, type ProgramMarks } from './process-tree.ts';
import type { ProcessTrees } from './process-trees.ts';
import { type ProcessSet, TreeStop } from './tree-stop.ts';

/** What of all this a program tells its processes. */
export interface TreeContext extends Pick<EnvironmentContext, 'serverUrl'> {
  readonly trees: ProcessTrees;
}

/** How old the table may be by which it is noted what a stop may leave behind: in milliseconds, and in readings. */
const maxAgeMs = 50;
const maxAgeReadings = 20;
/** How many processes of earlier lives are remembered, whose groups may live on. */
const mostEarlier = 64;
/** Of a child that could not be looked at, or is not there any more; no process has it. */
const unknownStart = -1;

/** All processes of one configured process: its child, and what comes of that. */
export class ChildTree implements ProcessSet {
  readonly #settings: ProcessSettings;
  readonly #context: TreeContext;
  readonly #cgroup: Cgroup | undefined;
  readonly #stop: TreeStop | undefined;
  /** Processes that were seen to come of the present child or the last one, itself among them. */
  #seen: readonly ProcessIdentity[] = [];
  /** The same of children before. */
  #earlier: readonly ProcessIdentity[] = [];
  /** Until it has been reaped. */
  #child: ProcessIdentity | undefined;
  /** The child, and so all that comes of it, is in the control group. */
  #isInCgroup = false;

  constructor(settings: ProcessSettings, context: TreeContext) {
    const { trees } = context;
    const { name, killmode } = settings;
    this.#settings = settings;
    this.#context = context;
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

  get #trees(): ProcessTrees {
    return this.#context.trees;
  }

  /** Made when it is needed, as most programs seldom do. */
  get #marks(): ProgramMarks {
    return marksOf(this.#settings, this.#context);
  }

  /** Calls `start`, which spawns the child, so that it begins its life where its kind belongs. */
  spawn<T>(start: () => T): T {
    if (!this.#enterCgroup()) return start();
    try {
      return start();
    } finally {
      this.#leaveCgroup();
    }
  }

  /** The child is there. One that an earlier daemon has started may have been reaped, and its pid be another's now. */
  started(pid: number, birth?: Birth): void {
    const { name, group } = this.#settings;
    if (this.#stop !== undefined) {
      this.#earlier = [...this.#earlier, ...this.#seen].slice(-mostEarlier);
    }
    this.#child = { pid, start: unknownStart };
    try {
      this.#isInCgroup = this.#cgroup?.pids().includes(pid) ?? false;
      const exact = birth && exactStart(birth);
      this.#child = { pid, start: exact ?? readProcess(pid, birth)?.start ?? unknownStart };
    } catch (error) {
      this.#trees.log('warn', `cannot look for processes of '${name}': ${errorCode(error)}`);
    }
    this.#seen = [this.#child];
    this.#trees.add({ ...this.#child, name, group });
  }

  /** Sends a signal that is to end the child, and with `tree` all that comes of it. */
  kill(pid: number, signal: number, to: 'process' | 'group' | 'tree'): KillResult {
    if (to === 'tree' && this.#stop !== undefined) {
      const signalled = this.#child && this.#trees.signalChild(pid, signal, 'process');
      if (signalled?.type === 'failed') return signalled;
      return this.#stop.send(signal, this.#child?.pid) === 'sent'
        ? { type: 'sent' }
        : (signalled ?? { type: 'gone' });
    }
    this.#noteMembers();
    return this.#trees.signalChild(pid, signal, to === 'process' ? 'process' : 'group');
  }

  /** The child has been reaped. What it leaves is named, unless it is being stopped too. */
  ended(): void {
    if (this.#child === undefined) return;
    this.#trees.delete(this.#child);
    this.#child = undefined;
    if (this.#stop?.isUnderWay === true) return;
    if (this.#isInCgroup) this.#noteMembers();
    const { name, group } = this.#settings;
    this.#trees.survivors.ended({ name, group, roots: this.#seen, marks: this.#marks });
  }

  /** Calls `gone` once, when nothing of the program is alive any more; the child has ended already. */
  onceGone(gone: () => void): void {
    this.#stop?.onceGone(gone);
  }

  /** Leaves the child, and what has come of it, to the next daemon. */
  leave(): void {
    this.#stop?.dispose();
  }

  /** Leaves alone what there still is. */
  dispose(): void {
    this.#stop?.dispose();
    this.#cgroup?.remove();
  }

  members(table: ProcessTable): readonly ProcessRow[] {
    const members = this.#isInCgroup ? this.#inCgroup() : this.#inTree(table);
    this.#see(members);
    return members;
  }

  killAll(): boolean {
    return this.#isInCgroup && this.#cgroup?.kill() === true;
  }

  /** Remembers who is there now, to name those that live on. */
  #noteMembers(): void {
    try {
      if (this.#isInCgroup) this.#see(this.#inCgroup());
      else if (listsChildren()) this.#see(descendantsOf(this.#seen));
      else this.#noteInTable();
    } catch {
      // Those that nobody can see now are not named, that is all.
    }
  }

  #noteInTable(): void {
    const { tables } = this.#trees;
    const table = tables.recent(Math.max(maxAgeMs, maxAgeReadings * tables.cost));
    if (table instanceof ProcessTable) this.members(table);
  }

  #see(processes: readonly ProcessIdentity[]): void {
    const seen = new Map(this.#seen.map((identity) => [identity.pid, identity]));
    for (const { pid, start } of processes) seen.set(pid, { pid, start });
    this.#seen = [...seen.values()];
  }

  #inTree(table: ProcessTable): readonly ProcessRow[] {
    const orphans = this.#trees.orphans(table, this.#marks);
    const roots = [...this.#earlier, ...this.#seen];
    const isForeign = (pid: number): boolean => pid !== this.#child?.pid && this.#trees.isChild(pid);
    return membersOf(table, { roots, orphans }, isForeign);
  }

  #inCgroup(): readonly ProcessRow[] {
    const pids = this.#cgroup?.pids() ?? [];
    return pids.map((pid) => readProcess(pid)).filter((row) => row !== undefined);
  }

  /** Whether the daemon is in the control group now. */
  #enterCgroup(): boolean {
    if (this.#cgroup === undefined) return false;
    try {
      this.#cgroup.enter();
      return true;
    } catch (error) {
      const { name } = this.#settings;
      this.#trees.log('warn', `'${name}' has no control group this time: ${errorCode(error)}`);
      return false;
    }
  }

  #leaveCgroup(): void {
    try {
      this.#cgroup?.leave();
    } catch (error) {
      const { name } = this.#settings;
      // It is not killed with the others there: see `Cgroup.kill`.
      this.#trees.log('error', `cannot leave the control group of '${name}': ${errorCode(error)}`);
    }
  }
}

/** What every process of a program was started with, and no process of another one. */
function marksOf(settings: ProcessSettings, { trees, serverUrl }: TreeContext): ProgramMarks {
  const { name, group, environment, serverurl = serverUrl } = settings;
  const streams = ['stdin', 'stdout', 'stderr'] as const;
  const files = streams.map((stream) => fifoPath(trees.runtimeDirectory, settings, stream));
  const marks = new Map([
    ['SUPERVISOR_PROCESS_NAME', name],
    ['SUPERVISOR_GROUP_NAME', group],
    // Another daemon may have a program of the same name.
    ['SUPERVISOR_SERVER_URL', serverurl ?? ''],
  ]);
  const isTelling = [...marks].every(([mark, value]) => value !== '' && !environment.has(mark));
  return { files, environment: isTelling ? [...marks].map(([mark, value]) => `${mark}=${value}`) : [] };
}
