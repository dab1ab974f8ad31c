import { describe, expect, it } from '@jest/globals';
import type { Job } from '../../schedule/job.ts';
import { isTooLate, type Plan, plan } from '../../schedule/plan.ts';
import type { Run } from '../../schedule/run.ts';
import { CronTrigger } from '../../schedule/triggers/cron-trigger.ts';
import { DateTrigger } from '../../schedule/triggers/date-trigger.ts';
import { IntervalTrigger } from '../../schedule/triggers/interval-trigger.ts';
import type { Trigger } from '../../schedule/triggers/trigger.ts';
import { sampleJob, sampleRun } from './stores/samples.ts';
import { summaryOf } from './support/world.ts';

const midnight = new Date('2026-01-05T00:00:00Z');

function at(seconds: number): Date {
  return new Date(midnight.getTime() + seconds * 1000);
}

const everyTenSeconds = new IntervalTrigger({ seconds: 10, startDate: midnight });

interface Given {
  readonly job?: Partial<Job>;
  readonly active?: readonly Partial<Run>[];
  readonly trigger?: Trigger;
  readonly now: Date;
  readonly freeRuns?: number;
  readonly watchingSince?: Date;
  readonly keepFinished?: boolean;
  readonly jitter?: number;
  readonly firstOnly?: boolean;
}

function planned({ job = {}, active = [], trigger = everyTenSeconds, now, ...settings }: Given): Plan {
  let id = 0;
  const nextRunTime = job.nextRunTime ?? midnight;
  return plan(
    {
      job: sampleJob({
        nextRunTime,
        dueTime: nextRunTime,
        misfireGraceTime: null,
        coalesce: 'latest',
        overlap: 'skip',
        maxInstances: 1,
        ...job,
      }),
      active: active.map((run, index) => sampleRun({ id: `active${index}`, state: 'RUNNING', ...run })),
    },
    {
      trigger,
      now,
      node: 'a',
      freeRuns: settings.freeRuns ?? Number.POSITIVE_INFINITY,
      watchingSince: settings.watchingSince ?? midnight,
      leaseUntil: undefined,
      keepFinished: settings.keepFinished ?? false,
      newRunId: () => String(++id).padStart(6, '0'),
      jitter: () => settings.jitter ?? 0,
      firstOnly: settings.firstOnly ?? false,
    },
  );
}

function recordsOf({ change }: Plan): string[] {
  return change.runs.map(summaryOf).sort();
}

describe('a plan for a job that is due', () => {
  it('starts the run, and moves the job to its next fire time', () => {
    const result = planned({ now: at(0) });
    expect(recordsOf(result)).toEqual(['00:00:00 STARTING schedule']);
    expect(result.job).toMatchObject({ nextRunTime: at(10), dueTime: at(10), lastFireTime: at(0) });
    expect(result.change).toMatchObject({ expect: { nextRunTime: at(0), active: [] }, job: result.job });
  });

  const coalescing: readonly { it: string; job: Partial<Job>; records: readonly string[] }[] = [
    {
      it: 'runs the last of several fires that are due',
      job: { coalesce: 'latest' },
      records: ['00:00:00 COALESCED schedule', '00:00:10 COALESCED schedule', '00:00:20 STARTING schedule'],
    },
    {
      it: 'runs the first of several fires that are due',
      job: { coalesce: 'earliest' },
      records: ['00:00:00 STARTING schedule', '00:00:10 COALESCED schedule', '00:00:20 COALESCED schedule'],
    },
    {
      it: 'runs all fires that are due, one after another if no more may run at the same time',
      job: { coalesce: 'all' },
      records: ['00:00:00 STARTING schedule', '00:00:10 CLAIMED schedule', '00:00:20 CLAIMED schedule'],
    },
    {
      it: 'runs all fires that are due, as many at the same time as may',
      job: { coalesce: 'all', maxInstances: 2 },
      records: ['00:00:00 STARTING schedule', '00:00:10 STARTING schedule', '00:00:20 CLAIMED schedule'],
    },
    {
      it: 'misses those of all fires that are too late',
      job: { coalesce: 'all', misfireGraceTime: 15 },
      records: ['00:00:00 MISSED schedule', '00:00:10 STARTING schedule', '00:00:20 CLAIMED schedule'],
    },
    {
      it: 'misses the fire that was to stand for the others if that is too late',
      job: { coalesce: 'latest', misfireGraceTime: 3 },
      records: ['00:00:00 COALESCED schedule', '00:00:10 COALESCED schedule', '00:00:20 MISSED schedule'],
    },
  ];
  for (const { it: behaviour, job, records } of coalescing) {
    it(behaviour, () => {
      const result = planned({ job, now: at(25) });
      expect(recordsOf(result)).toEqual(records);
      expect(result.job).toMatchObject({ nextRunTime: at(30), lastFireTime: at(20) });
    });
  }

  it('is in time when exactly the grace has passed, and not a millisecond later', () => {
    const job = { misfireGraceTime: 5 };
    expect(recordsOf(planned({ job, now: at(5) }))).toEqual(['00:00:00 STARTING schedule']);
    expect(recordsOf(planned({ job, now: at(5.001) }))).toEqual(['00:00:00 MISSED schedule']);
  });

  it('counts lateness from when the run was due, not from the fire time that chance has put off', () => {
    const job = { misfireGraceTime: 5, dueTime: at(8) };
    expect(recordsOf(planned({ job, now: at(13) }))).toEqual(['00:00:00 STARTING schedule']);
    expect(recordsOf(planned({ job, now: at(13.001) }))).toEqual(['00:00:00 MISSED schedule']);
  });

  it('leaves the grid of fire times alone when chance puts a fire off', () => {
    const result = planned({ job: { dueTime: at(8) }, now: at(8), jitter: 4000 });
    expect(result.starts).toMatchObject([{ fireTime: at(0), dueTime: at(8) }]);
    expect(result.job).toMatchObject({ nextRunTime: at(10), dueTime: at(14) });
  });

  it('does not take a fire for due that chance puts off as well', () => {
    const result = planned({ job: { dueTime: at(8), coalesce: 'all', maxInstances: 9 }, now: at(12) });
    expect(recordsOf(result)).toEqual(['00:00:00 STARTING schedule']);
    expect(result.job.nextRunTime).toEqual(at(10));
  });

  it('says that a fire is caught up if nobody could have started it when it was due', () => {
    const result = planned({
      now: at(25),
      watchingSince: at(20.5),
      job: { coalesce: 'all', maxInstances: 9 },
    });
    expect(recordsOf(result)).toEqual([
      '00:00:00 STARTING catchup',
      '00:00:10 STARTING catchup',
      '00:00:20 STARTING catchup',
    ]);
    expect(recordsOf(planned({ now: at(0), watchingSince: at(0) }))).toEqual(['00:00:00 STARTING schedule']);
  });

  it('lets a run wait while this node runs as many as it may', () => {
    expect(recordsOf(planned({ now: at(0), freeRuns: 0 }))).toEqual(['00:00:00 CLAIMED schedule']);
  });
});

