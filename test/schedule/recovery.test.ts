import { describe, expect, it } from '@jest/globals';
import type { JobOptions } from '../../schedule/job-options.ts';
import type { Run } from '../../schedule/run.ts';
import { IntervalTrigger } from '../../schedule/triggers/interval-trigger.ts';
import { type Fault, FaultyStore, StoredData } from './support/faulty-store.ts';
import { ManualClock, quiet } from './support/manual-clock.ts';
import { ManualExecutor } from './support/manual-executor.ts';
import { summaryOf, World } from './support/world.ts';

const everyTenSeconds = new IntervalTrigger({
  seconds: 10,
  startDate: '2026-01-05 00:00:10',
  timezone: 'UTC',
});

/** Schedulers one after another, or beside each other, on one store. */
class Site {
  readonly clock = new ManualClock();
  readonly data = new StoredData();
  /** Outcomes by the hook: `fire STATE`. */
  readonly seen: string[] = [];
  readonly worlds: World[] = [];

  node(name = 'a', { isShared = false } = {}): World & { readonly store: FaultyStore } {
    const store = new FaultyStore(this.data, isShared ? { shared: this.clock } : {});
    const world = new World({
      node: name,
      clock: this.clock,
      executor: new ManualExecutor(),
      store,
      onOutcome: (run) => void this.seen.push(summaryOf(run)),
    });
    this.worlds.push(world);
    return Object.assign(world, { store });
  }

  get begun(): readonly Run[] {
    return this.worlds
      .flatMap(({ executor }) => executor.begun.filter(({ isAdopted }) => !isAdopted))
      .map(({ run }) => run);
  }

  async history(): Promise<string[]> {
    return (await this.data.memory.getRuns({})).reverse().map(summaryOf);
  }

  /** What must be so whatever happens. */
  async check(): Promise<void> {
    const starts = this.begun.map(({ id, attempt }) => `${id}/${attempt}`);
    expect(starts).toEqual([...new Set(starts)]);
    const firstStarts = this.begun
      .filter(({ attempt }) => attempt === 1)
      .map(({ jobId, fireTime }) => `${jobId} ${fireTime.toISOString()}`);
    expect(firstStarts).toEqual([...new Set(firstStarts)]);
    const runs = (await this.data.memory.getRuns({})).filter(({ attempt }) => attempt === 1);
    const fires = runs.map(({ jobId, fireTime }) => `${jobId} ${fireTime.toISOString()}`);
    expect(fires).toEqual([...new Set(fires)]);
  }
}

async function start(world: World, options: JobOptions = {}): Promise<void> {
  await world.scheduler.start();
  const job = { id: 'tick', misfireGraceTime: null, replaceExisting: true, ...options };
  await world.scheduler.addJob('tick', everyTenSeconds, job);
  await quiet();
}

