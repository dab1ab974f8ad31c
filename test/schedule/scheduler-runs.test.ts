import { afterEach, describe, expect, it } from '@jest/globals';
import { EVENT_JOB_ADDED, EVENT_JOB_REMOVED } from '../../schedule/events.ts';
import type { Job } from '../../schedule/job.ts';
import type { Run } from '../../schedule/run.ts';
import type { OutcomeContext } from '../../schedule/surroundings.ts';
import { CronTrigger } from '../../schedule/triggers/cron-trigger.ts';
import { IntervalTrigger } from '../../schedule/triggers/interval-trigger.ts';
import { quiet } from './support/manual-clock.ts';
import { World } from './support/world.ts';

const everyTenSeconds = new IntervalTrigger({
  seconds: 10,
  startDate: '2026-01-05 00:00:10',
  timezone: 'UTC',
});
const always = { misfireGraceTime: null };

let world: World | undefined;

async function started(options: ConstructorParameters<typeof World>[0] = {}): Promise<World> {
  world = new World(options);
  await world.scheduler.start();
  await quiet();
  world.news();
  return world;
}

afterEach(async () => {
  if (world && world.scheduler.state !== 0) await world.scheduler.shutdown({ runs: 'leave' });
  world = undefined;
});

describe('a job', () => {
  it('runs at each of its fire times, and says so in order', async () => {
    const { scheduler, clock, executor, ...own } = await started();
    await scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await clock.advance(9.999);
    expect(executor.begun).toEqual([]);
    await clock.advance(0.001);
    await executor.last().end({ returnValue: 42 });
    await clock.advance(10);
    await executor
      .last()
      .end({ outcome: 'FAILED', error: 'no such table', exception: new Error('no such table') });
    expect(own.heard).toEqual([
      'JOB_ADDED tick',
      'JOB_SUBMITTED tick 00:00:10',
      'JOB_EXECUTED tick 00:00:10',
      'RUN_SETTLED tick 00:00:10',
      'JOB_SUBMITTED tick 00:00:20',
      'JOB_ERROR tick 00:00:20',
      'RUN_SETTLED tick 00:00:20',
    ]);
    expect(await scheduler.getRuns({ jobId: 'tick' })).toMatchObject([
      { state: 'FAILED', error: 'no such table', isSettled: true },
      { state: 'SUCCESS', returnValue: 42, isSettled: true },
    ]);
  });

  it('is written down as starting before it is started', async () => {
    const { scheduler, clock, executor, store } = await started();
    await scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    const states: Promise<readonly Run[]>[] = [];
    const run = executor.run.bind(executor);
    executor.run = (...all) => {
      states.push(store.getActiveRuns());
      return run(...all);
    };
    await clock.advance(10);
    expect(await Promise.all(states)).toMatchObject([[{ state: 'STARTING', node: 'a' }]]);
    await executor.last().context.started({ pid: 4711 });
    expect(await store.getActiveRuns()).toMatchObject([{ state: 'RUNNING', data: { pid: 4711 } }]);
  });

  it('that was changed before the start counts from the start', async () => {
    const own = new World();
    world = own;
    await own.scheduler.addJob('tick', 'interval', { id: 'a', seconds: 10 });
    await own.scheduler.addJob('tick', 'interval', { id: 'b', seconds: 10 });
    await own.scheduler.rescheduleJob('a', 'interval', { seconds: 20 });
    await own.scheduler.pauseJob('b');
    await own.scheduler.addJob('tick', 'interval', { id: 'c', seconds: 10 });
    await own.scheduler.pauseJob('c');
    await own.scheduler.resumeJob('c');
    await own.clock.advance(3595);
    await own.scheduler.start();
    const times = (await own.scheduler.getJobs()).map(({ id, nextRunTime }) => [id, nextRunTime?.getTime()]);
    const next = own.clock.now().getTime() + 5000;
    expect(times).toEqual([
      ['a', next],
      ['c', next],
      ['b', undefined],
    ]);
  });

  it('that is not scheduled wakes nobody', async () => {
    const { scheduler, clock } = await started();
    const job = await scheduler.addJob('tick', everyTenSeconds, { id: 'tick', timeout: 60 });
    await quiet();
    expect(clock.alarm).toEqual(new Date('2026-01-05T00:00:10Z'));
    await job.pause();
    await quiet();
    expect(clock.alarm).toBeUndefined();
    await clock.advance(86_400);
    expect(clock.wakes).toBe(0);
  });

  it('leaves no alarm behind for a timeout that is over', async () => {
    const { scheduler, clock, executor } = await started();
    await scheduler.addJob('once', 'date', { id: 'once', runDate: clock.now(), timeout: 60 });
    await quiet();
    expect(clock.alarm).toEqual(new Date('2026-01-05T00:01:00Z'));
    await executor.last().end();
    expect(clock.alarm).toBeUndefined();
  });

  it('is removed when its last run has ended', async () => {
    const { scheduler, clock, executor, ...own } = await started();
    await scheduler.addJob('once', 'date', { id: 'once', runDate: clock.now() });
    await quiet();
    expect(await scheduler.getJob('once')).toBeDefined();
    await executor.last().end();
    expect(await scheduler.getJob('once')).toBeUndefined();
    expect(own.heard).toEqual([
      'JOB_ADDED once',
      'JOB_SUBMITTED once 00:00:00',
      'JOB_FINISHED once',
      'JOB_EXECUTED once 00:00:00',
      'JOB_REMOVED once',
      'RUN_SETTLED once 00:00:00',
    ]);
  });

  it('stays when its last run has ended, where finished jobs are kept', async () => {
    const { scheduler, clock, executor } = await started({ keepFinished: true });
    await scheduler.addJob('once', 'date', { id: 'once', runDate: clock.now() });
    await quiet();
    await executor.last().end();
    expect(await scheduler.getJob('once')).toMatchObject({ nextRunTime: undefined });
  });

  it('keeps no more records than it is to, and as many of failures', async () => {
    const own = await started();
    const { scheduler, clock, executor } = own;
    await scheduler.addJob('tick', everyTenSeconds, { id: 'tick', historyLimit: 2 });
    for (const outcome of ['FAILED', 'SUCCESS', 'SUCCESS', 'FAILED', 'SUCCESS', 'FAILED'] as const) {
      await clock.advance(10);
      await executor.last().end({ outcome });
    }
    expect(await own.history()).toEqual([
      '00:00:30 SUCCESS schedule',
      '00:00:40 FAILED schedule',
      '00:00:50 SUCCESS schedule',
      '00:01:00 FAILED schedule',
    ]);
  });
});

