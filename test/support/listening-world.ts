import type { GroupSettings } from '../../conf/settings.ts';
import { EventBus } from '../../daemon/event/event-bus.ts';
import { EventLedger, type EventRecord } from '../../daemon/event/event-ledger.ts';
import type { ListenerPool } from '../../daemon/event/listener-pool.ts';
import { SerialCounter } from '../../daemon/event/serial.ts';
import { restart } from '../../daemon/process/restart.ts';
import { SimulatedWallClock } from './simulated-wall-clock.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** A simulated world whose events reach listeners, which speak as the test has them speak. */
export class ListeningWorld extends SimulatedWorld {
  readonly wallClock = new SimulatedWallClock();
  readonly #deferred: (() => void)[] = [];
  readonly ledger: EventLedger;
  readonly bus: EventBus;

  /** @param records what an earlier daemon has left */
  constructor(groups: readonly GroupSettings[], records: readonly EventRecord[] = []) {
    super();
    this.ledger = new EventLedger({ identifier: 'supervisor', serials: new SerialCounter(), records });
    this.bus = new EventBus({
      identifier: 'supervisor',
      clock: this.clock,
      wallClock: this.wallClock,
      ledger: this.ledger,
      groups: () => this.supervisor.groups,
      log: (level, text) => void this.lines.push(`${level} ${text}`),
      defer: (callback) => void this.#deferred.push(callback),
      onSettled: () => this.supervisor.listenersSettled(),
      restart: (group, name) => void restart(this.supervisor, group, name),
    });
    this.onEvent = (event) => this.bus.emit(event);
    this.isDelivering = (group) => this.bus.isDelivering(group);
    this.unhandledEvents = (group) => this.bus.unhandled(group);
    for (const group of groups) this.supervisor.addGroup(group);
    this.turn();
  }

  /** The event loop goes on to its next turn. */
  turn(): void {
    for (let next = this.#deferred.shift(); next !== undefined; next = this.#deferred.shift()) next();
  }

  /** What is due later is done now. */
  passes(seconds: number): void {
    this.clock.advance(seconds);
    this.turn();
  }

  pool(name: string): ListenerPool {
    const pool = this.bus.pools.get(name);
    if (pool === undefined) throw new Error(`No pool ${name}`);
    return pool;
  }

  /** A listener writes to its stdout. */
  says(name: string, text: string, group = 'pool'): void {
    this.speaks(name, text, group);
    this.turn();
  }

  /** The same, in the middle of something else. */
  speaks(name: string, text: string, group = 'pool'): void {
    const { heardUpTo = 0, hear } = this.bus.listenTo(this.process(name, group).settings) ?? {};
    hear?.(Buffer.from(text), heardUpTo);
  }

  /** Emits an event that a client sends. */
  tell(data: string): void {
    this.bus.emit({ type: 'REMOTE_COMMUNICATION', kind: 'k', data });
    this.turn();
  }

  /** Envelopes that a listener has been sent since the last call. */
  takeSent(name: string): string[] {
    return this.host
      .child(name)
      .stdin.splice(0)
      .map((bytes) => Buffer.from(bytes).toString());
  }

  /** Only what clients sent, of that. */
  takeData(name: string): string[] {
    return this.takeSent(name).map((text) => /\ntype:k\n(.*)$/s.exec(text)?.[1] ?? text);
  }
}