describe('a scheduler that starts again', () => {
  it('catches up what was due while it was down, although the job is given again', async () => {
    const site = new Site();
    const first = site.node();
    await start(first);
    await first.scheduler.shutdown();
    await site.clock.advance(35);
    const second = site.node();
    await start(second);
    expect(await site.history()).toEqual([
      '00:00:30 STARTING catchup',
      '00:00:10 COALESCED catchup',
      '00:00:20 COALESCED catchup',
    ]);
  });

  it('goes on from now with a job whose trigger is another one', async () => {
    const site = new Site();
    const first = site.node();
    await start(first);
    await first.scheduler.shutdown();
    await site.clock.advance(35);
    const second = site.node();
    await second.scheduler.addJob('tick', 'interval', { id: 'tick', seconds: 20, replaceExisting: true });
    await second.scheduler.start();
    await quiet();
    expect(await site.history()).toEqual([]);
    expect((await second.scheduler.getJob('tick'))?.nextRunTime).toEqual(new Date('2026-01-05T00:00:55Z'));
  });

  it('goes on with an interval that has no start of its own, as long as it stays the same', async () => {
    const site = new Site();
    const options = { id: 'tick', seconds: 60, replaceExisting: true, misfireGraceTime: null };
    const first = site.node();
    await first.scheduler.addJob('tick', 'interval', options);
    await first.scheduler.start();
    await first.scheduler.shutdown();
    await site.clock.advance(45);
    const second = site.node();
    await second.scheduler.addJob('tick', 'interval', options);
    await second.scheduler.start();
    await site.clock.advance(15);
    expect(await site.history()).toEqual(['00:01:00 STARTING schedule']);
  });

  it('leaves a job paused that somebody has paused, and gives it everything else that is new', async () => {
    const site = new Site();
    const first = site.node();
    await start(first);
    await first.scheduler.pauseJob('tick');
    await first.scheduler.shutdown();
    const second = site.node();
    await start(second, { maxInstances: 7 });
    const job = await second.scheduler.getJob('tick');
    expect(job?.job).toMatchObject({ isPaused: true, maxInstances: 7 });
    expect(job?.nextRunTime).toBeUndefined();
  });

  it('does not run a finished job again', async () => {
    const site = new Site();
    for (let times = 0; times < 2; times += 1) {
      const { scheduler, executor } = site.node();
      await scheduler.addJob('tick', 'date', {
        id: 'once',
        runDate: '2026-01-05 00:00:00',
        replaceExisting: true,
      });
      await scheduler.start();
      await quiet();
      for (const run of executor.underWay.values()) await run.end();
      await scheduler.shutdown();
    }
    expect(await site.history()).toEqual(['00:00:00 SUCCESS schedule']);
  });

  it('goes on with runs that its executor finds again', async () => {
    const site = new Site();
    const first = site.node();
    await start(first, { timeout: 60 });
    await site.clock.advance(10);
    await first.executor.last().context.started({ pid: 4711 });
    first.store.kill();
    await site.clock.advance(5);
    const second = site.node();
    second.executor.canAdopt = () => true;
    await start(second, { timeout: 60 });
    expect(second.executor.last()).toMatchObject({ isAdopted: true, run: { data: { pid: 4711 } } });
    await site.clock.advance(54);
    expect(second.executor.last().context.abortSignal.aborted).toBe(false);
    await site.clock.advance(1);
    expect(second.executor.last().context.abortSignal.reason).toBe('timeout');
    await second.executor.last().end();
    expect((await site.history())[0]).toBe('00:00:10 TIMEOUT schedule');
  });

  it('records runs as LOST that nobody finds again, and runs them again only if it is to', async () => {
    for (const onLost of ['fail', 'rerun'] as const) {
      const site = new Site();
      const first = site.node();
      await start(first, { onLost });
      await site.clock.advance(10);
      first.store.kill();
      const second = site.node();
      await start(second, { onLost });
      const rerun = onLost === 'rerun' ? ['00:00:10 STARTING rerun #2'] : [];
      expect(await site.history()).toEqual(['00:00:10 LOST schedule', ...rerun]);
      expect(site.seen).toEqual(['00:00:10 LOST schedule']);
      expect(second.heard).toContain('RUN_LOST tick 00:00:10');
    }
  });

  it('runs again what its executor finds, but whose end nobody has seen, if it is to', async () => {
    for (const onLost of ['fail', 'rerun'] as const) {
      const site = new Site();
      const first = site.node();
      await start(first, { onLost });
      await site.clock.advance(10);
      first.store.kill();
      const second = site.node();
      second.executor.canAdopt = () => true;
      await start(second, { onLost });
      await second.executor.last().end({ outcome: 'LOST' });
      const rerun = onLost === 'rerun' ? ['00:00:10 STARTING rerun #2'] : [];
      expect(await site.history()).toEqual(['00:00:10 LOST schedule', ...rerun]);
      expect(site.seen).toEqual(['00:00:10 LOST schedule']);
    }
  });

  it('does not run again what somebody has stopped', async () => {
    const site = new Site();
    const first = site.node();
    await start(first, { onLost: 'rerun' });
    await site.clock.advance(10);
    await first.scheduler.stopRun(first.executor.last().run.id);
    first.store.kill();
    await start(site.node(), { onLost: 'rerun' });
    expect(await site.history()).toEqual(['00:00:10 LOST schedule']);
  });

  it('goes on with runs that waited, as long as they are in time', async () => {
    for (const { grace, state } of [
      { grace: null, state: 'STARTING' },
      { grace: 5, state: 'MISSED' },
    ]) {
      const site = new Site();
      const first = site.node();
      await start(first, { overlap: 'queue', misfireGraceTime: grace });
      await site.clock.advance(20);
      first.store.kill();
      await site.clock.advance(9);
      await start(site.node(), { overlap: 'queue', misfireGraceTime: grace });
      expect(await site.history()).toEqual(['00:00:10 LOST schedule', `00:00:20 ${state} schedule`]);
    }
  });

  it('ends a run that was to be ended before', async () => {
    const site = new Site();
    const first = site.node();
    await start(first);
    await site.clock.advance(10);
    await first.scheduler.stopRun(first.executor.last().run.id);
    first.store.kill();
    const second = site.node();
    second.executor.canAdopt = () => true;
    await start(second);
    expect(second.executor.last().context.abortSignal.reason).toBe('cancelled');
  });

  it('sees to an outcome that nobody has seen to', async () => {
    const site = new Site();
    const first = site.node();
    await start(first);
    await site.clock.advance(10);
    // The outcome is written, and that is the last thing it does.
    first.store.killAfterChange = ({ runs }) => runs.some(({ state }) => state === 'SUCCESS');
    await first.executor.last().end();
    expect(site.seen).toEqual([]);
    await start(site.node());
    expect(site.seen).toEqual(['00:00:10 SUCCESS schedule']);
    expect(await site.data.memory.getUnsettledRuns()).toEqual([]);
  });
});

