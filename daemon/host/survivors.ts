/**
 * Names the processes that programs leave behind when they end: to whoever wonders why a port is taken, or why there
 * are two of something.
 *
 * It is looked a while after the end, because those that get the same signal need not end first, and once for all
 * programs that ended meanwhile: hundreds may stop at a time, and one may end a thousand times a second.
 */
import { errorCode } from '../../conf/error-code.ts';
import type { ProcessIdentity, ProcessRow } from './process-stat.ts';
import { type ProcessTable, type ProcessTables, tableOf } from './process-table.ts';
import { nameProcesses } from './process-title.ts';
import { membersOf, type ProgramMarks } from './process-tree.ts';

/** One life of a program that is over. */
export interface Remains {
  readonly name: string;
  readonly group: string;
  /** The child, and what was seen of its processes while it lived. */
  readonly roots: Iterable<ProcessIdentity>;
  readonly marks: ProgramMarks;
}

export interface SurvivorsOptions {
  /** Present children of programs need not be in them. */
  readonly tables: Pick<ProcessTables, 'fresh'>;
  orphans(table: ProcessTable, marks: ProgramMarks): readonly ProcessRow[];
  /** Present children of all programs. */
  readonly children: ReadonlyMap<number, ChildOfProgram>;
  log(level: 'warn', text: string): void;
}

export interface ChildOfProgram extends ProcessIdentity {
  readonly name: string;
  readonly group: string;
}

/** How long after the first end to look, in milliseconds, and how many times longer than a look takes at least. */
const delayMs = 1000;
const restFactor = 50;

interface Case {
  readonly name: string;
  readonly group: string;
  readonly roots: Map<number, ProcessIdentity>;
  readonly marks: ProgramMarks;
}

export class Survivors {
  readonly #options: SurvivorsOptions;
  #cases = new Map<string, Case>();
  /** Those that were named, so that each is named once. */
  #named = new Map<number, ProcessRow>();
  #timer: NodeJS.Timeout | undefined;
  #delayMs = delayMs;

  constructor(options: SurvivorsOptions) {
    this.#options = options;
  }

  /** A child has ended. */
  ended({ name, group, roots, marks }: Remains): void {
    const key = keyOf({ name, group });
    const found = this.#cases.get(key) ?? { name, group, roots: new Map(), marks };
    for (const root of roots) found.roots.set(root.pid, root);
    this.#cases.set(key, found);
    this.#timer ??= setTimeout(() => this.look(), this.#delayMs);
  }

  /** Looks now for what those that ended have left. */
  look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const cases = this.#cases;
    if (cases.size === 0) return;
    this.#cases = new Map();
    const began = performance.now();
    try {
      this.#nameSurvivors(cases);
    } catch (error) {
      const { log } = this.#options;
      log('warn', `cannot look for processes that programs have left behind: ${errorCode(error)}`);
    }
    this.#delayMs = Math.max(delayMs, restFactor * (performance.now() - began));
  }

  /** @throws an error with `code` */
  #nameSurvivors(cases: ReadonlyMap<string, Case>): void {
    const table = tableOf(this.#options.tables.fresh());
    const named = new Map([...this.#named].filter(([pid, { start }]) => table.get(pid)?.start === start));
    this.#named = named;
    const successors = this.#successorsOf(cases);
    for (const [key, found] of cases) {
      const successor = successors.get(key);
      const survivors = this.#survivorsOf(found, table, successor).filter(({ pid }) => !named.has(pid));
      if (survivors.length === 0) continue;
      for (const row of survivors) named.set(row.pid, row);
      const pids = survivors.map(({ pid }) => pid);
      this.#options.log('warn', `'${found.name}' left processes behind: ${nameProcesses(pids)}`);
    }
  }

  /** Thousands may have ended: none of them is looked for among thousands. */
  #successorsOf(cases: ReadonlyMap<string, Case>): ReadonlyMap<string, ChildOfProgram> {
    const successors = new Map<string, ChildOfProgram>();
    for (const child of this.#options.children.values()) {
      const key = keyOf(child);
      if (cases.has(key)) successors.set(key, child);
    }
    return successors;
  }

  /** @param successor the present child of the program, if it has one */
  #survivorsOf(
    { roots, marks }: Case,
    table: ProcessTable,
    successor: ProcessIdentity | undefined,
  ): readonly ProcessRow[] {
    const { children } = this.#options;
    const isChild = (pid: number): boolean => children.has(pid);
    // Marks are the same from one life to the next; what is younger than the present child is of its time.
    const orphans = this.#options
      .orphans(table, marks)
      .filter(({ start }) => successor === undefined || start < successor.start);
    // A child has got the pid of one that ended: while others are in its group, it is given to nobody.
    const ended = roots.values().filter(({ pid }) => !isChild(pid));
    return membersOf(table, { roots: ended, orphans }, isChild).filter(({ isZombie }) => !isZombie);
  }
}

function keyOf({ name, group }: Pick<ChildOfProgram, 'name' | 'group'>): string {
  return `${group}:${name}`;
}
