/**
 * Brings all processes of a program down, however many there are and whatever they fork meanwhile.
 *
 * The stop signal goes to those that are there. What they start afterwards is their way of stopping in order, and is
 * left alone; until the program's child has ended: then nobody looks after the rest, and each that is found gets the
 * signal too. SIGKILL goes to all, and to those that escaped by being forked at that moment, until none is left.
 */
import { constants } from 'node:os';
import { EndWatch } from './end-watch.ts';
import type { Epoll } from './epoll.ts';
import type { KillResult } from './host.ts';
import { isRunning, type ProcessRow, type ProcessTable, type ProcessTables } from './process-table.ts';
import { nameProcesses } from './process-title.ts';
import { sendSignal } from './signalling.ts';

const { SIGKILL } = constants.signals;

/** The processes of a program. */
export interface ProcessSet {
  /** Those of the table, the program's child first; zombies may be among them. */
  members(table: ProcessTable): readonly ProcessRow[];
  /** Kills all at one stroke; `false`: that cannot be done. */
  killAll(): boolean;
}

export interface TreeStopOptions {
  /** Of the process, for messages. */
  readonly name: string;
  readonly set: ProcessSet;
  readonly tables: ProcessTables;
  readonly epoll: Epoll;
  log(level: 'info' | 'warn', text: string): void;
}

/** How old the table may be by which the signal is sent, in milliseconds: many programs are stopped at once. */
const maxAgeMs = 5;
/** How often in a row to look again at once, and how long to wait from then on. */
const immediateLooks = 10;
const laterMs = 50;

export class TreeStop {
  readonly #options: TreeStopOptions;
  readonly #watch: EndWatch;
  #signal: number | undefined;
  /** Start times by pid of those that have got the signal. */
  readonly #signalled = new Map<number, number>();
  /** Set once the child has ended. */
  #onGone: (() => void) | undefined;
  #looks = 0;
  #isLooking = false;
  #later: NodeJS.Timeout | undefined;
  /** The last table had nobody alive, but it may have missed one that was being forked. */
  #isEmptyOnce = false;
  /** It was told for whom it waits. */
  #hasTold = false;
  #isDisposed = false;

  constructor(options: TreeStopOptions) {
    this.#options = options;
    this.#watch = new EndWatch(options.epoll, () => this.#lookSoon());
  }

  /** The signal has been sent, and not all have ended. */
  get isUnderWay(): boolean {
    return this.#signal !== undefined;
  }

