import { setTimeout } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { systemClock } from '../../schedule/system-clock.ts';

function after(milliseconds: number): Date {
  return new Date(Date.now() + milliseconds);
}

it('an alarm goes off once, when it is time and not before', async () => {
  let wakes = 0;
  const at = after(30);
  const wokenAt = await new Promise<number>((resolve) => {
    const alarm = systemClock.openAlarm(() => {
      wakes += 1;
      resolve(Date.now());
    });
    alarm.set(after(5));
    alarm.set(at);
  });
  expect(wokenAt).toBeGreaterThanOrEqual(at.getTime());
  await setTimeout(20);
  expect(wakes).toBe(1);
});

it('an alarm for a time that is past goes off at once', async () => {
  await new Promise<void>((resolve) => {
    systemClock.openAlarm(resolve).set(after(-1000));
  });
});

it('an alarm for a time years away does not go off now, and one that is not set never does', async () => {
  let wakes = 0;
  const count = () => {
    wakes += 1;
  };
  const [far, unset, closed] = [0, 1, 2].map(() => systemClock.openAlarm(count));
  far?.set(after(50 * 365 * 86_400_000));
  unset?.set(after(5));
  unset?.set(undefined);
  closed?.set(after(5));
  closed?.close();
  await setTimeout(50);
  far?.close();
  expect(wakes).toBe(0);
});

it('elapsed time goes on by milliseconds', async () => {
  const before = systemClock.elapsed();
  await setTimeout(20);
  expect(systemClock.elapsed() - before).toBeGreaterThanOrEqual(19);
});
