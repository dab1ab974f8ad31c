/**
 * Where all events come together, and from where each goes to the pools that asked for it. A pool is there
 * as long as its group is active.
 *
 * @see supervisor/events.py
 */
import { errorCode } from '../../conf/error-code.ts';
import type { ProcessSettings } from '../../conf/settings.ts';
import type { WallClock } from '../host/clock.ts';
import type { OutputObserver } from '../log/listener-stream.ts';
import type { ProcessGroup } from '../process/control.ts';
import { eventPayload, type ListenerEvent } from './event.ts';
import { type ListenerGroup, ListenerPool, type PoolContext } from './listener-pool.ts';
import type { ConcreteType } from './subscription.ts';
import { Ticks } from './ticks.ts';

export interface EventBusOptions extends PoolContext {
  readonly wallClock: WallClock;
  /** The active groups. */
  readonly groups: () => ReadonlyMap<string, ProcessGroup>;
}

export class EventBus {
  readonly #options: EventBusOptions;
  readonly #pools = new Map<string, ListenerPool>();
  readonly #ticks: Ticks;
  #wanted: ReadonlySet<ConcreteType> = new Set();

  constructor(options: EventBusOptions) {
    this.#options = options;
    this.#ticks = new Ticks({
      clock: options.wallClock,
      isWanted: (type) => this.isWanted(type),
      emit: (event) => this.emit(event),
    });
  }

  /** The pools by name, in the order in which they were added. */
  get pools(): ReadonlyMap<string, ListenerPool> {
    return this.#pools;
  }

  /** Whether any pool receives such events, so that those that cost something need not be made. */
  isWanted(type: ConcreteType): boolean {
    return this.#wanted.has(type);
  }

  /**
   * Tells the pools of something that has just happened. Never waits: what a listener cannot take now is kept
   * for it.
   */
  emit(event: ListenerEvent): void {
    // A pool hears of its own beginning, not of its own end.
    if (event.type === 'PROCESS_GROUP_ADDED' || event.type === 'PROCESS_GROUP_REMOVED') {
      this.groupChanged(event.groupname);
    }
    this.#publish(event);
    if ('from_state' in event) this.#pools.get(event.groupname)?.processChanged(event);
  }

  /** A group has become active, is no longer, or has other settings or members. */
  groupChanged(name: string): void {
    const group = this.#options.groups().get(name);
    const pool = this.#pools.get(name);
    if (group !== undefined && isListenerGroup(group)) {
      if (pool === undefined) this.#pools.set(name, new ListenerPool(group, this.#options));
      else pool.regroup(group);
    } else if (pool !== undefined) {
      this.#remove(pool);
    } else {
      return;
    }
    this.#wanted = new Set([...this.#pools.values()].flatMap((each) => [...each.wanted]));
    try {
      this.#ticks.wantedTypesChanged();
    } catch (error) {
      // All other events go on.
      this.#options.log('error', `cannot set an alarm for ticks: ${errorCode(error)}; none are told`);
    }
  }

  /** Takes what a process writes to stdout, if that is a listener's part of the protocol. */
  listenTo({ group, name }: ProcessSettings): OutputObserver | undefined {
    const pool = this.#pools.get(group);
    return (
      pool && {
        begin: (offset) => pool.begin(name, offset),
        hear: (bytes, offset) => pool.hear(name, bytes, offset),
        heardUpTo: pool.heardUpTo(name),
      }
    );
  }

  /**
   * A process has its child from an earlier daemon: if it is a listener, goes on in the conversation with it. To be
   * called before anything else is told of the process.
   */
  adopt({ group, name }: ProcessSettings): void {
    this.#pools.get(group)?.adopt(name);
  }

  /** All processes and groups of an earlier daemon that still are there have been adopted. */
  recovered(): void {
    for (const pool of this.#pools.values()) pool.recovered();
    const { ledger, log } = this.#options;
    for (const name of ledger.pools) {
      if (this.#pools.has(name)) continue;
      const lost = ledger.pool(name).unhandled;
      if (lost > 0) {
        log(
          'warn',
          `pool ${name} is not configured any more, discarding ${lost} events that nobody has handled`,
        );
      }
      ledger.remove(name);
    }
  }

  /** Whether the listeners of a group are still to be told something that they may take, or are handling it. */
  isDelivering(group: string): boolean {
    return this.#pools.get(group)?.isDelivering ?? false;
  }

  /** How many events the listeners of a group have yet to handle. */
  unhandled(group: string): number {
    return this.#pools.get(group)?.unhandled ?? 0;
  }

  /** Cancels all timers. What is not done yet is left to the next daemon. */
  [Symbol.dispose](): void {
    this.#ticks[Symbol.dispose]();
    for (const pool of this.#pools.values()) pool[Symbol.dispose]();
    this.#pools.clear();
    this.#options.ledger[Symbol.dispose]();
  }

  /** The daemon has come to its end: nothing is left to the next one. */
  forget(): void {
    this.#options.ledger.forget();
  }

  #publish(event: ListenerEvent): void {
    // Events that nobody wants have no number.
    if (!this.#wanted.has(event.type)) return;
    const { ledger } = this.#options;
    const { type } = event;
    const origin = 'origin' in event ? event.origin : undefined;
    if (origin !== undefined && ledger.hasAccepted(origin)) return;
    const pools = [...this.#pools.values()].filter((pool) => pool.wanted.has(type));
    const names = pools.map(({ name }) => name);
    ledger.accept({ type, payload: eventPayload(event) }, names, origin);
    for (const pool of pools) pool.accepted();
  }

  #remove(pool: ListenerPool): void {
    this.#pools.delete(pool.name);
    if (pool.buffered > 0) {
      this.#options.log(
        'info',
        `pool ${pool.name} removed, discarding ${pool.buffered} events that no listener took`,
      );
    }
    pool[Symbol.dispose]();
    this.#options.ledger.remove(pool.name);
  }
}

function isListenerGroup(group: ProcessGroup): group is ListenerGroup {
  return group.settings.type === 'eventlistener';
}
