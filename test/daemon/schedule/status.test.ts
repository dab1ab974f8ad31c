import { describe, expect, it } from '@jest/globals';
import type { EpochSeconds } from '../../../daemon/host/clock.ts';
import {
  describeSchedule,
  describeStarts,
  durationText,
  type ScheduleStatus,
} from '../../../daemon/schedule/status.ts';

const at = (seconds: number) => seconds as EpochSeconds;
const now = at(1_000_000);
const waiting: ScheduleStatus = {
  isPaused: false,
  nextRun: { time: at(1_001_000), text: '2026-11-23T03:30:00+01:00' },
  lastRun: undefined,
  runId: undefined,
  problem: undefined,
};
const lastRun = { id: 'R', outcome: 'SUCCESS', started: at(999_325), ended: at(999_448) } as const;

describe('a process that waits for its schedule', () => {
  for (const [status, text] of [
    [{}, 'next run 2026-11-23T03:30:00+01:00'],
    [{ lastRun }, 'next run 2026-11-23T03:30:00+01:00; last SUCCESS in 2m03s, 09:12 ago'],
    [{ isPaused: true }, 'paused'],
    [{ isPaused: true, lastRun }, 'paused; last SUCCESS in 2m03s, 09:12 ago'],
    [{ nextRun: undefined }, 'no next run'],
    [
      { nextRun: undefined, lastRun: { ...lastRun, started: undefined } },
      'no next run; last SUCCESS, 09:12 ago',
    ],
    [{ problem: 'no store' }, 'no store; next run 2026-11-23T03:30:00+01:00'],
  ] as const) {
    it(`says '${text}'`, () => expect(describeSchedule({ ...waiting, ...status }, now)).toBe(text));
  }

  for (const [status, text] of [
    [{}, 'next run 2026-11-23T03:30:00+01:00'],
    [{ lastRun }, 'next run 2026-11-23T03:30:00+01:00; last start SUCCESS, 09:12 ago'],
    [{ isPaused: true }, 'schedule paused'],
    [{ nextRun: undefined }, 'no next run'],
    [{ problem: 'no store' }, 'no store; next run 2026-11-23T03:30:00+01:00'],
  ] as const) {
    it(`adds '${text}' if it only starts it`, () =>
      expect(describeStarts({ ...waiting, ...status }, now)).toBe(text));
  }

  for (const [ended, text] of [
    [now, '00:00'],
    [now + 10, '00:00'],
    [now - 3_599, '59:59'],
    [now - 3_600, '1:00:00'],
    [now - 86_399, '23:59:59'],
    [now - 90_061, '1 day, 1:01:01'],
    [now - 172_800, '2 days, 0:00:00'],
  ] as const) {
    it(`says ${text} ago of what ended ${now - ended} seconds before`, () => {
      const status = { ...waiting, lastRun: { ...lastRun, started: undefined, ended: at(ended) } };
      expect(describeSchedule(status, now)).toContain(`last SUCCESS, ${text} ago`);
    });
  }
});

describe('a duration', () => {
  for (const [seconds, text] of [
    [-1, '0.0s'],
    [0.44, '0.4s'],
    [9.94, '9.9s'],
    [10, '10s'],
    [59.4, '59s'],
    [59.6, '1m00s'],
    [123, '2m03s'],
    [3_723, '1h02m03s'],
    [360_000, '100h00m00s'],
  ] as const) {
    it(`of ${seconds} seconds is ${text}`, () => expect(durationText(seconds)).toBe(text));
  }
});
