/**
 * A pool of listeners: what waits for them, and which of them handles what. The oldest event goes to the
 * first process, in the order of the configuration, that is RUNNING and has said READY. An event that is
 * not answered with OK goes back to where it came from, the front of the buffer.
 *
 * @see supervisor/process.py, `EventListenerPool`
 */
import type { GroupSettings, LogLevel } from '../../conf/settings.ts';
import type { StdinProgress } from '../host/child-stdin.ts';
import { after, type Clock, type Timer } from '../host/clock.ts';
import type { ChildHandle } from '../host/host.ts';
import type { ProcessGroup, SupervisedProcess } from '../process/control.ts';
import { envelope } from './envelope.ts';
import type { ProcessStateEvent } from './event.ts';
import type { EventLedger } from './event-ledger.ts';
import { Listener } from './listener.ts';
import type { ListenerState } from './listener-protocol.ts';
import type { Delivery, PoolChange, PooledEvent, PoolState, Task } from './pool-state.ts';
import { type ConcreteType, subscription } from './subscription.ts';

export type ListenerPoolSettings = Extract<GroupSettings, { readonly type: 'eventlistener' }>;

/** The group of a pool, as it is at the moment. */
export interface ListenerGroup extends ProcessGroup {
  readonly settings: ListenerPoolSettings;
}

/** What all pools share. */
export interface PoolContext {
  /** `identifier` of the daemon. */
  readonly identifier: string;
  /** What is known of all pools, from the daemon before too. */
  readonly ledger: EventLedger;
  readonly clock: Clock;
  readonly log: (level: LogLevel, text: string) => void;
  /** Calls back when all that goes on now is done, before the event loop waits again. */
  readonly defer: (callback: () => void) => void;
  /** Told when a pool has nothing left to deliver, or nobody to deliver it to. */
  readonly onSettled: () => void;
  /** Stops a process and starts it again. */
  readonly restart: (group: string, process: string) => void;
}

/**
 * An event that has been rejected this many times is sent again after a pause. Until then it is sent at once,
 * as supervisord does for ever: with a listener that never succeeds, both would do nothing else.
 */
const rejectionsWithoutPause = 10;
const pauseSecs = 1;

export class ListenerPool {
  readonly #context: PoolContext;
  readonly #state: PoolState;
  #group: ListenerGroup;
  #wanted: ReadonlySet<ConcreteType>;
  /** Of the processes that have a child. */
  readonly #listeners = new Map<string, Listener>();
  /** Those that the daemon before had, until it turns out whether they still live. */
  readonly #former: Set<string>;
  #isDispatchDue = false;
  #pause: Timer | undefined;

