/**
 * A pool, real FIFOs to the stdin of its listeners, and a daemon that is killed at any of its steps: before or after
 * a record is written, which is before or after a piece is marked and written. The listeners live on or not, and
 * what they say meanwhile waits for the next daemon.
 */
import { closeSync, mkdtempSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type StateDetails, stateEvent } from '../../../daemon/event/event.ts';
import { EventBus } from '../../../daemon/event/event-bus.ts';
import { EventLedger, type EventRecord } from '../../../daemon/event/event-ledger.ts';
import { SerialCounter } from '../../../daemon/event/serial.ts';
import { ChildStdin } from '../../../daemon/host/child-stdin.ts';
import type { Epoll } from '../../../daemon/host/epoll.ts';
import type { ChildHandle } from '../../../daemon/host/host.ts';
import { bytesIn } from '../../../daemon/host/libc/bytes.ts';
import { doesWritingUnmark } from '../../../daemon/host/marked-pieces.ts';
import type { SupervisedProcess } from '../../../daemon/process/control.ts';
import { FakeProcess } from '../../support/fake-supervisor.ts';
import { poolSettings } from '../../support/process-settings.ts';
import { SimulatedClock } from '../../support/simulated-clock.ts';
import { SimulatedWallClock } from '../../support/simulated-wall-clock.ts';

const names = ['a', 'b'] as const;
type Name = (typeof names)[number];
const words = { ready: 'READY\n', ok: 'RESULT 2\nOK', fail: 'RESULT 4\nFAIL' } as const;

const settings = poolSettings(
  'pool',
  names.map((name) => ({ name })),
  { events: ['REMOTE_COMMUNICATION'], buffer_size: 100_000 },
);

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'killed-model-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

class Killed extends Error {}

/** When a daemon is killed: so many records from now, before or after that one is written. */
interface Fuse {
  left: number;
  readonly side: 'before' | 'after';
}

/** Records after which the file is written anew. */
const longestFile = 40;

/** A listener as who wrote it would see it, child after child. */
class Partner {
  readonly name: Name;
  readonly path: string;
  /** All that its children have said. */
  said = '';
  /** Offset before which nothing is kept of that: a daemon has heard it, and put on record what it has to. */
  keptFrom = 0;
  /** The envelopes that it has read, whole, and those that it has answered with OK. */
  readonly received: string[] = [];
  readonly handled: string[] = [];
  #stdin: number | undefined;
  #state: 'new' | 'ready' | 'busy' = 'new';
  #unread = '';
  /** What it is saying. */
  #word: { readonly type: keyof typeof words; rest: string } | undefined;

  constructor(name: Name) {
    this.name = name;
    this.path = join(directory, `${name}.stdin`);
  }

  get isAlive(): boolean {
    return this.#stdin !== undefined;
  }

  begin(stdin: number): void {
    this.#stdin = stdin;
    this.#state = 'new';
    this.#unread = '';
    this.#word = undefined;
  }

