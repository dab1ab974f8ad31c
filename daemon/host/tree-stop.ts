/**
 * Brings all processes of a program down, however many there are and whatever they fork meanwhile.
 *
 * The stop signal goes to those that are there. What they start afterwards is their way of stopping in order, and is
 * left alone; until the program's child has ended: then nobody looks after the rest, and each that is found gets the
 * signal too. SIGKILL goes to all, and to those that escaped by being forked at that moment, until none is left.
 */
import { constants } from 'node:os';
import { errorCode } from '../../conf/error-code.ts';
import { Absence } from './absence.ts';
import { EndWatch } from './end-watch.ts';
import type { Epoll } from './epoll.ts';
import { exists, isRunning, type ProcessRow } from './process-stat.ts';
import { type ProcessTable, type ProcessTables, type TableResult, tableOf } from './process-table.ts';
import { nameProcesses } from './process-title.ts';
import { sendSignal } from './signalling.ts';

const { SIGKILL } = constants.signals;

/** The processes of a program. */
export interface ProcessSet {
  /** Those of the table; zombies may be among them. @throws an error with `code` */
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
const maxAgeMs = 20;
/** How often in a row to look again at once, and how long to wait from then on. */
const immediateLooks = 10;
const laterMs = 50;
/** How long to wait when it could not be looked. */
const retryMs = 1000;

export class TreeStop {
  readonly #options: TreeStopOptions;
  readonly #watch: EndWatch;
  #signal: number | undefined;
  /** Start times by pid of those that have got the signal. */
  readonly #signalled = new Map<number, number>();
  /** Set once the child has ended. */
  #onGone: (() => void) | undefined;
  #absence = new Absence();
  #looks = 0;
  #isLooking = false;
  #later: NodeJS.Timeout | undefined;
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
   * Sends a signal to every process of the program but its child, which has had it already: it may have something to
   * say to the others.
   *
   * @param child `undefined`: it has been reaped
   * @returns `none`: there are no others
   */
  send(signal: number, child: number | undefined): 'sent' | 'none' {
    this.#signal = signal;
    this.#signalled.clear();
    this.#looks = 0;
    if (signal === SIGKILL || this.#onGone !== undefined) this.#lookSoon();
    try {
      const table = tableOf(this.#options.tables.recent(maxAgeMs));
      const members = this.#options.set.members(table);
      for (const { pid, start } of members) if (pid === child) this.#signalled.set(pid, start);
      if (signal === SIGKILL) this.#tell('sending SIGKILL to processes of', members);
      return this.#deliver(signal, table, members) ? 'sent' : 'none';
    } catch (error) {
      this.#retry(error);
      return 'none';
    }
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
    this.#absence = new Absence();
    this.#hasTold = false;
    this.#watch.clear();
    clearTimeout(this.#later);
    this.#isLooking = false;
  }

  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#looks += 1;
    // Something that forks faster than it can be killed must not keep the daemon from everything else.
    if (this.#looks <= immediateLooks) this.#lookNext();
    else this.#later = setTimeout(() => this.#lookNext(), laterMs);
  }

  #lookNext(): void {
    this.#options.tables.next((result) => {
      this.#isLooking = false;
      if (!this.#isDisposed) this.#look(result);
    });
  }

  #look(result: TableResult): void {
    try {
      const table = tableOf(result);
      const members = this.#options.set.members(table);
      const mustSignal = this.#signal === SIGKILL || this.#onGone !== undefined;
      const isSignalled =
        mustSignal && this.#signal !== undefined && this.#deliver(this.#signal, table, members);
      const isEmpty = this.#absence.isSure(table, members);
      const alive = living(members);
      if (isEmpty) this.#seeNobody();
      // Those that have only now got the signal may have forked others that the table does not have.
      else if (isSignalled) this.#lookSoon();
      else if (this.#onGone === undefined) return;
      else if (alive.length > 0) this.#waitFor(alive);
      else this.#lookSoon();
    } catch (error) {
      this.#retry(error);
    }
  }

  #seeNobody(): void {
    const gone = this.#onGone;
    if (gone === undefined) return;
    this.#finish();
    gone();
  }

  #waitFor(alive: readonly ProcessRow[]): void {
    if (!this.#hasTold) this.#tell('waiting for processes left by', alive);
    this.#hasTold = true;
    if (this.#watch.watch(alive) === 'ended') this.#lookSoon();
  }

  /** While descriptors are short, nobody knows who is there. */
  #retry(error: unknown): void {
    const { name, log } = this.#options;
    log('warn', `cannot look for processes of '${name}': ${errorCode(error)}`);
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#later = setTimeout(() => this.#lookNext(), retryMs);
  }

  /** Signals those that have not got the signal yet; whether there were any. @throws an error with `code` */
  #deliver(signal: number, table: ProcessTable, members: readonly ProcessRow[]): boolean {
    const added = members.filter(({ pid, start }) => this.#signalled.get(pid) !== start);
    const isKilled = signal === SIGKILL && added.length > 0 && this.#killTogether(table, members);
    for (const member of added) {
      // The pid may have been given to another one since the table was read.
      if (!isKilled && isRunning(member)) this.#signalOne(member.pid, signal);
      this.#signalled.set(member.pid, member.start);
    }
    return living(added).length > 0;
  }

  #signalOne(pid: number, signal: number): void {
    const result = sendSignal(pid, signal, 'process');
    if (result.type !== 'failed') return;
    const { name, log } = this.#options;
    log('warn', `cannot signal process of '${name}': ${nameProcesses([pid])}: ${result.reason}`);
  }

  /**
   * Kills all at one stroke: nobody forks his way out of that. Where there is no way to do so, at least those groups
   * that are of nobody else; a group whose members have just ended counts too, for the sake of those they have forked.
   *
   * @returns whether that were all
   */
  #killTogether(table: ProcessTable, members: readonly ProcessRow[]): boolean {
    if (this.#options.set.killAll()) return true;
    const pids = new Set(members.map(({ pid }) => pid));
    for (const group of new Set(members.map((member) => member.group))) {
      const isOurs = table.inGroup(group).every((row) => row.isZombie || pids.has(row.pid));
      // As long as one of them has not been reaped, the id of the group is given to nobody else.
      const isThere = members.some((member) => member.group === group && exists(member));
      if (isOurs && isThere) sendSignal(group, SIGKILL, 'group');
    }
    return false;
  }

  #tell(what: string, members: readonly ProcessRow[]): void {
    const pids = living(members).map(({ pid }) => pid);
    const { name, log } = this.#options;
    if (pids.length > 0) log('info', `${what} '${name}': ${nameProcesses(pids)}`);
  }
}

function living(members: readonly ProcessRow[]): readonly ProcessRow[] {
  return members.filter(({ isZombie }) => !isZombie);
}