  /** Goes on with what the ledger knows of a pool of that name. */
  constructor(group: ListenerGroup, context: PoolContext) {
    this.#context = context;
    this.#group = group;
    this.#wanted = subscription(group.settings.events);
    this.#state = context.ledger.pool(this.name);
    this.#former = new Set(this.#state.listeners.keys());
    for (const name of this.#former) this.#listeners.set(name, new Listener(name, context.log));
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
    return this.#state.dropped;
  }

  /** How many events wait for a listener. */
  get buffered(): number {
    return this.#state.buffer.length;
  }

  /** How many events wait or are being handled. */
  get unhandled(): number {
    return this.#state.unhandled;
  }

  /** Whether events wait for a listener that may still take them, or for an answer. */
  get isDelivering(): boolean {
    for (const [name, { isRunning }] of this.#listeners) {
      const state = this.#stateOf(name);
      if (!isRunning || state === 'UNKNOWN') continue;
      if (this.buffered > 0 || state === 'BUSY') return true;
    }
    return false;
  }

  /** The group has new settings or other members. What waits and what is being handled stays. */
  regroup(group: ListenerGroup): void {
    this.#group = group;
    this.#wanted = subscription(group.settings.events);
    this.#dispatchSoon();
  }

  /** An event that the pool wants is in its buffer. */
  accepted(): void {
    this.#makeRoom(0);
    this.#dispatchSoon();
  }

  /** A process of the group is in another state. */
  processChanged(event: ProcessStateEvent): void {
    const { processname: name } = event;
    const listener = this.#listeners.get(name);
    switch (event.type) {
      case 'PROCESS_STATE_STARTING':
        this.#end(name);
        this.#change({ type: 'started', listener: name });
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
        this.#end(name);
        break;
      default:
        event satisfies never;
    }
    this.#dispatchSoon();
    this.#tellSettled();
  }

  /**
   * A process of the group has its child from an earlier daemon: goes on in the conversation with it. If that
   * cannot be, the process is restarted.
   */
  adopt(name: string): void {
    this.#former.delete(name);
    const listener = this.#listeners.get(name) ?? new Listener(name, this.#context.log);
    this.#listeners.set(name, listener);
    listener.isRunning = this.#group.processes.get(name)?.view().state === 'RUNNING';
    const known = this.#state.listeners.get(name);
    if (known === undefined) this.#doubt(name, 'the conversation with it is not known');
    else if (known.isOwed) this.#doubt(name, 'a part of an event that it has answered was never sent');
    else if (known.task !== undefined) this.#goOnSending(name, known.task);
    this.#dispatchSoon();
  }

  /** Processes of an earlier daemon that have not been adopted by now are no more. */
  recovered(): void {
    const orphans = [...this.#former].toSorted(
      (one, other) => this.#taskSerial(other) - this.#taskSerial(one),
    );
    // From the youngest event on, so that the oldest comes to be first.
    for (const name of orphans) this.#end(name);
    this.#dispatchSoon();
  }

  /** Offset in the output of a process up to which an earlier daemon has heard it. */
  heardUpTo(name: string): number | undefined {
    return this.#state.listeners.get(name)?.heardUpTo;
  }

  /** A process of the group is about to have a child, whose words will begin at an offset in its output. */
  begin(name: string, offset: number): void {
    const known = this.#state.listeners.get(name);
    if (known === undefined) return;
    this.#change({ type: 'heard', listener: name, conversation: known.conversation, heardUpTo: offset });
  }

  /** A process of the group wrote to its stdout. */
  hear(name: string, bytes: Buffer, offset: number): void {
    const known = this.#state.listeners.get(name);
    const listener = this.#listeners.get(name);
    // One that has broken the protocol is heard no more, however long it talks.
    if (known === undefined || listener === undefined || known.conversation.state === 'UNKNOWN') return;
    if (known.heardUpTo !== undefined && known.heardUpTo !== offset) {
      this.#doubt(name, 'a part of what it said was lost');
      return;
    }
    const { conversation, verdict } = listener.hear(known.conversation, bytes);
    const { ledger } = this.#context;
    const { task } = known;
    ledger.changeSoon(this.name, {
      type: 'heard',
      listener: name,
      conversation,
      heardUpTo: offset + bytes.length,
      verdict,
      ...(verdict !== undefined && task !== undefined && task.delivery.type !== 'sent' && { isOwed: true }),
    });
    if (verdict === 'rejected' && task !== undefined) {
      // Before it is sent again: the marks of its pieces are the same ones then.
      ledger.flush();
      this.#cameBack(task.event);
    }
    // At once: one that is READY has nothing else to do.
    this.#dispatch();
    ledger.flush();
    this.#tellSettled();
  }

  /** Cancels the timer. What the pool knows is left as it is. */
  [Symbol.dispose](): void {
    this.#pause?.cancel();
    this.#listeners.clear();
  }

  #change(change: PoolChange): void {
    this.#context.ledger.change(this.name, change);
  }