/** Two fires, a failure and its next try: everything that is written on the way. */
async function live(world: World): Promise<void> {
  await start(world, { retries: 1, retryDelay: 1 });
  await world.clock.advance(10);
  await world.executor.begun.at(-1)?.end({ outcome: 'FAILED' });
  await world.clock.advance(5);
  await world.executor.begun.at(-1)?.end();
  await world.clock.advance(5);
  await world.executor.begun.at(-1)?.end();
  await world.clock.advance(5);
}

async function countOperations(): Promise<number> {
  const world = new Site().node();
  await live(world);
  return world.store.operations;
}

describe('whenever a scheduler is killed', () => {
  for (const fault of ['killed before', 'killed after'] satisfies Fault[]) {
    it(`each fire is recorded once and started at most once (${fault} an operation)`, async () => {
      const last = await countOperations();
      expect(last).toBeGreaterThan(30);
      for (let operation = 1; operation <= last; operation += 1) {
        const site = new Site();
        const first = site.node();
        first.store.faultOf = (number) => (number === operation ? fault : undefined);
        // It never comes to its end, which is what being killed is.
        await Promise.race([
          live(first),
          quiet()
            .then(() => site.clock.advance(25))
            .then(quiet),
        ]);
        first.store.kill();

        const second = site.node();
        second.executor.outcome = 'SUCCESS';
        await start(second, { retries: 1, retryDelay: 1 });
        await site.clock.advance(30);
        await site.check();
        const records = await site.data.memory.getRuns({});
        expect(records.filter(({ state }) => state === 'CLAIMED' || state === 'STARTING')).toEqual([]);
        expect(await site.data.memory.getUnsettledRuns()).toEqual([]);
        // What was started without an outcome is LOST, not forgotten.
        for (const run of site.begun) {
          expect(
            records.some(({ id, attempt, ended }) => id === run.id && attempt === run.attempt && ended),
          ).toBe(true);
        }
      }
    });
  }
});

