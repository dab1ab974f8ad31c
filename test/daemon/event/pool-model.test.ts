import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ListeningWorld } from '../../support/listening-world.ts';
import { poolSettings } from '../../support/process-settings.ts';
import { exitStatus } from '../../support/simulated-host.ts';

const names = ['a', 'b'] as const;
type Name = (typeof names)[number];

const words = {
  ready: 'READY\n',
  ok: 'RESULT 2\nOK',
  fail: 'RESULT 4\nFAIL',
  nonsense: 'nonsense\n',
} as const;
type Word = keyof typeof words;

type Happening =
  | { readonly type: 'tell' }
  | { readonly type: 'say'; readonly name: Name; readonly word: Word }
  | { readonly type: 'die'; readonly name: Name }
  | { readonly type: 'stdin'; readonly name: Name; readonly state: 'open' | 'closed' | 'full' }
  | { readonly type: 'wait' };

const name = fc.constantFrom(...names);
const word = fc.constantFrom(
  'ready' as const,
  'ready' as const,
  'ok' as const,
  'fail' as const,
  'nonsense' as const,
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'tell' } as const) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('say' as const), name, word }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('die' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('stdin' as const),
      name,
      state: fc.constantFrom('open' as const, 'closed' as const, 'full' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'wait' } as const) },
);

/** A listener as who wrote it would see it. */
interface Partner {
  pid: number | undefined;
  state: 'new' | 'ready' | 'busy' | 'broken';
  /** Serial of the event that it has been sent and has not answered. */
  event: number | undefined;
}

/** A pool in a world, and beside it what each listener has been sent and has said. */
class Watched {
  readonly world: ListeningWorld;
  readonly accepted: number[] = [];
  told = 0;
  readonly #partners: { readonly [N in Name]: Partner };

  constructor(bufferSize: number) {
    const processes = names.map((each) => ({ name: each, startsecs: 0 }));
    const settings = { events: ['REMOTE_COMMUNICATION'], buffer_size: bufferSize };
    this.world = new ListeningWorld([poolSettings('pool', processes, settings)]);
    const partner = (): Partner => ({ pid: undefined, state: 'new', event: undefined });
    this.#partners = { a: partner(), b: partner() };
    this.#look();
  }

  get handled(): number[] {
    return names.flatMap((each) => this.#partners[each].event ?? []);
  }

  play(next: Happening): void {
    const { world } = this;
    switch (next.type) {
      case 'tell':
        this.told += 1;
        world.tell('text');
        break;
      case 'say':
        if (this.#partners[next.name].pid === undefined) return;
        this.#spoken(this.#partners[next.name], next.word);
        world.says(next.name, words[next.word]);
        break;
      case 'die':
        world.host.exit(next.name, exitStatus(1));
        world.turn();
        break;
      case 'stdin': {
        const child = world.host.child(next.name);
        const { stdinState } = child;
        child.stdinState = next.state;
        if (stdinState === 'full' && next.state === 'open') child.onDrained();
        world.turn();
        break;
      }
      case 'wait':
        world.passes(1);
        break;
      default:
        next satisfies never;
    }
    this.#look();
  }

  /** From now on all goes well. */
  recover(): void {
    for (const each of names) {
      this.play({ type: 'stdin', name: each, state: 'open' });
      this.play({ type: 'die', name: each });
    }
    for (let left = 3 * this.told + 10; left > 0; left -= 1) {
      this.play({ type: 'wait' });
      for (const each of names) {
        const { state } = this.#partners[each];
        if (state !== 'ready')
          this.play({ type: 'say', name: each, word: state === 'busy' ? 'ok' : 'ready' });
      }
    }
  }

  #spoken(partner: Partner, said: Word): void {
    if (partner.state === 'broken') return;
    const { event } = partner;
    partner.event = undefined;
    if (partner.state === 'new') partner.state = said === 'ready' ? 'ready' : 'broken';
    else if (partner.state === 'busy' && (said === 'ok' || said === 'fail')) partner.state = 'new';
    else partner.state = 'broken';
    if (event !== undefined && said === 'ok') this.accepted.push(event);
  }

  /** What each listener finds on its stdin now. */
  #look(): void {
    for (const each of names) {
      const partner = this.#partners[each];
      const { pid } = this.world.host.child(each);
      if (pid !== partner.pid) Object.assign(partner, { pid, state: 'new', event: undefined });
    }
    for (const each of names) {
      const partner = this.#partners[each];
      for (const envelope of this.world.takeSent(each)) {
        expect(partner.state).toBe('ready');
        const serial = Number(/ serial:(\d+) /.exec(envelope)?.[1]);
        expect([...this.handled, ...this.accepted]).not.toContain(serial);
        partner.state = 'busy';
        partner.event = serial;
      }
    }
  }
}

const happenings = fc.array(happening, { size: 'large', maxLength: 200 });

it('has each event in exactly one place, with one listener at a time, until it is accepted or dropped', () => {
  fc.assert(
    fc.property(happenings, fc.constantFrom(1, 2, 3, 1000), (all, bufferSize) => {
      const watched = new Watched(bufferSize);
      for (const each of all) {
        watched.play(each);
        const { buffered, dropped } = watched.world.pool('pool');
        expect(buffered).toBeLessThanOrEqual(bufferSize);
        expect(buffered + dropped + watched.handled.length + watched.accepted.length).toBe(watched.told);
      }
    }),
  );
});

it('tells all events in the end, if only listeners recover, and then has nothing to wait for', () => {
  fc.assert(
    fc.property(happenings, (all) => {
      const watched = new Watched(1000);
      for (const each of all) watched.play(each);
      watched.recover();
      expect(watched.accepted.toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: watched.told }, (_, serial) => serial),
      );
      expect(watched.world.clock.armedTimers).toBe(0);
    }),
  );
});
