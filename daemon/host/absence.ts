/**
 * Whether really nobody of a program is alive. A table of processes is no snapshot: one that forks and ends while it is
 * read can be missed together with the other one. But it leaves traces.
 */
import type { ProcessRow } from './process-stat.ts';
import type { ProcessTable } from './process-table.ts';
import { sendSignal } from './signalling.ts';

/** How many torn tables in a row are enough to believe that nobody is there: others come and go all the time. */
const mostTorn = 5;

export class Absence {
  /** Start times by pid of those that were seen dead. */
  #dead = new Map<number, number>();
  readonly #groups = new Set<number>();
  #torn = 0;

  /**
   * @param members of the program, as far as the table has them
   * @returns `false`: somebody is alive, or a trace of somebody is fresh: look again
   */
  isSure(table: ProcessTable, members: readonly ProcessRow[]): boolean {
    for (const { group } of members) this.#groups.add(group);
    const hasFreshDead = this.#noteDead(members);
    if (members.some(({ isZombie }) => !isZombie)) {
      this.#torn = 0;
      return false;
    }
    if (hasFreshDead || this.#hasUnseen(table)) return false;
    this.#torn = table.isTorn ? this.#torn + 1 : 0;
    return !table.isTorn || this.#torn > mostTorn;
  }

  /** Whether there are zombies that were not there last time: each may have forked another one. */
  #noteDead(members: readonly ProcessRow[]): boolean {
    const dead = members.filter(({ isZombie }) => isZombie);
    const hasFresh = dead.some(({ pid, start }) => this.#dead.get(pid) !== start);
    this.#dead = new Map(dead.map(({ pid, start }) => [pid, start]));
    return hasFresh;
  }

  /** Whether the system knows somebody in a group of the program of whom the table has nobody. */
  #hasUnseen(table: ProcessTable): boolean {
    return [...this.#groups].some(
      (group) => table.inGroup(group).length === 0 && sendSignal(group, 0, 'group').type !== 'gone',
    );
  }
}