it('records of jobs that are gone are kept, but not without end', async () => {
  const own = await started();
  own.executor.outcome = 'SUCCESS';
  for (let count = 0; count < 1010; count += 1) await own.scheduler.addJob('once');
  await quiet();
  expect(await own.scheduler.getJobs()).toEqual([]);
  expect(await own.scheduler.getRuns()).toHaveLength(1000);
});

describe('too many runs of a job', () => {
  it('are skipped', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await own.clock.advance(20);
    expect(own.executor.begun).toHaveLength(1);
    expect(own.news()).toContain('JOB_MAX_INSTANCES tick 00:00:20');
    expect(own.log.lines).toEqual([
      'Execution of job "tick" skipped: maximum number of running instances reached (2026-01-05T00:00:20.000Z)',
    ]);
    await own.executor.last().end();
    await own.clock.advance(10);
    expect(await own.history()).toEqual([
      '00:00:10 SUCCESS schedule',
      '00:00:20 SKIPPED schedule',
      '00:00:30 STARTING schedule',
    ]);
  });

  it('wait, where they may, and start as soon as there is room', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', overlap: 'queue', ...always });
    await own.clock.advance(30);
    expect(await own.history()).toEqual([
      '00:00:10 STARTING schedule',
      '00:00:20 CLAIMED schedule',
      '00:00:30 SKIPPED schedule',
    ]);
    await own.executor.last().end();
    expect(own.executor.last().run.fireTime).toEqual(new Date('2026-01-05T00:00:20Z'));
  });

  it('that wait too long are missed', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, {
      id: 'tick',
      overlap: 'queue',
      misfireGraceTime: 4,
    });
    await own.clock.advance(24.001);
    await own.executor.last().end();
    expect(own.executor.begun).toHaveLength(1);
    expect(await own.history()).toEqual(['00:00:10 SUCCESS schedule', '00:00:20 MISSED schedule']);
    expect(own.news()).toContain('JOB_MISSED tick 00:00:20');
  });

  it('end the oldest one, where they may, and start when it has ended', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', overlap: 'replace', ...always });
    await own.clock.advance(20);
    const [first] = own.executor.begun;
    expect(first?.context.abortSignal.reason).toBe('cancelled');
    expect(own.executor.begun).toHaveLength(1);
    await own.clock.advance(10);
    expect(await own.history()).toEqual([
      '00:00:10 STARTING schedule',
      '00:00:20 CANCELLED schedule',
      '00:00:30 CLAIMED schedule',
    ]);
    await first?.end({ outcome: 'FAILED' });
    expect(await own.history()).toEqual([
      '00:00:10 CANCELLED schedule',
      '00:00:20 CANCELLED schedule',
      '00:00:30 STARTING schedule',
    ]);
  });

  it('of all jobs of a node wait for each other, and start in the order in which they came', async () => {
    const own = await started({ maxRuns: 1 });
    for (const id of ['a', 'b', 'c']) await own.scheduler.addJob('tick', everyTenSeconds, { id, ...always });
    await own.clock.advance(10);
    for (const id of ['a', 'b', 'c']) {
      expect(own.executor.underWay.size).toBe(1);
      expect(own.executor.last().run.jobId).toBe(id);
      await own.executor.last().end();
    }
    expect(own.executor.begun).toHaveLength(3);
  });

  it('are refused to those who ask while the scheduler is paused, as they would wait until it is resumed', async () => {
    const own = await started({ maxRuns: 1 });
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', overlap: 'queue' });
    own.scheduler.pause();
    await own.scheduler.runJob('tick');
    await expect(own.scheduler.runJob('tick')).rejects.toThrow(
      'Job "tick" cannot run now, and the scheduler is paused',
    );
    await own.executor.last().end();
    await own.scheduler.runJob('tick');
    expect(own.executor.begun).toHaveLength(2);
  });
});

