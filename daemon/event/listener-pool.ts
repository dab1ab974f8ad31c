/**
 * A pool of listeners: what waits for them, and which of them handles what. The oldest event goes to the
 * first process, in the order of the configuration, that is RUNNING and has said READY. An event that is
 * not answered with OK goes back to where it came from, the front of the buffer.
 *
 * @see supervisor/process.py, `EventListenerPool`
 */
import type { GroupSettings, LogLevel } from '../../conf/settings.ts';
import { after, type Clock, type Timer } from '../host/clock.ts';
import type { ProcessGroup, SupervisedProcess } from '../process/control.ts';
import { envelope } from './envelope.ts';
import type { ProcessStateEvent } from './event.ts';
import { Listener } from './listener.ts';
import { SerialCounter } from './serial.ts';
import { type ConcreteType, subscription } from './subscription.ts';

/** An event that some pool receives, numbered. */
export interface NumberedEvent {
  readonly type: ConcreteType;
  readonly serial: number;
  readonly payload: string;
}

/** The same in one pool's hands. */
export interface PooledEvent extends NumberedEvent {
  readonly poolSerial: number;
  /** How often it was not answered with OK. */
  rejections: number;
}

export type ListenerPoolSettings = Extract<GroupSettings, { readonly type: 'eventlistener' }>;

/** The group of a pool, as it is at the moment. */
export interface ListenerGroup extends ProcessGroup {
  readonly settings: ListenerPoolSettings;
}

/** What all pools share. */
export interface PoolContext {
  /** `identifier` of the daemon. */
  readonly identifier: string;
  readonly clock: Clock;
  readonly log: (level: LogLevel, text: string) => void;
  /** Calls back when all that goes on now is done, before the event loop waits again. */
  readonly defer: (callback: () => void) => void;
  /** Told when a pool has nothing left to deliver, or nobody to deliver it to. */
  readonly onSettled: () => void;
}

/**
 * An event that has been rejected this many times is sent again after a pause. Until then it is sent at once,
 * as supervisord does for ever: with a listener that never succeeds, both would do nothing else.
 */
const rejectionsWithoutPause = 10;
const pauseSecs = 1;

export class ListenerPool {
  readonly #context: PoolContext;
  #group: ListenerGroup;
  #wanted: ReadonlySet<ConcreteType>;
  /** Oldest first. */
  readonly #buffer: PooledEvent[] = [];
  readonly #serials = new SerialCounter();
  /** Of the processes that have a child. */
  readonly #listeners = new Map<string, Listener>();
  #isDispatchDue = false;
  #pause: Timer | undefined;
  #dropped = 0;

  constructor(group: ListenerGroup, context: PoolContext) {
    this.#context = context;
    this.#group = group;
    this.#wanted = subscription(group.settings.events);
  }

  get name(): string {
    return this.#group.settings.name;
  }

  /** Types of the events that the pool receives. */
  get wanted(): ReadonlySet<ConcreteType> {
    return this.#wanted;
  }

