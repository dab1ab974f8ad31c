/**
 * Which processes belong to a program: its child, all that come of that, and those that say so themselves.
 *
 * Parents alone do not tell: a process whose parent has ended is given to another one. But it keeps its process group
 * and session, and unless it takes pains, its environment and the standard streams that it was started with.
 */
import { readFileSync } from 'node:fs';
import nodeProcess from 'node:process';
import { glimpse } from './glimpse.ts';
import { openPath, standardStreamsOf } from './open-files.ts';
import { isRunning, type ProcessIdentity, type ProcessRow, readProcess } from './process-stat.ts';
import type { ProcessTable } from './process-table.ts';
import { processUids } from './process-uids.ts';

/** What a process still has on it of the program that it comes from, whoever its parent is now. */
export interface ProgramMarks {
  /** `NAME=value` strings, all of which are in its environment; none: the environment tells nothing. */
  readonly environment: readonly string[];
  /** Paths of files, of which one is a standard stream of it. */
  readonly files: readonly string[];
}

/** Whose a process is, to tell users from each other; `undefined`: it is not there any more. */
export type UserOf = (pid: number) => string | undefined;

/**
 * The processes of the table that are or descend from one of the roots or orphans, are in a group with one of those or
 * in a session that it began; zombies included.
 *
 * Anybody can start an orphan that says to be of a program. It can only speak for itself, and for others of its user:
 * else it could have us end whoever is in its session. Others of the same program speak for themselves in their turn,
 * at the latest when their parents have ended.
 *
 * @param isForeign known to belong elsewhere, whatever else speaks for it
 */
export function membersOf(
  table: ProcessTable,
  { roots, orphans }: { readonly roots: Iterable<ProcessIdentity>; readonly orphans: Iterable<ProcessRow> },
  isForeign: (pid: number) => boolean,
  userOf: UserOf = userInProc,
): readonly ProcessRow[] {
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
  // A map goes on to what is added meanwhile.
  for (const member of members.values()) add(relativesOf(member, table));
  const known = members.size;
  add(orphans);
  const users = new Map<number, string | undefined>();
  for (const member of members.values().drop(known)) {
    const user = users.get(member.pid) ?? userOf(member.pid);
    if (user === undefined) continue;
    for (const relative of relativesOf(member, table)) {
      // Whoever has ended since the table was read is nobody's any more, but may have left others.
      if (members.has(relative.pid) || (userOf(relative.pid) ?? user) !== user) continue;
      users.set(relative.pid, user);
      add([relative]);
    }
  }
  return [...members.values()];
}

function relativesOf({ pid, group, session }: ProcessRow, table: ProcessTable): readonly ProcessRow[] {
  // A child begins a group of its own, but stays in the session of the daemon that started it.
  const ownGroup = table.get(nodeProcess.pid)?.group;
  return [
    ...table.childrenOf(pid),
    ...(group === ownGroup ? [] : table.inGroup(group)),
    ...(session === pid ? table.inSession(session) : []),
  ];
}

/** All ids: who runs a program with the set-user-ID bit is not the user that it runs as. */
function userInProc(pid: number): string | undefined {
  const uids = processUids(pid);
  return uids && Object.values(uids).join(' ');
}

/**
 * The processes that were given to this one or to one of its ancestors, being orphans, and what they have on them. That
 * is read as soon as one is found: it may live for a moment only, and have another one live on for it.
 */
export class Orphans {
  readonly #isCandidate: (row: ProcessRow) => boolean;
  readonly #ancestors = new Set<number>();
  readonly #byVariable = new Map<string, ProcessRow[]>();
  readonly #byFile = new Map<string, ProcessRow[]>();

  /** @param isCandidate others are not looked at */
  constructor(isCandidate: (row: ProcessRow) => boolean) {
    this.#isCandidate = isCandidate;
    for (let pid = nodeProcess.pid; pid > 0 && !this.#ancestors.has(pid); pid = readProcess(pid)?.ppid ?? 0) {
      this.#ancestors.add(pid);
    }
    this.#ancestors.add(1);
  }

  /** Notes a process that is alive if it is one of them; `false`: it has ended meanwhile. */
  look(row: ProcessRow): boolean {
    if (!this.#ancestors.has(row.ppid) || this.#ancestors.has(row.pid) || !this.#isCandidate(row))
      return true;
    const environment = readEnvironment(row.pid);
    // One that has ended has none; nor have some that are alive.
    if (environment === '' && !isRunning(row)) return false;
    for (const variable of ownVariables(environment)) push(this.#byVariable, variable, row);
    // Not others: the process that keeps all pipes open has those of every program.
    for (const file of new Set(standardStreamsOf(row.pid).map(openPath))) {
      if (file !== undefined) push(this.#byFile, file, row);
    }
    return true;
  }

  /** Those with these marks. */
  of({ environment, files }: ProgramMarks): readonly ProcessRow[] {
    const found = new Set(files.flatMap((file) => this.#byFile.get(file) ?? []));
    const [first, ...rest] = environment.map((variable) => this.#byVariable.get(variable) ?? []);
    for (const row of first ?? []) if (rest.every((rows) => rows.includes(row))) found.add(row);
    return [...found];
  }
}

function push(index: Map<string, ProcessRow[]>, key: string, row: ProcessRow): void {
  const rows = index.get(key);
  if (rows === undefined) index.set(key, [row]);
  else rows.push(row);
}

/** Empty of another user's process. */
function readEnvironment(pid: number): string {
  return glimpse(() => readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? '';
}

/** The variables that we give every program to know itself by. */
function ownVariables(environment: string): readonly string[] {
  return environment.split('\0').filter((variable) => variable.startsWith('SUPERVISOR_'));
}
