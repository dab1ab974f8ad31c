/**
 * All processes of the machine at one moment, as far as /proc can tell. It is read process by process, so whoever ends
 * meanwhile may have forked another after the list was read: then the list is read again.
 */
import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setImmediate as soon } from 'node:timers';
import { errorCode } from '../../conf/error-code.ts';
import { type ProcessRow, readProcess } from './process-stat.ts';

/** Processes by what ties them to each other. */
export class ProcessTable {
  /** To the last there were some that had just ended: others that they have forked may be missing. */
  readonly isTorn: boolean;
  readonly #rows: ReadonlyMap<number, ProcessRow>;
  #byParent: ReadonlyMap<number, readonly ProcessRow[]> | undefined;
  #byGroup: ReadonlyMap<number, readonly ProcessRow[]> | undefined;
  #bySession: ReadonlyMap<number, readonly ProcessRow[]> | undefined;

  constructor(rows: Iterable<ProcessRow>, { isTorn = false } = {}) {
    this.#rows = new Map(Array.from(rows, (row) => [row.pid, row]));
    this.isTorn = isTorn;
  }

  get(pid: number): ProcessRow | undefined {
    return this.#rows.get(pid);
  }

  all(): Iterable<ProcessRow> {
    return this.#rows.values();
  }

  childrenOf(pid: number): readonly ProcessRow[] {
    this.#byParent ??= Map.groupBy(this.all(), ({ ppid }) => ppid);
    return this.#byParent.get(pid) ?? [];
  }

  inGroup(group: number): readonly ProcessRow[] {
    this.#byGroup ??= Map.groupBy(this.all(), (row) => row.group);
    return this.#byGroup.get(group) ?? [];
  }

  inSession(session: number): readonly ProcessRow[] {
    this.#bySession ??= Map.groupBy(this.all(), (row) => row.session);
    return this.#bySession.get(session) ?? [];
  }
}

/** How often the list of pids is read for the sake of those that were forked meanwhile. */
const mostPasses = 10;

/** Looks closer at a process that has just been found alive; `false`: it is not there any more. */
export type Look = (row: ProcessRow) => boolean;

/**
 * Reads all processes of the machine.
 *
 * @param isLeftOut whether a process, which is there, is not wanted in the table
 * @throws an error with `code`, such as `EMFILE`
 */
export function readProcessTable(
  look: Look = () => true,
  isLeftOut: (pid: number) => boolean = () => false,
): ProcessTable {
  const rows = new Map<number, ProcessRow | undefined>();
  let isTorn = true;
  const read = (pid: number): void => {
    const row = readProcess(pid);
    const isAlive = row !== undefined && !row.isZombie && look(row);
    rows.set(pid, isAlive || row?.isZombie === true ? row : undefined);
    isTorn ||= !isAlive;
  };
  for (let pass = 0; isTorn && pass < mostPasses; pass += 1) {
    isTorn = false;
    // The latest first: those are the ones that may be gone in a moment.
    for (const pid of allPids().reverse()) {
      if (!rows.has(pid) && !isLeftOut(pid)) read(pid);
    }
    for (const row of rows.values()) {
      // It has got another parent if its own has ended since; if that cannot be seen at all, it has not.
      if (row === undefined || row.ppid === 0 || isLeftOut(row.ppid)) continue;
      if (!isLiving(rows.get(row.ppid))) read(row.pid);
    }
  }
  return new ProcessTable(
    rows.values().filter((row) => row !== undefined),
    { isTorn },
  );
}

/** Pids of all processes of the machine, in the order of their numbers. */
export function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function isLiving(row: ProcessRow | undefined): boolean {
  return row?.isZombie === false;
}

/** A table, or why there is none. */
export type TableResult = ProcessTable | { readonly failed: string };

/** @throws {Error} there is none */
export function tableOf(result: TableResult): ProcessTable {
  if (result instanceof ProcessTable) return result;
  throw new Error(result.failed);
}

/** How many times longer than a reading takes it rests before the next one for those who wait. */
const restFactor = 4;

/** Reads the table when somebody needs it, and once for many who need it at a time. */
export class ProcessTables {
  readonly #read: () => ProcessTable;
  readonly #onError: (error: unknown) => void;
  /** Nobody needs an old one, so it may go. */
  #latest: WeakRef<ProcessTable> | undefined;
  #readAt = -Infinity;
  #cost = 0;
  #waiting: ((table: TableResult) => void)[] = [];

  /**
   * @param read throws an error with `code`
   * @param onError told what a callback threw
   */
  constructor(read: () => ProcessTable, onError: (error: unknown) => void) {
    this.#read = read;
    this.#onError = onError;
  }

  /** Milliseconds that the last reading took. */
  get cost(): number {
    return this.#cost;
  }

  fresh(): TableResult {
    const began = performance.now();
    try {
      const table = this.#read();
      this.#latest = new WeakRef(table);
      return table;
    } catch (error) {
      this.#latest = undefined;
      return { failed: errorCode(error) };
    } finally {
      this.#readAt = performance.now();
      this.#cost = this.#readAt - began;
    }
  }

  /** A table that was read at most so many milliseconds ago. */
  recent(maxAge: number): TableResult {
    const latest = performance.now() - this.#readAt <= maxAge ? this.#latest?.deref() : undefined;
    return latest ?? this.fresh();
  }

  /**
   * Calls back with a table read from now on, one for all who ask before: in the event loop's next turn, or when so
   * much time has passed that those who come one by one do not keep the daemon busy with it.
   */
  next(use: (table: TableResult) => void): void {
    this.#waiting.push(use);
    if (this.#waiting.length > 1) return;
    const rest = this.#readAt + restFactor * this.#cost - performance.now();
    if (rest > 0) setTimeout(() => this.#serve(), rest);
    else soon(() => this.#serve());
  }

  #serve(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const table = this.fresh();
    for (const use of waiting) {
      try {
        use(table);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