describe('a run', () => {
  it('that takes too long is asked to end, and is a TIMEOUT however it ends', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', timeout: 7 });
    await own.clock.advance(16.999);
    expect(own.executor.last().context.abortSignal.aborted).toBe(false);
    await own.clock.advance(0.001);
    expect(own.executor.last().context.abortSignal.reason).toBe('timeout');
    expect(await own.history()).toEqual(['00:00:10 STARTING schedule']);
    await own.executor.last().end({ outcome: 'SUCCESS' });
    expect(await own.history()).toEqual(['00:00:10 TIMEOUT schedule']);
    expect(own.news().slice(-3)).toEqual([
      'RUN_TIMEOUT tick 00:00:10',
      'JOB_ERROR tick 00:00:10',
      'RUN_SETTLED tick 00:00:10',
    ]);
    expect(own.log.lines).toEqual([
      expect.stringMatching(/^Run \w+ of job "tick" is TIMEOUT: ran for longer than 7 seconds$/),
    ]);
  });

  it('does not take too long because somebody sets the clock', async () => {
    const own = await started();
    await own.scheduler.addJob('once', 'date', { id: 'once', runDate: own.clock.now(), timeout: 7 });
    await own.clock.setTo('2027-01-05T00:00:00Z');
    expect(own.executor.last().context.abortSignal.aborted).toBe(false);
    await own.clock.advance(7);
    expect(own.executor.last().context.abortSignal.reason).toBe('timeout');
  });

  it('that fails is tried again, as often as it may, under the same id', async () => {
    const own = await started();
    await own.scheduler.addJob('once', 'date', {
      id: 'once',
      runDate: own.clock.now(),
      retries: 2,
      retryDelay: 5,
    });
    await quiet();
    await own.executor.last().end({ outcome: 'FAILED' });
    await own.clock.advance(4.999);
    expect(own.executor.begun).toHaveLength(1);
    await own.clock.advance(0.001);
    await own.executor.last().end({ outcome: 'SPAWN_ERROR' });
    await own.clock.advance(5);
    await own.executor.last().end({ outcome: 'FAILED' });
    await own.clock.advance(60);
    expect(own.executor.begun.map(({ run }) => [run.id === own.executor.last().run.id, run.attempt])).toEqual(
      [
        [true, 1],
        [true, 2],
        [true, 3],
      ],
    );
    expect(await own.history()).toEqual([
      '00:00:00 FAILED schedule',
      '00:00:00 SPAWN_ERROR retry #2',
      '00:00:00 FAILED retry #3',
    ]);
    expect(await own.scheduler.getJobs()).toEqual([]);
  });

  for (const { it: behaviour, options, tries } of [
    { it: 'is not tried again if that would keep the next fire from running', options: {}, tries: false },
    { it: 'is tried again before the next fire', options: { retryDelay: 3 }, tries: true },
    {
      it: 'is tried again if the next fire may wait for it',
      options: { overlap: 'queue' as const },
      tries: true,
    },
    { it: 'is tried again if both may run', options: { maxInstances: 2 }, tries: true },
  ]) {
    it(behaviour, async () => {
      const own = await started();
      await own.scheduler.addJob('tick', everyTenSeconds, {
        id: 'tick',
        retries: 1,
        retryDelay: 10,
        ...options,
      });
      await own.clock.advance(10);
      await own.executor.last().end({ outcome: 'FAILED' });
      await own.clock.advance(9);
      expect((await own.history()).length === 2).toBe(tries);
    });
  }

  it('is told what follows of it, each attempt once', async () => {
    const seen: [Run, OutcomeContext][] = [];
    const own = await started({ onOutcome: (...all) => void seen.push(all) });
    await own.scheduler.addJob('once', 'date', {
      id: 'once',
      runDate: own.clock.now(),
      retries: 1,
      retryDelay: 5,
    });
    await quiet();
    await own.executor.last().end({ outcome: 'FAILED' });
    await own.clock.advance(5);
    await own.executor.last().end();
    expect(seen.map(([{ state }, { job, next }]) => [state, job?.id, next?.attempt])).toEqual([
      ['FAILED', 'once', 2],
      ['SUCCESS', 'once', undefined],
    ]);
  });

  it('is settled although what follows of it fails', async () => {
    const own = await started({ onOutcome: () => Promise.reject(new Error('no such program')) });
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await own.clock.advance(10);
    await own.executor.last().end();
    expect(await own.scheduler.getRuns()).toMatchObject([{ isSettled: true }]);
    expect(own.log.lines).toEqual([
      expect.stringMatching(/^What follows of run \w+ of job "tick" has failed: no such program$/),
    ]);
  });

  it('whose executor throws has failed', async () => {
    const own = await started();
    own.executor.run = () => {
      throw new Error('broken');
    };
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await own.clock.advance(10);
    expect(await own.scheduler.getRuns()).toMatchObject([{ state: 'FAILED', error: 'broken' }]);
  });

  it('of an executor that is not there cannot be started, and the job goes on', async () => {
    const own = await started();
    const job = await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await own.store.updateJob({ ...job.job, executor: 'gone' });
    await own.clock.advance(20);
    expect(await own.scheduler.getRuns()).toMatchObject([
      { state: 'SPAWN_ERROR', error: 'No such executor: gone' },
      { state: 'SPAWN_ERROR' },
    ]);
  });

  it('that somebody stops is CANCELLED', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', retries: 3 });
    await own.clock.advance(10);
    const { run, context } = own.executor.last();
    expect(await own.scheduler.stopRun(run.id)).toBe(true);
    expect(context.abortSignal.reason).toBe('cancelled');
    await own.executor.last().end({ outcome: 'FAILED' });
    expect(await own.history()).toEqual(['00:00:10 CANCELLED schedule']);
    expect(await own.scheduler.stopRun(run.id)).toBe(false);
    await expect(own.scheduler.stopRun('x')).rejects.toThrow('No run by the id of x was found');
  });

  it('that waits and is stopped never starts', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', overlap: 'queue' });
    await own.clock.advance(20);
    const [waiting] = await own.scheduler.getRuns({ states: ['active'] });
    expect(await own.scheduler.stopRun(waiting?.id ?? '')).toBe(true);
    await own.executor.last().end();
    expect(await own.history()).toEqual(['00:00:10 SUCCESS schedule', '00:00:20 CANCELLED schedule']);
  });

  it('that waits does not outlive its job', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', overlap: 'queue' });
    await own.clock.advance(20);
    await own.scheduler.removeJob('tick');
    await own.executor.last().end();
    expect(await own.history()).toEqual(['00:00:10 SUCCESS schedule', '00:00:20 CANCELLED schedule']);
    expect(own.clock.alarm).toBeUndefined();
  });
});

