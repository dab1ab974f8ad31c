import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventLedger, type EventRecord } from '../../../daemon/event/event-ledger.ts';
import type { Delivery, PoolChange } from '../../../daemon/event/pool-state.ts';
import { SerialCounter } from '../../../daemon/event/serial.ts';

function newLedger(records: readonly EventRecord[] = []): {
  readonly ledger: EventLedger;
  readonly records: EventRecord[];
} {
  const ledger = new EventLedger({ identifier: 'supervisor', serials: new SerialCounter(), records });
  const all = [...records];
  ledger.recordIn({
    append: (record) => all.push(throughFile(record)),
    remove() {},
    [Symbol.dispose]() {},
  });
  return { ledger, records: all };
}

function throughFile<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

const listener = fc.constantFrom('a', 'b');
const delivery: fc.Arbitrary<Delivery> = fc.oneof(
  fc.record({ type: fc.constant('waiting' as const), from: fc.nat(9) }),
  fc.record({ type: fc.constant('writing' as const), from: fc.nat(9), isMarked: fc.boolean() }),
  fc.constant({ type: 'sent' } as const),
);
const change: fc.Arbitrary<PoolChange> = fc.oneof(
  fc.record({ type: fc.constant('dropped' as const), poolSerial: fc.nat(20) }),
  fc.record({ type: fc.constantFrom('started' as const, 'unsent' as const, 'ended' as const), listener }),
  fc.record({ type: fc.constant('caught up' as const), listener }),
  fc.record({ type: fc.constant('sending' as const), listener, delivery }),
  fc.record({
    type: fc.constant('heard' as const),
    listener,
    conversation: fc.constantFrom(
      { state: 'READY' } as const,
      { state: 'ACKNOWLEDGED', heard: '\xff\0' } as const,
    ),
    heardUpTo: fc.nat(1000),
    verdict: fc.constantFrom('handled' as const, 'rejected' as const, undefined),
    isOwed: fc.constantFrom(true as const, undefined),
  }),
);
const step = fc.oneof(
  fc.record({
    type: fc.constant('accept' as const),
    payload: fc.string({ unit: 'binary' }),
    pools: fc.subarray(['one', 'two']),
    origin: fc.constantFrom('here', 'there', undefined),
  }),
  fc.record({
    type: fc.constantFrom('change' as const, 'change soon' as const),
    pool: fc.constantFrom('one', 'two'),
    change,
  }),
  fc.record({ type: fc.constant('remove' as const), pool: fc.constantFrom('one', 'two') }),
);

it('is the same again from its records, and from its snapshot', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { ledger, records } = newLedger();
      for (const each of steps) {
        if (each.type === 'accept') {
          ledger.accept({ type: 'REMOTE_COMMUNICATION', payload: each.payload }, each.pools, each.origin);
        } else if (each.type === 'change') ledger.change(each.pool, each.change);
        else if (each.type === 'change soon') ledger.changeSoon(each.pool, each.change);
        else ledger.remove(each.pool);
      }
      ledger.flush();
      const snapshot = throughFile([...ledger.snapshot()]);
      expect(throughFile([...newLedger(records).ledger.snapshot()])).toEqual(snapshot);
      expect(throughFile([...newLedger(snapshot).ledger.snapshot()])).toEqual(snapshot);
    }),
  );
});

it('goes on with serials where an earlier daemon was, or this one in an earlier life', () => {
  const { records } = newLedger([{ type: 'daemon', identifier: 'supervisor', nextSerial: 7 }]);
  const serials = new SerialCounter();
  for (let count = 0; count < 3; count += 1) serials.next();
  const older = new EventLedger({ identifier: 'supervisor', serials, records });
  older.accept({ type: 'REMOTE_COMMUNICATION', payload: '' }, ['pool']);
  expect(older.pool('pool').buffer).toMatchObject([{ serial: 7, poolSerial: 0 }]);
  for (let count = 0; count < 30; count += 1) serials.next();
  const newer = new EventLedger({ identifier: 'supervisor', serials, records });
  newer.accept({ type: 'REMOTE_COMMUNICATION', payload: '' }, ['pool']);
  expect(newer.pool('pool').buffer).toMatchObject([{ serial: 38 }]);
});

it('remembers where the latest events of output were from, and forgets those of long ago', () => {
  const { ledger, records } = newLedger();
  for (let number = 0; number < 3000; number += 1) {
    ledger.accept({ type: 'PROCESS_LOG_STDOUT', payload: '' }, [], `web@${number}`);
  }
  for (const each of [ledger, newLedger(records).ledger]) {
    expect([0, 900, 1000, 2999, 3000].map((number) => each.hasAccepted(`web@${number}`))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  }
});