  /** How many events were dropped because the buffer was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many events wait for a listener. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** Whether events wait for a listener that may still take them, or for an answer. */
  get isDelivering(): boolean {
    for (const listener of this.#listeners.values()) {
      if (!listener.isRunning || listener.state === 'UNKNOWN') continue;
      if (this.#buffer.length > 0 || listener.state === 'BUSY') return true;
    }
    return false;
  }

  /** The group has new settings or other members. What waits and what is being handled stays. */
  regroup(group: ListenerGroup): void {
    this.#group = group;
    this.#wanted = subscription(group.settings.events);
    this.#dispatchSoon();
  }

  /** Takes an event that the pool wants. */
  accept(event: NumberedEvent): void {
    this.#makeRoom();
    this.#buffer.push({ ...event, poolSerial: this.#serials.next(), rejections: 0 });
    this.#dispatchSoon();
  }

  /** A process of the group is in another state. */
  processChanged(event: ProcessStateEvent): void {
    const { processname: name } = event;
    const listener = this.#listeners.get(name);
    switch (event.type) {
      case 'PROCESS_STATE_STARTING':
        this.#listeners.set(name, new Listener(name, this.#context.log));
        break;
      case 'PROCESS_STATE_RUNNING':
        if (listener !== undefined) listener.isRunning = true;
        break;
      case 'PROCESS_STATE_STOPPING':
      case 'PROCESS_STATE_UNKNOWN':
        if (listener !== undefined) listener.isRunning = false;
        break;
      case 'PROCESS_STATE_BACKOFF':
      case 'PROCESS_STATE_EXITED':
      case 'PROCESS_STATE_STOPPED':
      case 'PROCESS_STATE_FATAL':
        this.#listeners.delete(name);
        // It died before it answered.
        if (listener?.event !== undefined) this.#reject(listener.event);
        break;
      default:
        event satisfies never;
    }
    this.#dispatchSoon();
    this.#tellSettled();
  }

  /** A process of the group wrote to its stdout. */
  hear(name: string, bytes: Buffer): void {
    const rejected = this.#listeners.get(name)?.hear(bytes);
    if (rejected !== undefined) this.#reject(rejected);
    // At once: one that is READY has nothing else to do.
    this.#dispatch();
    this.#tellSettled();
  }

  /** Forgets all, and cancels the timer. */
  [Symbol.dispose](): void {
    this.#pause?.cancel();
    this.#listeners.clear();
    this.#buffer.length = 0;
  }

  /** Puts an event back in front of the others. */
  #reject(event: PooledEvent): void {
    event.rejections += 1;
    this.#tellRebuffering(event, this.#buffer.length);
    this.#makeRoom();
    this.#buffer.unshift(event);
    if (event.rejections <= rejectionsWithoutPause || this.#pause !== undefined) return;
    const { clock } = this.#context;
    this.#pause = clock.setTimer(after(clock.now().instant, pauseSecs), () => {
      this.#pause = undefined;
      this.#dispatchSoon();
    });
  }

  #tellRebuffering({ serial }: PooledEvent, others: number): void {
    const { buffer_size: max } = this.#group.settings;
    const text = `rebuffering event ${serial} for pool ${this.name} (buf size=${others}, max=${max})`;
    this.#context.log('debug', text);
  }

  #makeRoom(): void {
    while (this.#buffer.length >= this.#group.settings.buffer_size) {
      const discarded = this.#buffer.shift();
      this.#dropped += 1;
      const text = `pool ${this.name} event buffer overflowed, discarding event ${discarded?.serial}`;
      this.#context.log('error', text);
    }
  }

  #tellSettled(): void {
    if (!this.isDelivering) this.#context.onSettled();
  }

  /**
   * Later, when everything that has happened at once is known: an event that a dying listener gives back
   * comes before the news of its death.
   */
  #dispatchSoon(): void {
    if (this.#isDispatchDue || this.#buffer.length === 0) return;
    this.#isDispatchDue = true;
    this.#context.defer(() => {
      this.#isDispatchDue = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#pause !== undefined || !this.#hasTaker()) return;
    for (let [event] = this.#buffer; event !== undefined; [event] = this.#buffer) {
      if (!this.#send(event)) {
        this.#tellRebuffering(event, this.#buffer.length - 1);
        return;
      }
      this.#buffer.shift();
    }
  }

  #hasTaker(): boolean {
    for (const listener of this.#listeners.values()) if (listener.canTake) return true;
    return false;
  }

  /** Sends an event to the first that can take it, in the order of the configuration. `false`: nobody can. */
  #send(event: PooledEvent): boolean {
    const bytes = Buffer.from(this.#envelope(event));
    for (const process of this.#group.processes.values()) {
      const listener = this.#listeners.get(process.settings.name);
      if (listener?.canTake && this.#sendTo(listener, process, event, bytes)) return true;
    }
    return false;
  }

  #sendTo(
    listener: Listener,
    { settings, child }: SupervisedProcess,
    event: PooledEvent,
    bytes: Buffer,
  ): boolean {
    switch (child.writeStdin(bytes)) {
      case 'queued':
        listener.handle(event);
        return true;
      case 'closed':
        this.#context.log(
          'debug',
          `epipe occurred while sending event ${event.serial} to listener ${settings.name}, listener state unchanged`,
        );
        return false;
      case 'full':
        listener.isFull = true;
        this.#context.log(
          'warn',
          `listener ${settings.name} does not read its stdin; it is sent nothing until it does`,
        );
        child.onceStdinDrained(() => {
          listener.isFull = false;
          this.#dispatchSoon();
        });
        return false;
    }
  }

  #envelope({ serial, poolSerial, type, payload }: PooledEvent): string {
    const { identifier: server } = this.#context;
    return envelope({ server, serial, pool: this.name, poolserial: poolSerial, eventname: type }, payload);
  }
}
