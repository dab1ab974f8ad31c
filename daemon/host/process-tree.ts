/**
 * Which processes belong to a program: its child, all that come of that, and those that say so themselves.
 *
 * Parents alone do not tell: a process whose parent has ended is given to another one. But it keeps its process group
 * and session, and unless it takes pains, its environment and the standard streams that it was started with.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import nodeProcess from 'node:process';
import { glimpse } from './glimpse.ts';
import type { ProcessIdentity, ProcessRow, ProcessTable } from './process-table.ts';

/** What a process still has on it of the program that it comes from, whoever its parent is now. */
export interface ProgramMarks {
  /** `NAME=value` strings, all of which are in its environment; none: the environment tells nothing. */
  readonly environment: readonly string[];
  /** Paths of files, of which one is a standard stream of it. */
  readonly files: readonly string[];
}

/**
 * The processes of the table that are or descend from one of the roots or orphans, are in a group with one of those or
 * in a session that it began; zombies included.
 *
 * @param isForeign known to belong elsewhere, whatever else speaks for it
 */
export function membersOf(
  table: ProcessTable,
  { roots, orphans }: { readonly roots: Iterable<ProcessIdentity>; readonly orphans: Iterable<ProcessRow> },
  isForeign: (pid: number) => boolean,
): readonly ProcessRow[] {
  const ownGroup = table.get(nodeProcess.pid)?.group;
  const members = new Map<number, ProcessRow>();
  const add = (rows: Iterable<ProcessRow>): void => {
    for (const row of rows) if (!isForeign(row.pid)) members.set(row.pid, row);
  };
  for (const { pid, start } of roots) {
    const row = table.get(pid);
    if (row?.start === start) add([row]);
    // While others are in its group, its pid is given to nobody; so if another one has it, there were none.
    else if (row === undefined) add([...table.inGroup(pid), ...table.inSession(pid)]);
  }
  add(orphans);
  // A map goes on to what is added meanwhile.
  for (const { pid, group, session } of members.values()) {
    add(table.childrenOf(pid));
    // A child begins a group of its own, but stays in the session of the daemon that started it.
    if (group !== ownGroup) add(table.inGroup(group));
    if (session === pid) add(table.inSession(session));
  }
  return [...members.values()];
}

/** The processes that were given to this one or to one of its ancestors, being orphans, and what they have on them. */
export class Orphans {
  readonly #byVariable = new Map<string, ProcessRow[]>();
  readonly #byFile = new Map<string, ProcessRow[]>();

  /** @param isCandidate others are not looked at */
  constructor(table: ProcessTable, isCandidate: (row: ProcessRow) => boolean) {
    const ancestors = new Set<number>();
    for (let row = table.get(nodeProcess.pid); row !== undefined; row = table.get(row.ppid)) {
      if (ancestors.has(row.pid)) break;
      ancestors.add(row.pid);
    }
    ancestors.add(1);
    for (const ancestor of ancestors) {
      for (const row of table.childrenOf(ancestor)) {
        if (!row.isZombie && !ancestors.has(row.pid) && isCandidate(row)) this.#index(row);
      }
    }
  }

  /** Those with these marks. */
  of({ environment, files }: ProgramMarks): readonly ProcessRow[] {
    const found = new Set(files.flatMap((file) => this.#byFile.get(file) ?? []));
    const [first, ...rest] = environment.map((variable) => this.#byVariable.get(variable) ?? []);
    for (const row of first ?? []) if (rest.every((rows) => rows.includes(row))) found.add(row);
    return [...found];
  }

  #index(row: ProcessRow): void {
    for (const variable of readEnvironment(row.pid)) push(this.#byVariable, variable, row);
    for (const file of new Set(readStandardStreams(row.pid))) push(this.#byFile, file, row);
  }
}

function push(index: Map<string, ProcessRow[]>, key: string, row: ProcessRow): void {
  const rows = index.get(key);
  if (rows === undefined) index.set(key, [row]);
  else rows.push(row);
}

/** The variables that we give every program to know itself by. Nothing of another user's process. */
function readEnvironment(pid: number): readonly string[] {
  const environment = glimpse(() => readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? '';
  return environment.split('\0').filter((variable) => variable.startsWith('SUPERVISOR_'));
}

/** Not more: the process that keeps all pipes open has the others of every program. */
const standardStreams = [0, 1, 2];

function readStandardStreams(pid: number): readonly string[] {
  return standardStreams.map((fd) => glimpse(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '');
}