describe('whenever a store fails', () => {
  for (const fault of ['refused', 'answer lost'] satisfies Fault[]) {
    it(`nothing is lost, and nothing is started twice (${fault})`, async () => {
      const last = await countOperations();
      // The first ones are those of the start, which fails.
      for (let operation = 3; operation <= last; operation += 1) {
        const site = new Site();
        const world = site.node();
        world.store.faultOf = (number) => (number === operation ? fault : undefined);
        await live(world).catch((error) => expect(error.message).toMatch(/^connection/));
        world.executor.outcome = 'SUCCESS';
        for (const begun of world.executor.underWay.values()) await begun.end();
        await site.clock.advance(60);
        await site.check();
        const records = await site.data.memory.getRuns({});
        expect(records.filter(({ ended }) => ended === undefined)).toEqual([]);
        expect(records.filter(({ state }) => state === 'LOST')).toEqual([]);
        expect(await site.data.memory.getUnsettledRuns()).toEqual([]);
        const outcomes = records
          .filter(({ state }) => state === 'SUCCESS' || state === 'FAILED')
          .map(summaryOf);
        expect([...site.seen].sort()).toEqual(outcomes.sort());
      }
    });
  }

  it('it is said once, and asked again in 10 seconds', async () => {
    const site = new Site();
    const world = site.node();
    await start(world);
    world.store.faultOf = () => 'refused';
    await site.clock.advance(45);
    expect(world.log.lines).toEqual([
      'Job store "default" fails, and is asked again every 10 seconds: connection refused',
    ]);
    const { wakes } = site.clock;
    await site.clock.advance(600);
    expect(site.clock.wakes - wakes).toBe(60);
    world.store.faultOf = () => undefined;
    await site.clock.advance(10);
    expect((await site.history()).at(-1)).toBe('00:10:40 COALESCED catchup');
    const heard = world.heard.filter((event) => /FAILED|RECOVERED/.test(event));
    expect(heard).toEqual(['JOBSTORE_FAILED default', 'JOBSTORE_RECOVERED default']);
  });

  it('a run still ends when it takes too long, and its outcome is written later', async () => {
    const site = new Site();
    const world = site.node();
    await start(world, { timeout: 15 });
    await site.clock.advance(10);
    world.store.faultOf = () => 'refused';
    await site.clock.advance(15);
    expect(world.executor.last().context.abortSignal.reason).toBe('timeout');
    await world.executor.last().end();
    expect((await site.history())[0]).toBe('00:00:10 STARTING schedule');
    world.store.faultOf = () => undefined;
    await site.clock.advance(10);
    expect((await site.history())[0]).toBe('00:00:10 TIMEOUT schedule');
    expect(world.heard).toContain('RUN_TIMEOUT tick 00:00:10');
  });
});