describe('a run that somebody asks for', () => {
  it('runs now, and leaves the schedule alone', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    const run = await own.scheduler.runJob('tick');
    expect(run).toMatchObject({ cause: 'manual', state: 'STARTING', fireTime: own.clock.now() });
    await own.executor.last().end();
    await own.clock.advance(10);
    expect(await own.history()).toEqual(['00:00:00 SUCCESS manual', '00:00:10 STARTING schedule']);
  });

  it('can be waited for, with all its attempts', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', 'cron', { id: 'tick', hour: 3, retries: 1, retryDelay: 5 });
    let ended: Run | undefined;
    void own.scheduler.runJob('tick', { wait: true }).then((run) => {
      ended = run;
    });
    await quiet();
    await own.executor.last().end({ outcome: 'FAILED' });
    expect(ended).toBeUndefined();
    await own.clock.advance(5);
    await own.executor.last().end({ exitStatus: 3 });
    expect(ended).toMatchObject({ state: 'SUCCESS', attempt: 2, exitStatus: 3 });
  });

  it('is refused where no more may run, unless it is forced', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await own.clock.advance(10);
    await expect(own.scheduler.runJob('tick')).rejects.toThrow(
      'Job "tick" has already reached its maximum number of instances',
    );
    await own.scheduler.runJob('tick', { force: true });
    expect(own.executor.underWay.size).toBe(2);
    await expect(own.scheduler.runJob('x')).rejects.toThrow('No job by the id of x was found');
  });

  it('has its next attempt before those that came later, also if these waited already', async () => {
    const own = await started();
    const options = { id: 'tick', hour: 3, overlap: 'queue', retries: 1, retryDelay: 0 } as const;
    await own.scheduler.addJob('tick', 'cron', options);
    const first = await own.scheduler.runJob('tick');
    const second = await own.scheduler.runJob('tick');
    await own.executor.last().end({ outcome: 'FAILED' });
    expect(own.executor.last().run).toMatchObject({ id: first.id, attempt: 2 });
    await own.executor.last().end();
    expect(own.executor.last().run).toMatchObject({ id: second.id, attempt: 1 });
  });

  it('is not in the way of another whose next attempt waits too', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', 'cron', { id: 'tick', hour: 3, retries: 1, retryDelay: 0 });
    await own.scheduler.runJob('tick');
    await own.scheduler.runJob('tick', { force: true });
    await own.executor.last().end({ outcome: 'FAILED' });
    await own.executor.last(2).end({ outcome: 'FAILED' });
    await own.executor.last().end();
    await own.executor.last().end();
    expect((await own.scheduler.getRuns({ jobId: 'tick' })).map(({ state }) => state)).toEqual([
      'SUCCESS',
      'FAILED',
      'SUCCESS',
      'FAILED',
    ]);
  });

  it('takes its turn where runs may wait', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', 'cron', { id: 'tick', hour: 3, overlap: 'queue' });
    await own.scheduler.runJob('tick');
    expect(await own.scheduler.runJob('tick')).toMatchObject({ state: 'CLAIMED' });
    await expect(own.scheduler.runJob('tick')).rejects.toThrow('maximum number of instances');
    // However long it waits: whoever asks for a run means it.
    await own.clock.advance(3600);
    await own.executor.last().end();
    expect(own.executor.underWay.size).toBe(1);
  });

  it('starts later if it is told to', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', 'cron', { id: 'tick', hour: 3 });
    const run = await own.scheduler.runJob('tick', { cause: 'chain', delay: 2 });
    expect(run).toMatchObject({ state: 'CLAIMED', fireTime: own.clock.now() });
    await own.clock.advance(1.999);
    expect(own.executor.begun).toEqual([]);
    await own.clock.advance(0.001);
    expect(own.executor.begun).toHaveLength(1);
    await own.executor.last().end();
    expect(await own.history()).toEqual(['00:00:00 SUCCESS chain']);
  });

  it('is not run twice under the same id', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', 'cron', { id: 'tick', hour: 3 });
    const { id } = await own.scheduler.runJob('tick', {
      cause: 'chain',
      runId: 'after-1',
      data: { of: 'x' },
    });
    await own.executor.last().end();
    expect(await own.scheduler.runJob('tick', { cause: 'chain', runId: 'after-1' })).toMatchObject({
      id,
      state: 'SUCCESS',
    });
    expect(own.executor.begun).toHaveLength(1);
  });
});

