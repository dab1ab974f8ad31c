/**
 * All that a pool knows, and the changes of it. Pure: the pool makes a change here, and the same change, read from
 * the file of a daemon that was killed, makes the same state again.
 */
import { busyConversation, type Conversation, newConversation } from './listener-protocol.ts';
import { SerialCounter } from './serial.ts';
import type { ConcreteType } from './subscription.ts';

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
  readonly rejections: number;
}

/** How far the envelope of an event has come into the stdin of a listener. */
export type Delivery =
  /** Its bytes from `from` on wait for room. */
  | { readonly type: 'waiting'; readonly from: number }
  /** The piece that begins at `from` has been written, or not yet: the stdin can tell, if it `isMarked`. */
  | { readonly type: 'writing'; readonly from: number; readonly isMarked: boolean }
  | { readonly type: 'sent' };

/** What is known of a child that receives events. */
export interface KnownListener {
  readonly conversation: Conversation;
  /** Offset in its output of what it has not been heard to say yet; `undefined`: it has no output yet. */
  readonly heardUpTo?: number | undefined;
  /** What it was sent and has not answered. */
  readonly task?: Task | undefined;
  /** It answered before it had been sent all of an event, and the rest is on its way. */
  readonly isOwed?: true | undefined;
}

/** An event in the hands of a listener. */
export interface Task {
  readonly event: PooledEvent;
  readonly delivery: Delivery;
}

/** What a listener's words mean for the event that it handles. */
export type Verdict = 'handled' | 'rejected';

export type PoolChange =
  /** There is no room for an event. */
  | { readonly type: 'dropped'; readonly poolSerial: number }
  /** A listener has a new child. */
  | { readonly type: 'started'; readonly listener: string }
  /** The envelope of its event is on the way. A listener without one takes the first that waits. */
  | { readonly type: 'sending'; readonly listener: string; readonly delivery: Delivery }
  /** It could not be sent: the event waits again, and the listener is ready for another. */
  | { readonly type: 'unsent'; readonly listener: string }
  /** It has all of an event that it had answered before. */
  | { readonly type: 'caught up'; readonly listener: string }
  /** It has said something, with this result. */
  | {
      readonly type: 'heard';
      readonly listener: string;
      readonly conversation: Conversation;
      readonly heardUpTo: number;
      readonly verdict?: Verdict | undefined;
      readonly isOwed?: true | undefined;
    }
  /** Its child is no more, or can no longer be understood. */
  | { readonly type: 'ended'; readonly listener: string }
  /** These three stand for all changes before: first the counters, then each event that waits and each listener. */
  | { readonly type: 'counted'; readonly nextSerial: number; readonly dropped: number }
  | { readonly type: 'buffered'; readonly event: PooledEvent }
  | { readonly type: 'known'; readonly listener: string; readonly state: KnownListener };

type Heard = Extract<PoolChange, { readonly type: 'heard' }>;

export class PoolState {
  /** Oldest first. */
  readonly #buffer: PooledEvent[] = [];
  readonly #listeners = new Map<string, KnownListener>();
  readonly #serials = new SerialCounter();
  #dropped = 0;

  /** The events that wait, oldest first. */
  get buffer(): readonly PooledEvent[] {
    return this.#buffer;
  }

  /** By name. */
  get listeners(): ReadonlyMap<string, KnownListener> {
    return this.#listeners;
  }

  /** How many events wait or are being handled. */
  get unhandled(): number {
    const tasks = [...this.#listeners.values()].filter(({ task }) => task !== undefined);
    return this.#buffer.length + tasks.length;
  }

  /** How many events were dropped because the buffer was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** An event takes its place behind the others. */
  accept({ type, serial, payload }: NumberedEvent): void {
    this.#buffer.push({ type, serial, payload, poolSerial: this.#serials.next(), rejections: 0 });
  }

  /** Makes a change. One that makes no sense in this state changes nothing. */
  apply(change: PoolChange): void {
    switch (change.type) {
      case 'dropped':
        this.#drop(change.poolSerial);
        break;
      case 'started':
        this.#listeners.set(change.listener, { conversation: newConversation });
        break;
      case 'sending':
        this.#send(change.listener, change.delivery);
        break;
      case 'caught up':
        this.#set(change.listener, { isOwed: undefined });
        break;
      case 'unsent':
        this.#takeBack(change.listener, { isRejected: false });
        this.#set(change.listener, { conversation: { state: 'READY' }, task: undefined });
        break;
      case 'heard':
        this.#hear(change);
        break;
      case 'ended':
        this.#takeBack(change.listener, { isRejected: true });
        this.#listeners.delete(change.listener);
        break;
      case 'counted':
        this.#serials.skipTo(change.nextSerial);
        this.#dropped = change.dropped;
        break;
      case 'buffered':
        this.#buffer.push(change.event);
        break;
      case 'known':
        this.#listeners.set(change.listener, change.state);
        break;
      default:
        change satisfies never;
    }
  }

  /** Changes that make a new pool like this one. */
  *snapshot(): Iterable<PoolChange> {
    yield { type: 'counted', nextSerial: this.#serials.following, dropped: this.#dropped };
    for (const event of this.#buffer) yield { type: 'buffered', event };
    for (const [listener, state] of this.#listeners) yield { type: 'known', listener, state };
  }

  #drop(poolSerial: number): void {
    const index = this.#buffer.findIndex((event) => event.poolSerial === poolSerial);
    if (index === -1) return;
    this.#buffer.splice(index, 1);
    this.#dropped += 1;
  }

  #send(listener: string, delivery: Delivery): void {
    const { task } = this.#listeners.get(listener) ?? {};
    const event = task?.event ?? this.#buffer.shift();
    if (event === undefined) return;
    const isNew = task === undefined;
    this.#set(listener, { task: { event, delivery }, ...(isNew && { conversation: busyConversation }) });
  }

  #hear({ listener, conversation, heardUpTo, verdict, isOwed }: Heard): void {
    if (verdict === 'rejected') this.#takeBack(listener, { isRejected: true });
    this.#set(listener, {
      conversation,
      heardUpTo,
      ...(verdict !== undefined && { task: undefined }),
      ...(isOwed && { isOwed }),
    });
  }

  /** The event of a listener, if it has one, waits again, before all others. */
  #takeBack(listener: string, { isRejected }: { readonly isRejected: boolean }): void {
    const event = this.#listeners.get(listener)?.task?.event;
    if (event === undefined) return;
    this.#buffer.unshift(isRejected ? { ...event, rejections: event.rejections + 1 } : event);
  }

  /** Other things of a listener stay as they are. */
  #set(listener: string, change: Partial<KnownListener>): void {
    this.#listeners.set(listener, {
      conversation: newConversation,
      ...this.#listeners.get(listener),
      ...change,
    });
  }
}