describe('schedulers that share a store', () => {
  it('start each fire once', async () => {
    const site = new Site();
    const worlds = ['a', 'b', 'c'].map((name) => site.node(name, { isShared: true }));
    for (const world of worlds) {
      world.executor.outcome = 'SUCCESS';
      await start(world);
    }
    await site.clock.advance(200);
    await site.check();
    expect(site.begun).toHaveLength(20);
  });

  it('record the runs of one that is gone as LOST when its lease is over, and not before', async () => {
    const site = new Site();
    const a = site.node('a', { isShared: true });
    await start(a, { onLost: 'rerun', maxInstances: 9 });
    await site.clock.advance(10);
    const b = site.node('b', { isShared: true });
    b.executor.outcome = 'SUCCESS';
    await start(b, { onLost: 'rerun', maxInstances: 9 });
    await b.scheduler.pauseJob('tick');
    // As long as it is heard of.
    await site.clock.advance(300);
    expect(await site.history()).toEqual(['00:00:10 STARTING schedule']);
    a.store.kill();
    await site.clock.advance(19);
    expect(await site.history()).toEqual(['00:00:10 STARTING schedule']);
    await site.clock.advance(12);
    expect(await site.history()).toEqual(['00:00:10 LOST schedule', '00:00:10 SUCCESS rerun #2']);
    expect(site.seen).toEqual(['00:00:10 LOST schedule', '00:00:10 SUCCESS rerun #2']);
  });

  it('look again when one was heard of just as it was to be given up', async () => {
    const site = new Site();
    const a = site.node('a', { isShared: true });
    await start(a);
    await site.clock.advance(10);
    await a.scheduler.pauseJob('tick');
    const b = site.node('b', { isShared: true });
    await start(b);
    await b.scheduler.pauseJob('tick');
    const change = b.store.change.bind(b.store);
    let refused = 0;
    b.store.change = async (each) => {
      const isRefused = refused === 0 && each.runs.some(({ state }) => state === 'LOST');
      if (isRefused) refused += 1;
      return isRefused ? false : change(each);
    };
    a.store.kill();
    await site.clock.advance(50);
    expect([refused, await site.history()]).toEqual([1, ['00:00:10 STARTING schedule']]);
    await site.clock.advance(30);
    expect(await site.history()).toEqual(['00:00:10 LOST schedule']);
  });

  it('end each other’s runs', async () => {
    const site = new Site();
    const a = site.node('a', { isShared: true });
    await start(a);
    await site.clock.advance(10);
    const b = site.node('b', { isShared: true });
    await start(b);
    expect(await b.scheduler.stopRun(a.executor.last().run.id)).toBe(true);
    await quiet();
    expect(a.executor.last().context.abortSignal.reason).toBe('cancelled');
  });

  it('end the run of another one to make room', async () => {
    const site = new Site();
    const a = site.node('a', { isShared: true });
    await start(a, { overlap: 'replace' });
    await site.clock.advance(10);
    await a.scheduler.pause();
    const b = site.node('b', { isShared: true });
    await start(b, { overlap: 'replace' });
    await site.clock.advance(10);
    expect(a.executor.last().context.abortSignal.reason).toBe('cancelled');
    expect(b.executor.begun).toEqual([]);
    await a.executor.last().end();
    await quiet();
    expect(b.executor.last().run.fireTime).toEqual(new Date('2026-01-05T00:00:20Z'));
  });

  it('never run more at the same time than the job allows', async () => {
    const site = new Site();
    const [a, b] = ['a', 'b'].map((name) => site.node(name, { isShared: true }));
    if (!a || !b) throw new Error('There are two');
    await start(a, { overlap: 'queue' });
    await start(b, { overlap: 'queue' });
    for (let times = 0; times < 20; times += 1) {
      await site.clock.advance(20);
      expect(a.executor.underWay.size + b.executor.underWay.size).toBe(1);
      for (const begun of [...a.executor.underWay.values(), ...b.executor.underWay.values()])
        await begun.end();
      await quiet();
      expect(a.executor.underWay.size + b.executor.underWay.size).toBeLessThanOrEqual(1);
    }
  });

  it('leave a run alone that another one has taken for lost', async () => {
    const site = new Site();
    const a = site.node('a', { isShared: true });
    await start(a);
    await site.clock.advance(10);
    const b = site.node('b', { isShared: true });
    await start(b);
    await b.scheduler.pauseJob('tick');
    a.store.faultOf = () => 'refused';
    await site.clock.advance(45);
    expect(await site.history()).toEqual(['00:00:10 LOST schedule']);
    a.store.faultOf = () => undefined;
    await a.executor.last().end();
    await site.clock.advance(10);
    expect(await site.history()).toEqual(['00:00:10 LOST schedule']);
    expect(a.log.lines.at(-1)).toMatch(
      /^Run \w+ of job "tick": it has ended as SUCCESS, but another node has taken it for lost$/,
    );
  });

  it('wake nobody while nothing is scheduled or under way', async () => {
    const site = new Site();
    for (const name of ['a', 'b']) {
      const world = site.node(name, { isShared: true });
      await start(world);
      await world.scheduler.pauseJob('tick');
    }
    await site.clock.advance(86_400);
    expect(site.clock.wakes).toBe(0);
  });
});