describe('a job that is paused', () => {
  it('misses nothing, and goes on from when it is resumed', async () => {
    const own = await started();
    const job = await own.scheduler.addJob('tick', everyTenSeconds, {
      id: 'tick',
      coalesce: false,
      ...always,
    });
    await job.pause();
    await own.clock.advance(95);
    await job.resume();
    await own.clock.advance(5);
    expect(await own.history()).toEqual(['00:01:40 STARTING schedule']);
    expect(own.news()).toEqual([
      'JOB_ADDED tick',
      'JOB_MODIFIED tick',
      'JOB_PAUSED tick',
      'JOB_MODIFIED tick',
      'JOB_RESUMED tick',
      'JOB_SUBMITTED tick 00:01:40',
    ]);
  });

  it('is removed by being resumed if it has no more fire times', async () => {
    const own = await started();
    const trigger = new CronTrigger({ hour: 3, endDate: '2026-01-06', timezone: 'UTC' });
    const job = await own.scheduler.addJob('tick', trigger, { id: 'tick' });
    await job.pause();
    await own.clock.advance(2 * 86_400);
    expect(await job.resume()).toBeUndefined();
    expect(await own.scheduler.getJobs()).toEqual([]);
    expect(own.news().at(-1)).toBe('JOB_REMOVED tick');
  });
});

