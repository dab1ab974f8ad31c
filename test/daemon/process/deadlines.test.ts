import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Instant } from '../../../daemon/host/clock.ts';
import { Deadlines } from '../../../daemon/process/deadlines.ts';
import { SimulatedClock } from '../../support/simulated-clock.ts';

const at = (instant: number) => instant as Instant;

function takeAllDue<K>(deadlines: Deadlines<K>, now: Instant): K[] {
  const due: K[] = [];
  for (let key = deadlines.takeDue(now); key !== undefined; key = deadlines.takeDue(now)) due.push(key);
  return due;
}

describe('Deadlines', () => {
  it('come in order, whatever was set, moved and cleared before', () => {
    const change = fc.record({
      key: fc.integer({ min: 0, max: 40 }),
      at: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(change, { size: 'large', maxLength: 300 }), fc.nat(30), (changes, limit) => {
        const deadlines = new Deadlines<number>(new SimulatedClock(), () => undefined);
        const model = new Map<number, number>();
        for (const { key, at: when } of changes) {
          deadlines.set(key, when as Instant | undefined);
          if (when === undefined) model.delete(key);
          else model.set(key, when);
          expect(deadlines.size).toBe(model.size);
        }
        const due = takeAllDue(deadlines, at(limit));
        const times = due.map((key) => model.get(key) ?? Number.NaN);
        expect(times).toEqual([...times].sort((one, other) => one - other));
        const expected = [...model].filter(([, when]) => when <= limit).map(([key]) => key);
        expect([...due].sort()).toEqual(expected.sort());
        expect(deadlines.size).toBe(model.size - due.length);
      }),
    );
  });

  it('arm one timer, for the earliest, and none when there is nothing to wait for', () => {
    const clock = new SimulatedClock();
    const woken: number[] = [];
    const deadlines = new Deadlines<string>(clock, () => {
      woken.push(clock.now().instant);
      takeAllDue(deadlines, clock.now().instant);
      deadlines.arm();
    });
    deadlines.set('late', at(1_020));
    deadlines.set('early', at(1_010));
    deadlines.arm();
    deadlines.arm();
    expect([clock.armedTimers, clock.nextTimer]).toEqual([1, 1_010]);
    clock.advance(100);
    expect(woken).toEqual([1_010, 1_020]);
    expect(clock.armedTimers).toBe(0);
    deadlines.set('again', at(2_000));
    deadlines.arm();
    deadlines.set('again', undefined);
    deadlines.arm();
    expect(clock.armedTimers).toBe(0);
  });
});
