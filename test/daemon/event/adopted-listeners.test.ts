import { describe, expect, it } from '@jest/globals';
import { stateEvent } from '../../../daemon/event/event.ts';
import type { EventRecord } from '../../../daemon/event/event-ledger.ts';
import type { Conversation } from '../../../daemon/event/listener-protocol.ts';
import type { Delivery, PoolChange } from '../../../daemon/event/pool-state.ts';
import { ListeningWorld } from '../../support/listening-world.ts';
import { poolSettings } from '../../support/process-settings.ts';

const ready: Conversation = { state: 'READY' };
const ok = 'RESULT 2\nOKREADY\n';

/** The records of a daemon that told of `data`, and then made these changes in its pool. */
function left(data: readonly string[], ...changes: readonly PoolChange[]): EventRecord[] {
  return [
    { type: 'daemon', identifier: 'supervisor', nextSerial: 0 },
    ...data.map(
      (text, serial): EventRecord => ({ type: 'accepted', event: event(text, serial), pools: ['pool'] }),
    ),
    ...changes.map((change): EventRecord => ({ type: 'changed', pool: 'pool', change })),
  ];
}

function event(text: string, serial: number) {
  return { type: 'REMOTE_COMMUNICATION', serial, payload: `type:k\n${text}` } as const;
}

function started(listener: string): PoolChange[] {
  return [
    { type: 'started', listener },
    { type: 'heard', listener, conversation: ready, heardUpTo: 6 },
  ];
}

function sending(listener: string, delivery: Delivery): PoolChange[] {
  return [...started(listener), { type: 'sending', listener, delivery }];
}

/** A daemon after that one, which adopts the listeners named. */
function next(
  records: readonly EventRecord[],
  names: readonly string[],
  { takenUpTo, all = names }: { readonly takenUpTo?: number; readonly all?: readonly string[] } = {},
): ListeningWorld {
  const processes = all.map((name) => ({ name, autostart: false }));
  const changes = { events: ['REMOTE_COMMUNICATION', 'PROCESS_LOG'] };
  const world = new ListeningWorld([poolSettings('pool', processes, changes)], records);
  for (const [index, name] of names.entries()) {
    const child = world.host.child(name);
    child.adopt(1000 + index);
    child.takenUpTo = takenUpTo;
    world.bus.adopt(child.settings);
    world.bus.emit(stateEvent(child.settings, 'STARTING', 'RUNNING', { pid: 1 }));
  }
  world.bus.recovered();
  world.turn();
  return world;
}

function restartLine(world: ListeningWorld): string | undefined {
  return world.lines.find((line) => line.includes('stopped and started again'));
}