describe('a scheduler that is paused', () => {
  it('lets fires pile up, which meet grace and coalescing when it is resumed', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', ...always });
    await own.scheduler.addJob('tick', everyTenSeconds, {
      id: 'strict',
      coalesce: false,
      misfireGraceTime: 6,
    });
    own.scheduler.pause();
    own.scheduler.pause();
    await own.clock.advance(35);
    expect(own.clock.wakes).toBe(0);
    expect(own.executor.begun).toEqual([]);
    own.scheduler.resume();
    own.scheduler.resume();
    await quiet();
    expect(await own.history('tick')).toEqual([
      '00:00:30 STARTING catchup',
      '00:00:10 COALESCED catchup',
      '00:00:20 COALESCED catchup',
    ]);
    expect(await own.history('strict')).toEqual([
      '00:00:30 STARTING catchup',
      '00:00:10 MISSED catchup',
      '00:00:20 MISSED catchup',
    ]);
    expect(own.news().filter((text) => text.startsWith('SCHEDULER'))).toEqual([
      'SCHEDULER_PAUSED',
      'SCHEDULER_RESUMED',
    ]);
  });

  it('lets runs that wait wait on, but ends those that take too long', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, {
      id: 'tick',
      overlap: 'queue',
      timeout: 30,
      ...always,
    });
    await own.clock.advance(20);
    own.scheduler.pause();
    await own.clock.advance(20);
    expect(own.executor.last().context.abortSignal.reason).toBe('timeout');
    await own.executor.last().end();
    expect(own.executor.begun).toHaveLength(1);
    own.scheduler.resume();
    await quiet();
    expect(own.executor.begun).toHaveLength(2);
  });
});

