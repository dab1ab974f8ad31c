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
import {
  exists,
  isRunning,
  type ProcessRow,
  type ProcessTable,
  type ProcessTables,
} from './process-table.ts';
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
/** How many torn tables in a row are enough to believe that nobody is there: others come and go all the time. */
const mostDoubts = 5;
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
  /** Start times by pid of members that were seen dead. */
  readonly #zombies = new Map<number, number>();
  /** Process groups of those that have got the signal. */
  readonly #groups = new Set<number>();
  /** How many tables in a row had nobody alive, but were torn. */
  #doubts = 0;
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
    const members = this.#options.set.members(table);
    const alive = living(members);
    if (signal === SIGKILL && alive.length > 0) {
      const { name, log } = this.#options;
      log('info', `sending SIGKILL to processes of '${name}': ${nameProcesses(alive.map(pidOf))}`);
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
    this.#zombies.clear();
    this.#groups.clear();
    this.#doubts = 0;
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
    const isMissingSomebody = this.#noteDead(members) || this.#hasUnseen(table);
    const mustSignal = this.#signal === SIGKILL || this.#onGone !== undefined;
    const added = members.filter(({ pid, start }) => this.#signalled.get(pid) !== start);
    if (mustSignal && this.#signal !== undefined) this.#deliver(this.#signal, table, added);
    if (alive.length === 0 && (isMissingSomebody || (table.isTorn && this.#doubts < mostDoubts))) {
      if (!isMissingSomebody) this.#doubts += 1;
      this.#lookSoon();
      return;
    }
    this.#doubts = 0;
    if (alive.length === 0) this.#seeNobody();
    else if (this.#signal === SIGKILL && added.length > 0) this.#lookSoon();
    else if (this.#onGone !== undefined) this.#waitFor(alive);
  }

  /** Whether somebody is in a group of the program of whom the table has nobody. */
  #hasUnseen(table: ProcessTable): boolean {
    return [...this.#groups].some(
      (group) => table.inGroup(group).length === 0 && sendSignal(group, 0, 'group').type !== 'gone',
    );
  }

  /**
   * Whether there are zombies among the members that were not there when it was last looked: one that has just ended
   * may have forked another that the table does not have.
   */
  #noteDead(members: readonly ProcessRow[]): boolean {
    const dead = members.filter(({ isZombie }) => isZombie);
    const isNew = dead.some(({ pid, start }) => this.#zombies.get(pid) !== start);
    this.#zombies.clear();
    for (const { pid, start } of dead) this.#zombies.set(pid, start);
    return isNew;
  }

  #seeNobody(): void {
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
    for (const { pid, start, group } of members) {
      this.#signalled.set(pid, start);
      this.#groups.add(group);
    }
    if (members.length === 0) return { type: 'gone' };
    if (signal === SIGKILL) {
      if (this.#options.set.killAll()) return { type: 'sent' };
      this.#killGroups(table, members);
    }
    let result: KillResult = { type: 'gone' };
    for (const member of living(members)) {
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

  /**
   * Kills the groups that are of nobody else: nobody forks his way out of one. One that has just ended counts too, for
   * the sake of those that it may have forked.
   */
  #killGroups(table: ProcessTable, members: readonly ProcessRow[]): void {
    const pids = new Set(members.map(pidOf));
    for (const group of new Set(members.map((member) => member.group))) {
      const isOurs = table.inGroup(group).every((row) => row.isZombie || pids.has(row.pid));
      // As long as one of them has not been reaped, the id of the group is given to nobody else.
      const isThere = members.some((member) => member.group === group && exists(member));
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