  #stateOf(name: string): ListenerState {
    return this.#state.listeners.get(name)?.conversation.state ?? 'UNKNOWN';
  }

  #taskSerial(name: string): number {
    return this.#state.listeners.get(name)?.task?.event.poolSerial ?? -1;
  }

  /** A process has no child any more. */
  #end(name: string): void {
    this.#former.delete(name);
    this.#listeners.delete(name);
    this.#forget(name);
  }

  /** Nothing is known of a listener any more. An event that it had comes back: nobody will answer it. */
  #forget(name: string): void {
    const known = this.#state.listeners.get(name);
    if (known === undefined) return;
    this.#change({ type: 'ended', listener: name });
    if (known.task !== undefined) this.#cameBack(known.task.event);
  }

  /** An event is in front of the others again, since it was not handled. */
  #cameBack({ serial, rejections }: PooledEvent): void {
    this.#tellRebuffering(serial, this.buffered - 1);
    this.#makeRoom(1);
    if (rejections < rejectionsWithoutPause || this.#pause !== undefined) return;
    const { clock } = this.#context;
    this.#pause = clock.setTimer(after(clock.now().instant, pauseSecs), () => {
      this.#pause = undefined;
      this.#dispatchSoon();
    });
  }

  #tellRebuffering(serial: number, others: number): void {
    const { buffer_size: max } = this.#group.settings;
    const text = `rebuffering event ${serial} for pool ${this.name} (buf size=${others}, max=${max})`;
    this.#context.log('debug', text);
  }

  /** Drops what is too much, the oldest first, except for the first `kept` events. */
  #makeRoom(kept: number): void {
    while (this.buffered > this.#group.settings.buffer_size) {
      const discarded = this.#state.buffer[kept];
      if (discarded === undefined) return;
      const { poolSerial, serial } = discarded;
      this.#change({ type: 'dropped', poolSerial });
      const text = `pool ${this.name} event buffer overflowed, discarding event ${serial}`;
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
    if (this.#isDispatchDue || this.buffered === 0) return;
    this.#isDispatchDue = true;
    this.#context.defer(() => {
      this.#isDispatchDue = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#pause !== undefined || !this.#hasTaker()) return;
    for (let [event] = this.#state.buffer; event !== undefined; [event] = this.#state.buffer) {
      if (this.#send(event)) continue;
      this.#tellRebuffering(event.serial, this.buffered - 1);
      return;
    }
  }

  #hasTaker(): boolean {
    for (const [name, listener] of this.#listeners) if (this.#canTake(name, listener)) return true;
    return false;
  }

  #canTake(name: string, { isRunning, isFull }: Listener): boolean {
    return isRunning && !isFull && this.#stateOf(name) === 'READY';
  }

  /** Sends the first event to the first that can take it, in the order of the configuration. `false`: nobody can. */
  #send(event: PooledEvent): boolean {
    const bytes = this.#envelope(event);
    for (const process of this.#group.processes.values()) {
      const { name } = process.settings;
      const listener = this.#listeners.get(name);
      if (listener === undefined || !this.#canTake(name, listener)) continue;
      if (this.#sendTo(listener, process, event, bytes)) return true;
    }
    return false;
  }

  #sendTo(
    listener: Listener,
    { settings: { name }, child }: SupervisedProcess,
    event: PooledEvent,
    bytes: Buffer,
  ): boolean {
    const outcome = child.writeStdin(bytes, this.#progress(name, event, 0));
    switch (outcome) {
      case 'queued':
        // Behind other bytes: nothing of it has been tried yet.
        if (!this.#hasTask(name)) this.#tellDelivery(name, event, { type: 'waiting', from: 0 });
        this.#context.log('debug', `event ${event.serial} sent to listener ${name}`);
        return true;
      case 'closed':
        if (this.#hasTask(name)) this.#change({ type: 'unsent', listener: name });
        this.#context.log(
          'debug',
          `epipe occurred while sending event ${event.serial} to listener ${name}, listener state unchanged`,
        );
        return false;
      case 'full':
        listener.isFull = true;
        this.#context.log(
          'warn',
          `listener ${name} does not read its stdin; it is sent nothing until it does`,
        );
        child.onceStdinDrained(() => {
          listener.isFull = false;
          this.#dispatchSoon();
        });
        return false;
      default:
        return outcome satisfies never;
    }
  }

  #hasTask(name: string): boolean {
    return this.#state.listeners.get(name)?.task !== undefined;
  }

  #tellDelivery(listener: string, event: PooledEvent, delivery: Delivery): void {
    const task = this.#state.listeners.get(listener)?.task;
    const before = task?.delivery;
    const isCurrent = (task === undefined ? this.#state.buffer[0] : task.event) === event;
    if (!isCurrent) {
      // The answer has come before.
      if (delivery.type === 'sent') this.#change({ type: 'caught up', listener });
    } else if (delivery.type === 'sent' && before?.type === 'writing' && before.isMarked) {
      // The mark is gone, and says so.
      this.#context.ledger.changeQuietly(this.name, { type: 'sending', listener, delivery });
    } else {
      this.#change({ type: 'sending', listener, delivery });
    }
  }

  #progress(name: string, event: PooledEvent, from: number): StdinProgress {
    return {
      first: { number: event.poolSerial, from },
      writing: (piece) => this.#tellDelivery(name, event, { type: 'writing', ...piece }),
      written: () => this.#tellDelivery(name, event, { type: 'sent' }),
    };
  }

  /** Sends the rest of an envelope of which an earlier daemon has sent nothing, a part, or all. */
  #goOnSending(name: string, { event, delivery }: Task): void {
    const child = this.#group.processes.get(name)?.child;
    if (delivery.type === 'sent' || child === undefined) return;
    const bytes = this.#envelope(event);
    const from = takenUpTo(child, event, delivery, bytes.length);
    if (from === undefined) {
      this.#doubt(name, `it is not known whether it has event ${event.serial}`);
    } else if (from === 0) {
      this.#change({ type: 'unsent', listener: name });
    } else if (from === bytes.length) {
      this.#tellDelivery(name, event, { type: 'sent' });
    } else if (!this.#context.ledger.sendsAsBefore) {
      this.#doubt(name, `event ${event.serial} was begun with another identifier`);
    } else {
      this.#tellDelivery(name, event, { type: 'waiting', from });
      child.writeStdin(bytes, this.#progress(name, event, from));
    }
  }

  /** A living listener whose conversation cannot be gone on with begins a new one. */
  #doubt(name: string, reason: string): void {
    const { log, defer, restart } = this.#context;
    log('warn', `listener ${name} is stopped and started again: ${reason}`);
    this.#forget(name);
    // When the daemon knows all processes.
    defer(() => restart(this.name, name));
  }

  #envelope({ serial, poolSerial, type, payload }: PooledEvent): Buffer {
    const { identifier: server } = this.#context;
    const header = { server, serial, pool: this.name, poolserial: poolSerial, eventname: type };
    return Buffer.from(envelope(header, payload));
  }
}

/** How much of an envelope a stdin has; `undefined`: there is no way to know. */
function takenUpTo(
  child: ChildHandle,
  { poolSerial }: PooledEvent,
  delivery: Exclude<Delivery, { readonly type: 'sent' }>,
  length: number,
): number | undefined {
  if (delivery.type === 'waiting') return delivery.from;
  const piece = { number: poolSerial, from: delivery.from };
  return delivery.isMarked ? child.stdinTakenUpTo(piece, length) : undefined;
}