describe('a plan for many fires', () => {
  const everySecond = new IntervalTrigger({ seconds: 1, startDate: midnight });
  const thirtyDays = 30 * 86_400;

  it('records each of 100 fires, and more than 100 in one record with their number', () => {
    expect(planned({ trigger: everySecond, now: at(100) }).coalesced).toHaveLength(100);
    const { coalesced } = planned({ trigger: everySecond, now: at(101) });
    expect(coalesced).toMatchObject([{ count: 101, fireTime: at(0), lastFireTime: at(100) }]);
  });

  it('counts millions of them at once', () => {
    const before = process.cpuUsage();
    const { change, job } = planned({ trigger: everySecond, now: at(thirtyDays) });
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
    expect(change.runs.map(({ state, count }) => [state, count])).toEqual([
      ['STARTING', 1],
      ['COALESCED', thirtyDays],
    ]);
    expect(job.nextRunTime).toEqual(at(thirtyDays + 1));
  });

  it('misses millions of them at once, and runs those that are in time', () => {
    const job = { coalesce: 'all', misfireGraceTime: 2, maxInstances: 9 } as const;
    const { starts, missed } = planned({ trigger: everySecond, now: at(thirtyDays), job });
    expect(starts.map(({ fireTime }) => fireTime)).toEqual([-2, -1, 0].map((late) => at(thirtyDays + late)));
    expect(missed).toMatchObject([{ count: thirtyDays - 2, lastFireTime: at(thirtyDays - 3) }]);
  });

  it('runs at most the last 1000 of them, and leaves out the others', () => {
    const job = { coalesce: 'all' } as const;
    const { starts, waits, coalesced } = planned({ trigger: everySecond, now: at(thirtyDays), job });
    const fireTimes = [...starts, ...waits].map(({ fireTime }) => fireTime);
    expect([fireTimes.length, fireTimes[0], fireTimes.at(-1)]).toEqual([
      1000,
      at(thirtyDays - 999),
      at(thirtyDays),
    ]);
    expect(coalesced).toMatchObject([{ count: thirtyDays - 999, lastFireTime: at(thirtyDays - 1000) }]);
  });

  it('skips more than 100 of them in one record', () => {
    const job = { coalesce: 'all' } as const;
    const { skipped } = planned({ trigger: everySecond, now: at(499), job, active: [{}] });
    expect(skipped).toMatchObject([{ count: 500, fireTime: at(0), lastFireTime: at(499) }]);
  });

  it('accounts for each fire exactly once', () => {
    for (const coalesce of ['latest', 'earliest', 'all'] as const) {
      for (const misfireGraceTime of [null, 1, 150, 1500]) {
        const job = { coalesce, misfireGraceTime };
        const { change } = planned({ trigger: everySecond, now: at(1999), job });
        expect(change.runs.reduce((sum, { count }) => sum + count, 0)).toBe(2000);
      }
    }
  });
});

