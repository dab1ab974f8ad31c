import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { after } from '../../../daemon/host/clock.ts';
import { systemClock } from '../../../daemon/host/system-clock.ts';

it('what is due comes in the next turn of the event loop, not a millisecond later', async () => {
  let isWoken = false;
  systemClock.setTimer(after(systemClock.now().instant, 1e-6), () => {
    isWoken = true;
  });
  expect(isWoken).toBe(false);
  await nextTurn();
  expect(isWoken).toBe(true);
});

it('what is cancelled does not come, due or not', async () => {
  let wakes = 0;
  const { instant } = systemClock.now();
  for (const seconds of [0, 0.002]) systemClock.setTimer(after(instant, seconds), () => wakes++).cancel();
  await new Promise<void>((resolve) => systemClock.setTimer(after(instant, 0.01), resolve));
  expect(wakes).toBe(0);
});

it('nothing comes before it is due', async () => {
  const at = after(systemClock.now().instant, 0.003);
  await new Promise<void>((resolve) => systemClock.setTimer(at, resolve));
  expect(systemClock.now().instant).toBeGreaterThanOrEqual(at);
});
