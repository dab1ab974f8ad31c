/**
 * What the daemon knows of its events: those that wait in each pool, those that listeners handle, and how far the
 * conversation with each listener is. A change is made here and put on record in one go, so that the daemon after
 * one that was killed goes on where that was.
 *
 * Pure: what it puts on record, somebody else keeps.
 */
import { type NumberedEvent, type PoolChange, PoolState } from './pool-state.ts';
import type { SerialCounter } from './serial.ts';

/** Keeps records for the next daemon. */
export interface EventJournal extends Disposable {
  /** Keeps one more. Must not throw. */
  append(record: EventRecord): void;
  /** No daemon will go on with them. */
  remove(): void;
}

/** A line of the file of events. */
export type EventRecord =
  | {
      readonly type: 'accepted';
      readonly event: NumberedEvent;
      readonly pools: readonly string[];
      readonly origin?: string;
    }
  | { readonly type: 'changed'; readonly pool: string; readonly change: PoolChange }
  | { readonly type: 'removed'; readonly pool: string }
  /** All of these in one step. */
  | { readonly type: 'together'; readonly records: readonly EventRecord[] }
  /** These two begin a file; records of changes then make its pools. */
  | { readonly type: 'daemon'; readonly identifier: string; readonly nextSerial: number }
  | { readonly type: 'origins'; readonly origins: readonly string[] };

export interface EventLedgerOptions {
  /** Of the daemon. */
  readonly identifier: string;
  /** Numbers events through all lives of the daemon. */
  readonly serials: SerialCounter;
  /** What the daemon before has left. */
  readonly records?: readonly EventRecord[];
}

/**
 * How many origins are remembered. An event can come again only if the daemon was killed before its output was on
 * record as dealt with, which happens before much else does.
 */
const maxOrigins = 2048;

export class EventLedger implements Disposable {
  readonly #identifier: string;
  readonly #serials: SerialCounter;
  readonly #pools = new Map<string, PoolState>();
  /** Oldest first. */
  readonly #origins = new Set<string>();
  /** Of the daemon that has left the records. */
  #formerIdentifier: string | undefined;
  #journal: EventJournal | undefined;
  /** Records that are to be kept with the next one. */
  #pending: EventRecord[] = [];

  constructor({ identifier, serials, records = [] }: EventLedgerOptions) {
    this.#identifier = identifier;
    this.#serials = serials;
    for (const record of records) this.#apply(record);
  }

  /** Names of the pools of which something is known. */
  get pools(): readonly string[] {
    return [...this.#pools.keys()];
  }

  /** Whether what this daemon sends is, byte for byte, what the one before would have sent. */
  get sendsAsBefore(): boolean {
    return this.#formerIdentifier === this.#identifier;
  }

  /** From now on, changes are put on record here. */
  recordIn(journal: EventJournal): void {
    this.#journal = journal;
  }

  /** What is known of a pool: of a new one nothing. */
  pool(name: string): PoolState {
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const pool = new PoolState();
    this.#pools.set(name, pool);
    return pool;
  }

  /** Whether an event of output from there has been accepted. */
  hasAccepted(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Numbers an event and gives it to pools. @param origin of an event of output, if it can come again */
  accept(event: Omit<NumberedEvent, 'serial'>, pools: readonly string[], origin?: string): void {
    const { type, payload } = event;
    const numbered = { type, serial: this.#serials.following, payload };
    this.#make({ type: 'accepted', event: numbered, pools, ...(origin !== undefined && { origin }) });
    this.flush();
  }

  /** Makes a change of a pool. */
  change(pool: string, change: PoolChange): void {
    this.changeSoon(pool, change);
    this.flush();
  }

  /** Makes a change that is put on record with the next one, or by `flush`: until then nothing must come of it. */
  changeSoon(pool: string, change: PoolChange): void {
    this.#make({ type: 'changed', pool, change });
  }

  /** Makes a change that the next daemon can find out about by itself. */
  changeQuietly(pool: string, change: PoolChange): void {
    this.pool(pool).apply(change);
  }

  /** A pool is no more. */
  remove(pool: string): void {
    this.#make({ type: 'removed', pool });
    this.flush();
  }

  /** Puts on record what is not yet there. */
  flush(): void {
    const records = this.#pending;
    this.#pending = [];
    const [first] = records;
    if (first === undefined) return;
    this.#journal?.append(records.length === 1 ? first : { type: 'together', records });
  }

  /** Records that make a new ledger like this one. */
  *snapshot(): Iterable<EventRecord> {
    yield { type: 'daemon', identifier: this.#identifier, nextSerial: this.#serials.following };
    if (this.#origins.size > 0) yield { type: 'origins', origins: [...this.#origins] };
    for (const [pool, state] of this.#pools) {
      for (const change of state.snapshot()) yield { type: 'changed', pool, change };
    }
  }

  /** Leaves what is on record to the next daemon. */
  [Symbol.dispose](): void {
    this.#journal?.[Symbol.dispose]();
    this.#journal = undefined;
  }

  /** All has come to its end: there is nothing to go on with. */
  forget(): void {
    this.#journal?.remove();
    this.#journal = undefined;
  }

  #make(change: EventRecord): void {
    // At once: a record may be written as a part of a snapshot.
    this.#apply(change);
    this.#pending.push(change);
  }

  #apply(record: EventRecord): void {
    switch (record.type) {
      case 'accepted':
        this.#serials.skipTo(record.event.serial + 1);
        for (const pool of record.pools) this.pool(pool).accept(record.event);
        if (record.origin !== undefined) this.#remember(record.origin);
        break;
      case 'changed':
        this.pool(record.pool).apply(record.change);
        break;
      case 'removed':
        this.#pools.delete(record.pool);
        break;
      case 'together':
        for (const each of record.records) this.#apply(each);
        break;
      case 'daemon':
        this.#formerIdentifier = record.identifier;
        this.#serials.skipTo(record.nextSerial);
        break;
      case 'origins':
        for (const origin of record.origins) this.#remember(origin);
        break;
      default:
        record satisfies never;
    }
  }

  #remember(origin: string): void {
    this.#origins.add(origin);
    if (this.#origins.size <= maxOrigins) return;
    for (const oldest of this.#origins) {
      this.#origins.delete(oldest);
      return;
    }
  }
}