describe('a scheduler that is shut down', () => {
  it('waits for its runs, and still ends those that take too long', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', timeout: 15, maxInstances: 9 });
    await own.clock.advance(10);
    let isDown = false;
    const down = own.scheduler.shutdown().then(() => {
      isDown = true;
    });
    await own.clock.advance(15);
    expect(own.executor.begun).toHaveLength(1);
    expect(own.executor.last().context.abortSignal.reason).toBe('timeout');
    expect(isDown).toBe(false);
    await own.executor.last().end();
    await down;
    expect(own.news().slice(-3)).toEqual([
      'JOB_ERROR tick 00:00:10',
      'RUN_SETTLED tick 00:00:10',
      'SCHEDULER_SHUTDOWN',
    ]);
    expect(own.clock.alarm).toBeUndefined();
  });

  it('does not wait if it is not to, and tells what becomes of its runs all the same', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await own.clock.advance(10);
    await own.scheduler.shutdown({ wait: false });
    expect(own.news().at(-1)).toBe('SCHEDULER_SHUTDOWN');
    await own.executor.last().end();
    expect(own.news()).toEqual(['JOB_EXECUTED tick 00:00:10', 'RUN_SETTLED tick 00:00:10']);
    await own.scheduler.start();
    expect(own.scheduler.state).toBe(1);
  });

  it('asks its runs to end if it is to', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
    await own.clock.advance(10);
    const down = own.scheduler.shutdown({ runs: 'stop' });
    await quiet();
    expect(own.executor.last().context.abortSignal.reason).toBe('shutdown');
    await own.executor.last().end({ outcome: 'FAILED' });
    await down;
    expect(own.news()).toContain('RUN_CANCELLED tick 00:00:10');
  });

  it('names what waits and is lost with its memory', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', retries: 1, retryDelay: 3 });
    await own.clock.advance(10);
    const down = own.scheduler.shutdown();
    await own.executor.last().end({ outcome: 'FAILED' });
    await down;
    expect(own.news().slice(-3)).toEqual([
      'RUN_CANCELLED tick 00:00:10',
      'RUN_SETTLED tick 00:00:10',
      'SCHEDULER_SHUTDOWN',
    ]);
  });
});

describe('a listener', () => {
  it('hears of what it asks for, until it is removed', async () => {
    const own = await started();
    const heard: number[] = [];
    const listener = ({ code }: { readonly code: number }) => void heard.push(code);
    own.scheduler.addListener(listener, EVENT_JOB_ADDED | EVENT_JOB_REMOVED);
    const job = await own.scheduler.addJob('tick', everyTenSeconds);
    await job.pause();
    await job.remove();
    own.scheduler.removeListener(listener);
    await own.scheduler.addJob('tick', everyTenSeconds);
    expect(heard).toEqual([EVENT_JOB_ADDED, EVENT_JOB_REMOVED]);
  });

  it('that throws is logged, and does no harm', async () => {
    const own = await started();
    own.scheduler.addListener(() => {
      throw new Error('at once');
    }, EVENT_JOB_ADDED);
    own.scheduler.addListener(() => Promise.reject(new Error('later')), EVENT_JOB_ADDED);
    await own.scheduler.addJob('tick', everyTenSeconds);
    await own.clock.advance(10);
    expect(own.executor.begun).toHaveLength(1);
    expect(own.log.lines).toEqual(['Error notifying listener: at once', 'Error notifying listener: later']);
  });
});