  /**
   * Sends a signal to every process of the program.
   *
   * @returns what came of it for the child; `sent` also when the child is gone and others are not
   */
  send(signal: number, child: number): KillResult {
    this.#signal = signal;
    this.#signalled.clear();
    this.#looks = 0;
    const table = this.#options.tables.recent(maxAgeMs);
    const members = living(this.#options.set.members(table));
    if (signal === SIGKILL && members.length > 0) {
      const { name, log } = this.#options;
      log('info', `sending SIGKILL to processes of '${name}': ${nameProcesses(members.map(pidOf))}`);
    }
    const result = this.#deliver(signal, table, members, child);
    if (signal === SIGKILL || this.#onGone !== undefined) this.#lookSoon();
    return result;
  }

  /** The child has ended: calls `gone` once, when no other process of the program is alive any more. */
  onceGone(gone: () => void): void {
    this.#onGone = gone;
    this.#looks = 0;
    this.#lookSoon();
  }

  /** Leaves those that are alive alone, and calls nobody any more. */
  dispose(): void {
    this.#isDisposed = true;
    this.#finish();
  }

  #finish(): void {
    this.#signal = undefined;
    this.#signalled.clear();
    this.#onGone = undefined;
    this.#hasTold = false;
    this.#watch.clear();
    clearTimeout(this.#later);
    this.#isLooking = false;
  }

  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#looks += 1;
    const look = (): void =>
      this.#options.tables.next((table) => {
        this.#isLooking = false;
        if (!this.#isDisposed) this.#look(table);
      });
    // Something that forks faster than it can be killed must not keep the daemon from everything else.
    if (this.#looks <= immediateLooks) look();
    else this.#later = setTimeout(look, laterMs);
  }

  #look(table: ProcessTable): void {
    const members = this.#options.set.members(table);
    const alive = living(members);
    if (alive.length === 0) {
      this.#seeNobody(table.isTorn || members.length > 0);
      return;
    }
    this.#isEmptyOnce = false;
    const isNew = ({ pid, start }: ProcessRow): boolean => this.#signalled.get(pid) !== start;
    const added = alive.filter(isNew);
    const mustSignal = this.#signal === SIGKILL || this.#onGone !== undefined;
    if (mustSignal && this.#signal !== undefined) this.#deliver(this.#signal, table, added);
    if (this.#signal === SIGKILL && added.length > 0) this.#lookSoon();
    else if (this.#onGone !== undefined) this.#waitFor(alive);
  }

  /** @param isUnsure one that has just ended may have forked another that the table does not have */
  #seeNobody(isUnsure: boolean): void {
    if (isUnsure && !this.#isEmptyOnce) {
      this.#isEmptyOnce = true;
      this.#lookSoon();
      return;
    }
    this.#isEmptyOnce = false;
    const gone = this.#onGone;
    if (gone === undefined) return;
    this.#finish();
    gone();
  }

  #waitFor(alive: readonly ProcessRow[]): void {
    if (!this.#hasTold) {
      this.#hasTold = true;
      const { name, log } = this.#options;
      log('info', `waiting for processes that '${name}' has left: ${nameProcesses(alive.map(pidOf))}`);
    }
    const outcome = this.#watch.watch(alive);
    if (outcome === 'watching') return;
    if (outcome === 'ended') {
      this.#lookSoon();
      return;
    }
    const { name, log } = this.#options;
    // The next signal, at the latest after stopwaitsecs, looks again.
    log('warn', `cannot watch processes of '${name}': ${outcome.failed}`);
  }

  /** @param child `undefined`: it has ended, or has had the signal */
  #deliver(signal: number, table: ProcessTable, members: readonly ProcessRow[], child?: number): KillResult {
    for (const { pid, start } of members) this.#signalled.set(pid, start);
    if (members.length === 0) return { type: 'gone' };
    if (signal === SIGKILL) {
      if (this.#options.set.killAll()) return { type: 'sent' };
      this.#killGroups(table, members);
    }
    let result: KillResult = { type: 'gone' };
    for (const member of members) {
      // The pid may have been given to another one since the table was read.
      const sent = isRunning(member)
        ? sendSignal(member.pid, signal, 'process')
        : ({ type: 'gone' } as const);
      if (sent.type === 'failed' && member.pid === child) return sent;
      if (sent.type === 'failed') this.#tellRefused(member.pid, sent.reason);
      if (sent.type === 'sent') result = sent;
    }
    return result;
  }

  /** Nobody can fork his way out of a group that is killed, as long as it is the group of nobody else. */
  #killGroups(table: ProcessTable, members: readonly ProcessRow[]): void {
    const pids = new Set(members.map(pidOf));
    for (const group of new Set(members.map((member) => member.group))) {
      const isOurs = table.inGroup(group).every((row) => row.isZombie || pids.has(row.pid));
      const isThere = members.some((member) => member.group === group && isRunning(member));
      if (isOurs && isThere) sendSignal(group, SIGKILL, 'group');
    }
  }

  #tellRefused(pid: number, reason: string): void {
    const { name, log } = this.#options;
    log('warn', `cannot signal process of '${name}': ${nameProcesses([pid])}: ${reason}`);
  }
}

function pidOf({ pid }: ProcessRow): number {
  return pid;
}

function living(members: readonly ProcessRow[]): readonly ProcessRow[] {
  return members.filter(({ isZombie }) => !isZombie);
}