describe('a listener that an earlier daemon had', () => {
  it('goes on where it was when it was READY', () => {
    const world = next(left(['1'], ...started('a')), ['a']);
    expect(world.takeSent('a')).toEqual([expect.stringContaining(' serial:0 pool:pool poolserial:0 ')]);
    world.tell('2');
    world.says('a', ok);
    expect(world.takeSent('a')).toEqual([expect.stringContaining(' serial:1 pool:pool poolserial:1 ')]);
  });

  it('is heard to the end of an answer that it had begun', () => {
    const world = next(
      left(['1', '2'], ...sending('a', { type: 'sent' }), {
        type: 'heard',
        listener: 'a',
        conversation: { state: 'BUSY', result: { part: 'body', length: 2, missing: 1, start: 'O' } },
        heardUpTo: 17,
      }),
      ['a'],
    );
    expect(world.takeSent('a')).toEqual([]);
    world.says('a', 'KREADY\n');
    expect(world.takeData('a')).toEqual(['2']);
  });

  it('is sent nothing before its process is RUNNING', () => {
    const world = new ListeningWorld(
      [poolSettings('pool', [{ name: 'a', autostart: false }], { events: ['REMOTE_COMMUNICATION'] })],
      left(['1'], ...started('a')),
    );
    world.host.child('a').adopt(1000);
    world.bus.adopt(world.host.child('a').settings);
    world.turn();
    expect(world.takeSent('a')).toEqual([]);
  });

  it('is sent an event again of which it has nothing, and only the rest of one of which it has a part', () => {
    const records = left(['12345'], ...sending('a', { type: 'writing', from: 0, isMarked: true }));
    const [whole = ''] = next(records, ['a'], { takenUpTo: 0 }).takeSent('a');
    expect(whole).toContain('\n12345');
    expect(next(records, ['a'], { takenUpTo: 10 }).takeSent('a')).toEqual([whole.slice(10)]);
    expect(next(records, ['a'], { takenUpTo: whole.length }).takeSent('a')).toEqual([]);
    const waiting = left(['12345'], ...sending('a', { type: 'waiting', from: 3 }));
    expect(next(waiting, ['a']).takeSent('a')).toEqual([whole.slice(3)]);
  });

  for (const [why, records, reason] of [
    [
      'its stdin cannot be had',
      left(['1'], ...sending('a', { type: 'writing', from: 0, isMarked: true })),
      'it is not known whether it has event 0',
    ],
    [
      'its event could not be marked',
      left(['1'], ...sending('a', { type: 'writing', from: 0, isMarked: false })),
      'it is not known whether it has event 0',
    ],
    [
      'it has a part of an event with another identifier',
      [
        ...left(['1'], ...sending('a', { type: 'waiting', from: 3 })),
        { type: 'daemon', identifier: 'former', nextSerial: 0 } as const,
      ],
      'event 0 was begun with another identifier',
    ],
    [
      'it is owed the rest of an event',
      left(['1'], ...sending('a', { type: 'waiting', from: 3 }), {
        type: 'heard',
        listener: 'a',
        conversation: ready,
        heardUpTo: 20,
        verdict: 'rejected',
        isOwed: true,
      }),
      'a part of an event that it has answered was never sent',
    ],
    ['nothing is known of it', left(['1']), 'the conversation with it is not known'],
  ] as const) {
    it(`is restarted when ${why}; the event goes to another`, () => {
      const world = next([...left([], ...started('b')), ...records], ['a', 'b']);
      expect(restartLine(world)).toBe(`warn listener a is stopped and started again: ${reason}`);
      expect(world.takeData('a')).toEqual([]);
      expect(world.takeData('b')).toEqual(['1']);
    });
  }

  it('is restarted when it had answered before it had been sent all of an event', () => {
    const world = next(left([], ...started('a')), ['a']);
    const child = world.host.child('a');
    child.isStdinSlow = true;
    world.tell('1');
    const adopted = () => next([...world.ledger.snapshot()], ['a'], { takenUpTo: 1 });
    expect(restartLine(adopted())).toBeUndefined();
    world.says('a', ok);
    expect(restartLine(adopted())).toContain('a part of an event that it has answered was never sent');
    child.onTaken();
    expect(restartLine(adopted())).toBeUndefined();
  });

  it('is not asked whether it has an event of which that is on record', () => {
    const world = next(left([], ...started('a')), ['a']);
    const records: EventRecord[] = [...world.ledger.snapshot()];
    world.ledger.recordIn({
      append: (record) => records.push(record),
      remove() {},
      [Symbol.dispose]() {},
    });
    world.host.child('a').marksTell = false;
    world.tell('1');
    expect(restartLine(next(records, ['a']))).toBeUndefined();
    expect(restartLine(next(records.slice(0, -1), ['a']))).toContain(
      'it is not known whether it has event 0',
    );
  });

  it('is restarted when words of it are missing', () => {
    const world = next(left([], ...started('a')), ['a']);
    world.bus.listenTo(world.process('a', 'pool').settings)?.hear(Buffer.from('x'), 8);
    expect(restartLine(world)).toContain('a part of what it said was lost');
  });

  it('stays UNKNOWN when it had broken the protocol', () => {
    const broken: PoolChange = {
      type: 'heard',
      listener: 'a',
      conversation: { state: 'UNKNOWN' },
      heardUpTo: 9,
    };
    const world = next(left(['1'], ...started('a'), broken), ['a']);
    expect([world.takeSent('a'), restartLine(world)]).toEqual([[], undefined]);
  });

  it('gives its event back when it is no more, the oldest event to the front', () => {
    const records = left(
      ['1', '2', '3'],
      ...sending('a', { type: 'sent' }),
      ...sending('b', { type: 'sent' }),
      ...started('c'),
    );
    const world = next(records, ['c'], { all: ['a', 'b', 'c'] });
    for (const data of ['1', '2', '3']) {
      expect(world.takeData('c')).toEqual([data]);
      world.says('c', ok);
    }
  });
});

it('says how many events are lost with a pool that is not configured any more', () => {
  const former = left(['1', '2'], ...sending('a', { type: 'sent' }));
  const world = new ListeningWorld([], former);
  world.bus.recovered();
  expect(world.lines).toEqual([
    'warn pool pool is not configured any more, discarding 2 events that nobody has handled',
  ]);
  expect(world.ledger.pools).toEqual([]);
});

it('is told once of output that two daemons have seen', () => {
  const output = { processname: 'web', groupname: 'web', pid: 1, data: Buffer.from('x') };
  const world = next(left([], ...started('a')), ['a']);
  const tell = (origin: string | undefined) =>
    world.bus.emit({ type: 'PROCESS_LOG_STDOUT', ...output, origin });
  for (const origin of ['web@1', 'web@2', 'web@1', undefined, undefined]) tell(origin);
  expect(world.pool('pool').buffered).toBe(4);
  const later = new ListeningWorld(
    [poolSettings('pool', [{ name: 'a', autostart: false }], { events: ['PROCESS_LOG'] })],
    [...world.ledger.snapshot()],
  );
  later.bus.emit({ type: 'PROCESS_LOG_STDOUT', ...output, origin: 'web@2' });
  expect(later.pool('pool').buffered).toBe(4);
});