describe('a clock that is set', () => {
  it('back does not run a fire a second time', async () => {
    const own = await started();
    own.executor.outcome = 'SUCCESS';
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', ...always });
    await own.clock.advance(30);
    await own.clock.setTo('2026-01-05T00:00:05Z');
    await own.clock.advance(35);
    expect(await own.history()).toEqual([
      '00:00:10 SUCCESS schedule',
      '00:00:20 SUCCESS schedule',
      '00:00:30 SUCCESS schedule',
      '00:00:40 SUCCESS schedule',
    ]);
  });

  it('back by years, because it was ahead by years, does not stop a job for years', async () => {
    const own = await started();
    own.executor.outcome = 'SUCCESS';
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', ...always });
    await own.clock.advance(10);
    await own.clock.setTo('2030-01-05T00:00:00Z');
    await own.clock.setTo('2026-01-05T00:00:15Z');
    await own.clock.advance(10);
    const runs = (await own.scheduler.getRuns()).filter(({ state }) => state === 'SUCCESS');
    expect(runs.map(({ fireTime }) => fireTime.toISOString()).sort()).toEqual([
      '2026-01-05T00:00:10.000Z',
      // The first one of those that were left out in 2030 is known as such.
      '2030-01-05T00:00:00.000Z',
    ]);
    await own.clock.advance(10);
    expect(own.executor.last().run.fireTime.toISOString()).toBe('2026-01-05T00:00:30.000Z');
  });

  it('back by hours does not run again what is on record', async () => {
    const own = await started();
    own.executor.outcome = 'SUCCESS';
    const hourly = new IntervalTrigger({ hours: 1, startDate: '2026-01-05 01:00:00', timezone: 'UTC' });
    await own.scheduler.addJob('tick', hourly, { id: 'tick', ...always });
    await own.clock.advance(6 * 3600);
    await own.clock.setTo('2026-01-05T00:30:00Z');
    await own.clock.advance(7 * 3600);
    const fires = (await own.scheduler.getRuns()).map(({ fireTime }) => fireTime.getUTCHours());
    expect(fires.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('forward makes fires late, which are caught up within their grace', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', misfireGraceTime: 3 });
    await own.clock.setTo('2026-01-05T00:00:14Z');
    await own.clock.advance(0);
    expect(await own.history()).toEqual(['00:00:10 MISSED catchup']);
    await own.clock.advance(6);
    expect(own.executor.last().run).toMatchObject({
      cause: 'schedule',
      fireTime: new Date('2026-01-05T00:00:20Z'),
    });
  });

  it('forward by a year runs a job once, and counts what was left out', async () => {
    const own = await started();
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', ...always });
    await own.clock.setTo('2027-01-05T00:00:03Z');
    expect(await own.scheduler.getRuns()).toMatchObject([
      { state: 'COALESCED', count: 365 * 8640 - 1, cause: 'catchup' },
      { state: 'STARTING', count: 1, cause: 'catchup' },
    ]);
  });
});

describe('days on which the clocks change', () => {
  const fires = async (from: string, hours: number, trigger: CronTrigger): Promise<string[]> => {
    const own = await started({ timezone: 'Europe/Paris' });
    await own.clock.setTo(from);
    own.executor.outcome = 'SUCCESS';
    await own.scheduler.addJob('tick', trigger, { id: 'tick' });
    await own.clock.advance(hours * 3600);
    return own.executor.begun.map(({ run }) => run.fireTime.toISOString().slice(5, 16));
  };

  it('leave a job out whose time does not come', async () => {
    const trigger = new CronTrigger({ hour: '1-3', minute: 30 });
    expect(await fires('2026-03-28T20:00:00Z', 12, trigger)).toEqual(['03-29T00:30', '03-29T01:30']);
  });

  it('run a job twice whose time comes twice, or once if it is to', async () => {
    const trigger = new CronTrigger({ hour: 2, minute: 30 });
    expect(await fires('2026-10-24T20:00:00Z', 12, trigger)).toEqual(['10-25T00:30', '10-25T01:30']);
    const once = new CronTrigger({ hour: 2, minute: 30, dst: 'once' });
    expect(await fires('2026-10-24T20:00:00Z', 12, once)).toEqual(['10-25T00:30']);
  });
});

describe('a job of certain hosts', () => {
  it('does not run on another one, and does not wake it', async () => {
    const own = await started({ node: 'b' });
    await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick', hosts: ['a'] });
    await own.clock.advance(10);
    expect(own.executor.begun).toEqual([]);
    expect(own.clock.alarm).toBeUndefined();
    await expect(own.scheduler.runJob('tick')).rejects.toThrow('Job "tick" does not run on this node (b)');
  });
});

it('a job that cannot be understood is kept and named once, and the others run', async () => {
  const own = await started();
  await own.scheduler.addJob('tick', everyTenSeconds, { id: 'tick' });
  const { job } = await own.scheduler.addJob('tick', everyTenSeconds, { id: 'odd' });
  const odd: Job = { ...job, trigger: { type: 'moon' } };
  await own.store.updateJob(odd);
  await own.clock.advance(20);
  await own.executor.last().end();
  await own.clock.advance(10);
  expect(await own.history()).toContain('00:00:30 STARTING schedule');
  expect(await own.store.lookupJob('odd')).toEqual(odd);
  expect(own.log.lines.filter((line) => line.includes('odd'))).toEqual([
    'Job "odd" in job store "default" cannot be scheduled: No trigger by the name "moon" was found',
  ]);
});