  end(): void {
    if (this.#stdin !== undefined) closeSync(this.#stdin);
    this.#stdin = undefined;
  }

  read(max: number): void {
    if (this.#stdin === undefined) return;
    const bytes = Buffer.alloc(Math.min(max, bytesIn(this.#stdin)));
    if (bytes.length > 0) readSync(this.#stdin, bytes);
    this.#unread += bytes.toString('latin1');
    if (this.#state !== 'ready') {
      expect(this.#unread).toBe('');
      return;
    }
    const header = /^.*\n/.exec(this.#unread)?.[0];
    if (header === undefined) return;
    expect(header).toMatch(/^ver:3.0 server:supervisor serial:\d+ pool:pool poolserial:\d+ /);
    const length = header.length + Number(/ len:(\d+)\n$/.exec(header)?.[1]);
    if (this.#unread.length < length) return;
    expect(this.#unread.length).toBe(length);
    this.received.push(this.#unread);
    this.#unread = '';
    this.#state = 'busy';
  }

  speak(max: number, answer: 'ok' | 'fail'): void {
    if (!this.isAlive || this.#state === 'ready') return;
    const type = this.#state === 'new' ? 'ready' : answer;
    this.#word ??= { type, rest: words[type] };
    const word = this.#word;
    this.said += word.rest.slice(0, max);
    word.rest = word.rest.slice(max);
    if (word.rest !== '') return;
    this.#word = undefined;
    this.#state = word.type === 'ready' ? 'ready' : 'new';
    if (word.type === 'ok') this.handled.push(this.received.at(-1) ?? '');
  }
}

/** One of the daemons that follow one another: what dies with it. */
class Incarnation {
  readonly clock = new SimulatedClock();
  readonly bus: EventBus;
  fuse: Fuse | undefined;
  restarts = 0;
  readonly #partners: readonly Partner[];
  readonly #processes: ReadonlyMap<string, FakeProcess>;
  readonly #stdins: ReadonlyMap<string, ChildStdin>;
  readonly #heardUpTo = new Map<Name, number>();
  readonly #deferred: (() => void)[] = [];

  constructor(partners: readonly Partner[], records: EventRecord[]) {
    this.#partners = partners;
    this.#processes = new Map(settings.processes.map((each) => [each.name, new FakeProcess(each)]));
    // The test looks whether there is room; nobody has to be told.
    const epoll = { add() {}, remove() {} } as unknown as Epoll;
    this.#stdins = new Map(
      partners.map(({ name, path }) => [name, new ChildStdin(path, epoll, 'with the child')]),
    );
    const ledger = new EventLedger({
      identifier: 'supervisor',
      serials: new SerialCounter(),
      records: [...records],
    });
    // As a file of records does, now and whenever it has grown.
    const rewrite = () => void records.splice(0, records.length, ...copies(ledger.snapshot()));
    rewrite();
    ledger.recordIn({
      append: (record) => this.#write(records, record, rewrite),
      remove() {},
      [Symbol.dispose]() {},
    });
    const group = { settings, processes: new Map(partners.map(({ name }) => [name, this.#process(name)])) };
    this.bus = new EventBus({
      identifier: 'supervisor',
      ledger,
      clock: this.clock,
      wallClock: new SimulatedWallClock(),
      groups: () => new Map([['pool', group]]),
      log: () => undefined,
      defer: (callback) => void this.#deferred.push(callback),
      onSettled: () => undefined,
      restart: (_, name) => {
        this.restarts += 1;
        this.dies(this.#partner(name));
      },
    });
  }

  /** Goes on where the daemon before was killed. */
  begin(): void {
    this.bus.emit({ type: 'PROCESS_GROUP_ADDED', groupname: 'pool' });
    for (const partner of this.#partners) {
      const { name, isAlive } = partner;
      const { heardUpTo = partner.said.length } = this.bus.listenTo(this.#fake(name).settings) ?? {};
      expect(heardUpTo).toBeGreaterThanOrEqual(partner.keptFrom);
      this.#heardUpTo.set(name, heardUpTo);
      if (!isAlive) continue;
      this.#stdin(name).adopt(0);
      this.#fake(name).run();
      this.bus.adopt(this.#fake(name).settings);
    }
    for (const partner of this.#partners) if (!partner.isAlive) this.#ended(partner);
    this.bus.recovered();
    for (const partner of this.#partners) if (!partner.isAlive) this.#starts(partner);
  }

  tell(data: string): void {
    this.bus.emit({ type: 'REMOTE_COMMUNICATION', kind: 'k', data });
  }

  hears(partner: Partner): void {
    const { name, said } = partner;
    const offset = this.#heardUpTo.get(name) ?? 0;
    if (said.length === offset) return;
    this.bus.listenTo(this.#fake(name).settings)?.hear(Buffer.from(said.slice(offset)), offset);
    this.#heardUpTo.set(name, said.length);
    partner.keptFrom = said.length;
  }

  dies(partner: Partner): void {
    partner.end();
    this.#ended(partner);
    this.#starts(partner);
  }

  /** The event loop goes on to its next turn. */
  turn(): void {
    for (let next = this.#deferred.shift(); next !== undefined; next = this.#deferred.shift()) next();
    for (const stdin of this.#stdins.values()) stdin.ready();
  }

  /** All that it had open is closed with it. */
  close(): void {
    for (const stdin of this.#stdins.values()) stdin.close();
  }

  #ended(partner: Partner): void {
    this.hears(partner);
    this.#stdin(partner.name).close();
    this.#becomes(partner, 'EXITED', { expected: false, pid: 1 });
  }

  #starts(partner: Partner): void {
    this.#becomes(partner, 'STARTING', { tries: 0 });
    this.bus.listenTo(this.#fake(partner.name).settings)?.begin(partner.said.length);
    partner.begin(this.#stdin(partner.name).open(undefined));
    this.#becomes(partner, 'RUNNING', { pid: 1 });
  }

  #becomes<S extends 'EXITED' | 'STARTING' | 'RUNNING'>(
    { name }: Partner,
    state: S,
    details: StateDetails[S],
  ): void {
    const fake = this.#fake(name);
    const event = stateEvent(fake.settings, fake.state, state, details);
    fake.state = state;
    this.bus.emit(event);
  }

  #write(records: EventRecord[], record: EventRecord, rewrite: () => void): void {
    const { fuse } = this;
    if (fuse !== undefined) fuse.left -= 1;
    const isLast = fuse !== undefined && fuse.left < 0;
    if (!isLast || (fuse.left === -1 && fuse.side === 'after')) {
      if (records.length < longestFile) records.push(...copies([record]));
      else rewrite();
    }
    if (isLast) throw new Killed();
  }

  #process(name: Name): SupervisedProcess {
    const fake = this.#fake(name);
    const stdin = this.#stdin(name);
    const child: ChildHandle = {
      ...fake.child,
      writeStdin: (bytes, progress) => stdin.write(bytes, progress),
      stdinTakenUpTo: (piece, length) => stdin.takenUpTo(piece, length),
      onceStdinDrained: (drained) => stdin.onceDrained(drained),
    };
    return { settings: fake.settings, child, view: () => fake.view() };
  }

  #partner(name: string): Partner {
    return found(this.#partners.find((partner) => partner.name === name));
  }

  #fake(name: Name): FakeProcess {
    return found(this.#processes.get(name));
  }

  #stdin(name: Name): ChildStdin {
    return found(this.#stdins.get(name));
  }
}

/** What becomes of records in a file. */
function copies(records: Iterable<EventRecord>): EventRecord[] {
  return JSON.parse(JSON.stringify([...records]));
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is none');
  return value;
}

type Happening =
  | { readonly type: 'tell'; readonly size: number }
  | { readonly type: 'read'; readonly name: Name; readonly max: number }
  | { readonly type: 'speak'; readonly name: Name; readonly max: number; readonly answer: 'ok' | 'fail' }
  | { readonly type: 'hear' | 'die'; readonly name: Name }
  | { readonly type: 'turn' | 'wait' }
  | { readonly type: 'kill'; readonly left: number; readonly side: Fuse['side'] };

/** The world: what outlives a daemon, and the present one. */
class World {
  readonly partners = names.map((name) => new Partner(name));
  readonly #records: EventRecord[] = [];
  daemon = new Incarnation(this.partners, this.#records);
  /** The events of which the daemon has said that it has them. */
  readonly told: string[] = [];
  #number = 0;
  kills = 0;
  restarts = 0;

  constructor() {
    this.daemon.begin();
  }

  play(next: Happening): void {
    try {
      this.#play(next);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.#replaceDaemon();
    }
  }

  /** From now on all goes well. */
  recover(): void {
    this.#replaceDaemon();
    for (let left = 3 * this.#number + 30; left > 0; left -= 1) {
      for (const { name } of this.partners) {
        this.play({ type: 'read', name, max: 1_000_000 });
        this.play({ type: 'speak', name, max: 100, answer: 'ok' });
        this.play({ type: 'hear', name });
        this.play({ type: 'wait' });
      }
    }
  }

  close(): void {
    this.daemon.close();
    for (const partner of this.partners) partner.end();
  }

  #play(next: Happening): void {
    const { daemon } = this;
    switch (next.type) {
      case 'tell': {
        this.#number += 1;
        const data = `${this.#number}:`.padEnd(next.size, 'x');
        daemon.tell(data);
        this.told.push(data);
        break;
      }
      case 'read':
        this.#partner(next.name).read(next.max);
        break;
      case 'speak':
        this.#partner(next.name).speak(next.max, next.answer);
        break;
      case 'hear':
        daemon.hears(this.#partner(next.name));
        break;
      case 'die':
        daemon.dies(this.#partner(next.name));
        break;
      case 'turn':
        daemon.turn();
        break;
      case 'wait':
        daemon.clock.advance(1);
        daemon.turn();
        break;
      case 'kill':
        daemon.fuse ??= { left: next.left, side: next.side };
        break;
      default:
        next satisfies never;
    }
  }

  #replaceDaemon(): void {
    this.kills += 1;
    this.restarts += this.daemon.restarts;
    this.daemon.close();
    this.daemon = new Incarnation(this.partners, this.#records);
    this.daemon.begin();
  }

  #partner(name: Name): Partner {
    return found(this.partners.find((partner) => partner.name === name));
  }
}

const name = fc.constantFrom(...names);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('tell' as const), size: fc.constantFrom(1, 5000, 100_000) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('read' as const),
      name,
      max: fc.constantFrom(100, 50_000, 1_000_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('speak' as const),
      name,
      max: fc.constantFrom(3, 100, 100),
      answer: fc.constantFrom('ok' as const, 'ok' as const, 'fail' as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('hear' as const), name }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('die' as const), name }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom('turn' as const, 'turn' as const, 'wait' as const) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('kill' as const),
      left: fc.constantFrom(0, 1, 2, 3, 5, 20),
      side: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
);

function numberIn(envelope: string, key: 'serial' | 'poolserial'): number {
  return Number(new RegExp(` ${key}:(\\d+) `).exec(envelope)?.[1]);
}

/** The daemon is killed when it has marked an event that it sends again, and that it was rejected is not on record. */
const killedWithSecondMark: Happening[] = [
  { type: 'tell', size: 1 },
  { type: 'speak', name: 'a', max: 100, answer: 'ok' },
  { type: 'hear', name: 'a' },
  { type: 'read', name: 'a', max: 50_000 },
  { type: 'speak', name: 'a', max: 100, answer: 'fail' },
  { type: 'speak', name: 'a', max: 100, answer: 'fail' },
  { type: 'kill', left: 0, side: 'before' },
  { type: 'hear', name: 'a' },
  { type: 'turn' },
  { type: 'hear', name: 'a' },
];

it('tells each event, whole and as often as it must, wherever daemons are killed', () => {
  fc.assert(
    fc.property(fc.array(happening, { size: 'max', maxLength: 150 }), (all) => {
      const world = new World();
      try {
        for (const each of all) world.play(each);
        world.recover();
        const handled = world.partners.flatMap((partner) => partner.handled);
        const dataOf = (envelope: string) => /\ntype:k\n(.*)$/s.exec(envelope)?.[1];
        for (const data of world.told) expect(handled.map(dataOf)).toContain(data);
        // What is told again has the same numbers, and no other has them.
        const received = world.partners.flatMap((partner) => partner.received);
        for (const key of ['serial', 'poolserial'] as const) {
          const texts = new Map(received.map((envelope) => [numberIn(envelope, key), envelope]));
          expect([...texts.keys()].toSorted((one, other) => one - other)).toEqual(
            Array.from({ length: texts.size }, (_, number) => number),
          );
          for (const envelope of received) expect(envelope).toBe(texts.get(numberIn(envelope, key)));
        }
        expect(world.daemon.bus.pools.get('pool')?.buffered).toBe(0);
        // Nobody had to guess.
        if (doesWritingUnmark(directory)) expect(world.restarts).toBe(0);
      } finally {
        world.close();
      }
    }),
    { examples: [[killedWithSecondMark]] },
  );
});
