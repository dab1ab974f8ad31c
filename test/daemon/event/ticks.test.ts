import { beforeEach, expect, it } from '@jest/globals';
import type { TickEvent } from '../../../daemon/event/event.ts';
import { Ticks } from '../../../daemon/event/ticks.ts';
import { SimulatedWallClock } from '../../support/simulated-wall-clock.ts';

let clock: SimulatedWallClock;
let wanted: Set<TickEvent['type']>;
let told: string[];
let ticks: Ticks;

beforeEach(() => {
  clock = new SimulatedWallClock();
  wanted = new Set();
  told = [];
  ticks = new Ticks({
    clock,
    isWanted: (type) => wanted.has(type),
    emit: ({ type, when }) => told.push(`${type} ${when - 1_700_000_000}`),
  });
});

function want(...types: TickEvent['type'][]): void {
  wanted = new Set(types);
  ticks.wantedTypesChanged();
}

// 1,700,000,000 is a multiple of 5, and 20 seconds after one of 60 and 800 after one of 3600.
const [minute, hour] = [40, 2800];

it('have no alarm while nobody wants them', () => {
  ticks.wantedTypesChanged();
  clock.advance(10_000);
  expect(clock.openAlarms).toBe(0);
  want('TICK_5');
  expect(clock.openAlarms).toBe(1);
  want();
  expect(clock.openAlarms).toBe(0);
  expect(told).toEqual([]);
});

it('come when a period begins, not when one has passed since somebody asked', () => {
  clock.advance(3);
  want('TICK_5');
  clock.advance(1.9);
  expect(told).toEqual([]);
  clock.advance(0.2);
  expect(told).toEqual(['TICK_5 5']);
  clock.advance(5);
  expect(told).toEqual(['TICK_5 5', 'TICK_5 10']);
});

it('wake the daemon as seldom as those that are wanted need', () => {
  want('TICK_3600');
  clock.advance(hour + 3600);
  expect(told).toEqual([`TICK_3600 ${hour}`, `TICK_3600 ${hour + 3600}`]);
  expect(clock.wakes).toBe(2);
});

it('of several types come together, the shortest first', () => {
  want('TICK_3600', 'TICK_60', 'TICK_5');
  clock.advance(hour);
  expect(told.slice(-3)).toEqual([`TICK_5 ${hour}`, `TICK_60 ${hour}`, `TICK_3600 ${hour}`]);
  expect(told.filter((event) => event.startsWith('TICK_60 '))[0]).toBe(`TICK_60 ${minute}`);
});

it('are not made up for when the clock jumps forward: one event tells the present period', () => {
  want('TICK_5', 'TICK_60');
  clock.step(1000);
  expect(told).toEqual(['TICK_5 1000', 'TICK_60 1000']);
  clock.advance(5);
  expect(told.slice(2)).toEqual(['TICK_5 1005']);
});

it('tell an earlier period when the clock is set back', () => {
  want('TICK_60');
  clock.step(-100);
  expect(told).toEqual(['TICK_60 -140']);
  clock.advance(19);
  expect(told).toHaveLength(1);
  clock.advance(1);
  expect(told.slice(1)).toEqual(['TICK_60 -80']);
});

it('go on with their period when the clock is set within it', () => {
  want('TICK_60');
  clock.step(10);
  expect(told).toEqual([]);
  clock.advance(minute - 10);
  expect(told).toEqual([`TICK_60 ${minute}`]);
});

it('that somebody comes to want later begin with the next period', () => {
  want('TICK_60');
  clock.advance(23);
  want('TICK_60', 'TICK_5');
  clock.advance(2);
  expect(told).toEqual(['TICK_5 25']);
});

it('end when they are disposed of', () => {
  want('TICK_5');
  ticks[Symbol.dispose]();
  clock.advance(100);
  expect([told, clock.openAlarms]).toEqual([[], 0]);
});
