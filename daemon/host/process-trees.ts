import { errorCode } from '../../conf/error-code.ts';
import type { LogLevel } from '../../conf/settings.ts';
import { type Cgroup, Cgroups } from './cgroup.ts';
import type { Epoll } from './epoll.ts';
import type { KillResult } from './host.ts';
import type { ProcessIdentity, ProcessRow } from './process-stat.ts';
import { type ProcessTable, ProcessTables, readProcessTable } from './process-table.ts';
import { Orphans, type ProgramMarks } from './process-tree.ts';
import { type ChildOfProgram, Survivors } from './survivors.ts';

export interface ProcessTreesOptions {
  /** As /proc has it. */
  readonly runtimeDirectory: string;
  readonly epoll: Epoll;
  /** An earlier daemon may have left processes. */
  readonly isRecovering: boolean;
  /** Signals the child of a program, or its process group. It may be the child of an earlier daemon. */
  signalChild(pid: number, signal: number, to: 'process' | 'group'): KillResult;
  log(level: LogLevel, text: string): void;
  /** Told of what went wrong without anybody to answer for it. */
  onError(error: unknown): void;
}

/** What the process trees of all programs have in common. */
export class ProcessTrees {
  readonly tables: ProcessTables;
  readonly epoll: Epoll;
  readonly survivors: Survivors;
  readonly runtimeDirectory: string;
  readonly #options: ProcessTreesOptions;
  readonly #children = new Map<number, ChildOfProgram>();
  readonly #orphans = new WeakMap<ProcessTable, Orphans>();
  /** Start of the first child: nothing of ours is older, unless it is of an earlier daemon. */
  #earliest: number;
  /** `null`: there are none here. */
  #cgroups: Cgroups | null | undefined;

  constructor(options: ProcessTreesOptions) {
    this.#options = options;
    this.#earliest = options.isRecovering ? 0 : Infinity;
    this.epoll = options.epoll;
    this.runtimeDirectory = options.runtimeDirectory;
    const onError = (error: unknown) => options.onError(error);
    this.tables = new ProcessTables(() => this.#readTable(() => false), onError);
    this.survivors = new Survivors({
      children: this.#children,
      // Children are nobody's remains, and may be nearly all processes of the machine.
      tables: new ProcessTables(() => this.#readTable((pid) => this.isChild(pid)), onError),
      orphans: (table, marks) => this.orphans(table, marks),
      log: (level, text) => options.log(level, text),
    });
  }

  signalChild(pid: number, signal: number, to: 'process' | 'group'): KillResult {
    return this.#options.signalChild(pid, signal, to);
  }

  log(level: LogLevel, text: string): void {
    this.#options.log(level, text);
  }

  /** A program has a child now. */
  add(child: ChildOfProgram): void {
    this.#children.set(child.pid, child);
    this.#earliest = Math.min(this.#earliest, child.start);
  }

  /** The child has been reaped. */
  delete({ pid }: ProcessIdentity): void {
    this.#children.delete(pid);
  }

  /** Whether a process is the child of some program. */
  isChild(pid: number): boolean {
    return this.#children.has(pid);
  }

  /** Orphans with these marks. */
  orphans(table: ProcessTable, marks: ProgramMarks): readonly ProcessRow[] {
    return this.#orphans.get(table)?.of(marks) ?? [];
  }

  /** All orphans are looked at once, for whoever asks. */
  #readTable(isLeftOut: (pid: number) => boolean): ProcessTable {
    const orphans = new Orphans(({ pid, start }) => start >= this.#earliest && !this.isChild(pid));
    const table = readProcessTable((row) => orphans.look(row), isLeftOut);
    this.#orphans.set(table, orphans);
    return table;
  }

  /** The control group of a process; `undefined`, and told once: there can be none here. */
  cgroupOf(process: { readonly group: string; readonly name: string }): Cgroup | undefined {
    if (this.#cgroups === undefined) {
      try {
        this.#cgroups = new Cgroups(this.runtimeDirectory);
      } catch (error) {
        this.#cgroups = null;
        const reason = error instanceof Error ? error.message : errorCode(error);
        this.log('warn', `killmode=cgroup is not possible here, killmode=tree takes its place: ${reason}`);
      }
    }
    return this.#cgroups?.of(process);
  }

  /** Names what programs have left behind that ended only now, and removes the control groups. */
  close(): void {
    this.survivors.look();
    this.#cgroups?.close();
  }
}