describe('a plan for a job with as many runs as it allows', () => {
  it('skips the fire', () => {
    const result = planned({ now: at(0), active: [{}] });
    expect(recordsOf(result)).toEqual(['00:00:00 SKIPPED schedule']);
    expect(result.skipped).toMatchObject([{ isSettled: true, ended: at(0) }]);
  });

  it('misses a fire that is too late, rather than skip it', () => {
    const result = planned({ now: at(9), active: [{}], job: { misfireGraceTime: 1 } });
    expect(recordsOf(result)).toEqual(['00:00:00 MISSED schedule']);
  });

  it('lets one fire wait, and skips those behind it', () => {
    const job = { overlap: 'queue' } as const;
    expect(recordsOf(planned({ now: at(0), active: [{}], job }))).toEqual(['00:00:00 CLAIMED schedule']);
    const waiting = [{}, { state: 'CLAIMED' }] as const;
    expect(recordsOf(planned({ now: at(0), active: waiting, job }))).toEqual(['00:00:00 SKIPPED schedule']);
    const forced = [{}, {}, {}] as const;
    expect(recordsOf(planned({ now: at(0), active: forced, job }))).toEqual(['00:00:00 CLAIMED schedule']);
    const crowded = [{}, { state: 'CLAIMED' }, { state: 'CLAIMED' }] as const;
    expect(recordsOf(planned({ now: at(0), active: crowded, job }))).toEqual(['00:00:00 SKIPPED schedule']);
  });

  it('ends the oldest run for the new one, which waits for that', () => {
    const result = planned({
      now: at(0),
      active: [{ id: 'b' }, { id: 'a' }],
      job: { overlap: 'replace', maxInstances: 2 },
    });
    expect(result.stops.map(({ id, isStopRequested }) => [id, isStopRequested])).toEqual([['a', true]]);
    expect(result.waits).toHaveLength(1);
    expect(result.starts).toEqual([]);
  });

  it('takes the place of a run that was waiting to take a place', () => {
    const result = planned({
      now: at(0),
      active: [
        { id: 'a', isStopRequested: true },
        { id: 'b', state: 'CLAIMED' },
      ],
      job: { overlap: 'replace' },
    });
    expect(result.stops).toEqual([]);
    expect(result.cancelled).toMatchObject([{ id: 'b', state: 'CANCELLED' }]);
    expect(result.waits).toHaveLength(1);
  });
});

describe('a plan for the last fire of a job', () => {
  const once = new DateTrigger({ runDate: midnight });

  it('keeps the job until that has ended', () => {
    const result = planned({ trigger: once, now: at(0) });
    expect(result.change.job).toMatchObject({ nextRunTime: undefined, dueTime: undefined });
  });

  it('removes the job if nothing of it is under way', () => {
    const late = { trigger: once, now: at(9), job: { misfireGraceTime: 1 } };
    expect(planned(late).change.job).toBe('removed');
    expect(planned({ ...late, active: [{}] }).change.job).toMatchObject({ nextRunTime: undefined });
    expect(planned({ ...late, keepFinished: true }).change.job).toMatchObject({ nextRunTime: undefined });
  });
});

it('never follows a trigger that does not move on', () => {
  const stuck = Object.assign(Object.create(everyTenSeconds), {
    getNextFireTime: () => midnight,
    getDueTimes: () => ({ last: midnight, count: 1 }),
    toString: () => 'stuck',
  });
  expect(() => planned({ trigger: stuck, now: at(0) })).toThrow(
    'Trigger stuck says 2026-01-05T00:00:00.000Z follows 2026-01-05T00:00:00.000Z',
  );
});

it('passes over a time that the clocks leave out, and runs twice at one that they repeat', () => {
  const trigger = new CronTrigger({ hour: 2, minute: 30, timezone: 'Europe/Paris' });
  const fires = (from: string, count: number) => {
    const times: (string | undefined)[] = [];
    let nextRunTime = trigger.getNextFireTime(undefined, new Date(from));
    while (times.length < count && nextRunTime) {
      times.push(nextRunTime.toISOString());
      nextRunTime = planned({ trigger, now: nextRunTime, job: { nextRunTime, dueTime: nextRunTime } }).job
        .nextRunTime;
    }
    return times;
  };
  expect(fires('2026-03-28T00:00:00Z', 2)).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
  expect(fires('2026-10-24T12:00:00Z', 3)).toEqual([
    '2026-10-25T00:30:00.000Z',
    '2026-10-25T01:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ]);
});

it('is never too late for a run that somebody asked for', () => {
  const job = sampleJob({ misfireGraceTime: 1 });
  const run = { dueTime: midnight };
  expect(isTooLate(job, sampleRun({ ...run, cause: 'schedule' }), at(2))).toBe(true);
  expect(isTooLate(job, sampleRun({ ...run, cause: 'retry' }), at(2))).toBe(true);
  for (const cause of ['manual', 'chain', 'start'] as const) {
    expect(isTooLate(job, sampleRun({ ...run, cause }), at(2))).toBe(false);
  }
});
