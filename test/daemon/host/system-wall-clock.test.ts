import { expect, it } from '@jest/globals';
import type { EpochSeconds } from '../../../daemon/host/clock.ts';
import { systemWallClock } from '../../../daemon/host/system-wall-clock.ts';
import { openDescriptors } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

function inSeconds(seconds: number): EpochSeconds {
  return (systemWallClock.now() + seconds) as EpochSeconds;
}

it('goes off once, not before its time, and again when it is set again', async () => {
  const times: number[] = [];
  const alarm = systemWallClock.openAlarm(() => times.push(systemWallClock.now()));
  try {
    const first = inSeconds(0.05);
    alarm.set(inSeconds(1000));
    alarm.set(first);
    await waitFor(() => times.length > 0, { what: 'the alarm' });
    expect(times[0]).toBeGreaterThanOrEqual(first - 0.001);
    const second = inSeconds(0.05);
    alarm.set(second);
    await waitFor(() => times.length > 1, { what: 'the second alarm' });
    expect(times[1]).toBeGreaterThanOrEqual(second - 0.001);
    expect(times).toHaveLength(2);
  } finally {
    alarm.close();
  }
});

it('goes off at once for a time that has passed', async () => {
  let wakes = 0;
  const alarm = systemWallClock.openAlarm(() => {
    wakes += 1;
  });
  try {
    alarm.set(inSeconds(-100));
    await waitFor(() => wakes === 1, { what: 'the alarm' });
  } finally {
    alarm.close();
  }
});

it('leaves nothing behind when it is closed', () => {
  const before = openDescriptors();
  const alarm = systemWallClock.openAlarm(() => undefined);
  alarm.set(inSeconds(1000));
  alarm.close();
  expect(openDescriptors()).toBe(before);
});
