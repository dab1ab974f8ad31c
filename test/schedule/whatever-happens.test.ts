import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isActive, type Run } from '../../schedule/run.ts';
import { IntervalTrigger } from '../../schedule/triggers/interval-trigger.ts';
import { FaultyStore, StoredData } from './support/faulty-store.ts';
import { ManualClock, quiet } from './support/manual-clock.ts';
import { ManualExecutor } from './support/manual-executor.ts';
import { World } from './support/world.ts';

const interval = 10;
const start = new Date('2026-01-05T00:00:10Z');
const trigger = new IntervalTrigger({ seconds: interval, startDate: start, timezone: 'UTC' });

const seconds = fc.constantFrom(0, 0.5, 1, 4, 5, 9, 10, 11, 29, 30, 31, 95, 2000);
const happening = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('advance' as const), by: seconds }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('end' as const),
      which: fc.nat(5),
      outcome: fc.constantFrom('SUCCESS' as const, 'FAILED' as const, 'SPAWN_ERROR' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'kill' as const,
        'restart' as const,
        'run' as const,
        'force' as const,
        'stop' as const,
        'pauseJob' as const,
      ),
      node: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('fail' as const),
      node: fc.nat(1),
      fault: fc.constantFrom('refused' as const, 'answer lost' as const, 'half done' as const),
      after: fc.nat(12),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const), node: fc.nat(1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('set' as const), by: fc.integer({ min: -7000, max: 7000 }) }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const settings = fc.record({
  isShared: fc.boolean(),
  isGrouping: fc.boolean(),
  maxRuns: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
  coalesce: fc.constantFrom('latest' as const, 'earliest' as const, 'all' as const),
  misfireGraceTime: fc.constantFrom(null, 1, 35),
  maxInstances: fc.constantFrom(1, 3),
  overlap: fc.constantFrom('skip' as const, 'queue' as const, 'replace' as const),
  retries: fc.constantFrom(0, 2),
  retryDelay: fc.constantFrom(0, 3),
  timeout: fc.constantFrom(null, 12),
  onLost: fc.constantFrom('fail' as const, 'rerun' as const),
});
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

/** One or two nodes on one store, to which things happen. */
class Site {
  readonly #clock = new ManualClock();
  readonly #data = new StoredData();
  readonly #worlds: World[] = [];
  readonly #nodes: (World & { readonly store: FaultyStore })[] = [];
  readonly #settings: Settings;
  isPaused = false;
  #latest = 0;

  constructor(given: Settings) {
    this.#settings = given;
  }

  async open(): Promise<void> {
    for (let node = 0; node < (this.#settings.isShared ? 2 : 1); node += 1) await this.#startNode(node);
  }

  async play(what: Happening): Promise<void> {
    const node = 'node' in what ? what.node % this.#nodes.length : 0;
    const world = this.#nodes[node];
    if (world === undefined) return;
    const { scheduler, store } = world;
    switch (what.type) {
      case 'advance':
        return this.#clock.advance(what.by);
      case 'set': {
        const to = this.#clock.now().getTime() + what.by * 1000;
        this.#latest = Math.max(this.#latest, this.#clock.now().getTime());
        // Beyond that it is a correction, after which fire times come again that were left out.
        if (this.#latest - to < 2 * 3_600_000) await this.#clock.setTo(new Date(to));
        return;
      }
      case 'end': {
        const underWay = this.#nodes.flatMap(({ executor }) => [...executor.underWay.values()]);
        await underWay[what.which % Math.max(1, underWay.length)]?.end({ outcome: what.outcome });
        return;
      }
      case 'kill':
        store.kill();
        return this.#startNode(node);
      case 'restart': {
        world.executor.outcome = 'SUCCESS';
        for (const run of world.executor.underWay.values()) void run.end();
        const closed = scheduler.shutdown();
        await this.#clock.advance(20);
        await closed;
        return this.#startNode(node);
      }
      case 'fail': {
        const first = store.operations + what.after;
        store.faultOf = (operation) => (operation === first ? what.fault : undefined);
        return;
      }
      case 'pause':
        scheduler.pause();
        return;
      case 'resume':
        scheduler.resume();
        return;
      default:
        await this.#ask(world, what.type).catch(() => undefined);
    }
  }

  async #ask({ scheduler }: World, what: 'run' | 'force' | 'stop' | 'pauseJob'): Promise<void> {
    if (what === 'run' || what === 'force') await scheduler.runJob('tick', { force: what === 'force' });
    else if (what === 'pauseJob')
      await (this.isPaused ? scheduler.resumeJob('now and then') : scheduler.pauseJob('now and then'));
    else {
      const [run] = await scheduler.getRuns({ states: ['active'] });
      if (run) await scheduler.stopRun(run.id);
    }
    if (what === 'pauseJob') this.isPaused = !this.isPaused;
  }

  /** Everything comes to its end. */
  async comeToRest(): Promise<void> {
    for (const { store, scheduler, executor } of this.#nodes) {
      store.faultOf = () => undefined;
      scheduler.resume();
      executor.outcome = 'SUCCESS';
      for (const run of executor.underWay.values()) await run.end();
    }
    // What is left for a time that was before the clock was set back comes then.
    await this.#clock.setTo(new Date(Math.max(this.#latest, this.#clock.now().getTime())));
    for (let times = 0; times < 8; times += 1) await this.#clock.advance(30);
    await quiet();
  }

  async check(): Promise<void> {
    const started = this.#worlds.flatMap(({ executor }) => executor.begun.map(({ run }) => run));
    isOnce(started.map(({ id, attempt }) => `${id}/${attempt}`));
    const runs = await this.#data.memory.getRuns({});
    const fires = runs.filter(
      ({ attempt, cause }) => attempt === 1 && (cause === 'schedule' || cause === 'catchup'),
    );
    isOnce(fires.map(nameOf));
    isOnce(started.filter(({ attempt, cause }) => attempt === 1 && cause !== 'manual').map(nameOf));
    // No outcome is missing, none is left open, and nothing waits for what does not come.
    expect(runs.filter(isActive)).toEqual([]);
    for (const run of started) {
      const record = runs.find(({ id, attempt }) => id === run.id && attempt === run.attempt);
      expect(record?.ended).toBeDefined();
    }
    expect(await this.#data.memory.getUnsettledRuns()).toEqual([]);
    // Each fire time of the job that nobody has paused is on record exactly once.
    const ticks = fires
      .filter(({ jobId }) => jobId === 'tick')
      .sort((one, other) => Number(one.fireTime) - Number(other.fireTime));
    let expected = start.getTime();
    for (const { fireTime, lastFireTime, count } of ticks) {
      expect(fireTime.toISOString()).toBe(new Date(expected).toISOString());
      expect(lastFireTime.getTime() - fireTime.getTime()).toBe((count - 1) * interval * 1000);
      expected = lastFireTime.getTime() + interval * 1000;
    }
  }

  async close(): Promise<void> {
    for (const { scheduler } of this.#nodes) await scheduler.shutdown({ runs: 'leave' });
  }

  async #startNode(node: number): Promise<void> {
    const { isShared, isGrouping, maxRuns, ...job } = this.#settings;
    const store = new FaultyStore(this.#data, {
      isGrouping,
      ...(isShared && { shared: this.#clock }),
    });
    const world = new World({
      node: `node ${node}`,
      clock: this.#clock,
      executor: new ManualExecutor(),
      store,
      maxRuns,
      onOutcome: () => undefined,
    });
    this.#worlds.push(world);
    this.#nodes[node] = Object.assign(world, { store });
    await world.scheduler.start();
    for (const id of ['tick', 'now and then']) {
      const options = { ...job, id, historyLimit: 100_000, replaceExisting: true };
      await world.scheduler.addJob('tick', trigger, options);
    }
    await quiet();
  }
}

function nameOf({ jobId, fireTime }: Run): string {
  return `${jobId} ${fireTime.toISOString()}`;
}

function isOnce(names: readonly string[]): void {
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
}

const plain: Settings = {
  isShared: false,
  isGrouping: false,
  maxRuns: 1,
  coalesce: 'latest',
  misfireGraceTime: null,
  maxInstances: 1,
  overlap: 'skip',
  retries: 0,
  retryDelay: 0,
  timeout: null,
  onLost: 'fail',
};

it('no fire is started twice and each is recorded once, whatever happens and in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(
      settings,
      fc.array(happening, { size: 'large', maxLength: 60 }),
      async (given, happenings) => {
        const site = new Site(given);
        await site.open();
        for (const each of happenings) await site.play(each);
        await site.comeToRest();
        await site.check();
        await site.close();
      },
    ),
    {
      numRuns: 150,
      examples: [
        // A run on another node that made room was left to nobody, if the answer to that was lost.
        [
          { ...plain, isShared: true, overlap: 'replace' },
          [
            { type: 'advance', by: 29 },
            { type: 'pause', node: 0 },
            { type: 'pauseJob', node: 0 },
            { type: 'fail', node: 1, fault: 'answer lost', after: 6 },
            { type: 'advance', by: 30 },
          ],
        ],
        // So was one that was taken for lost.
        [
          { ...plain, isShared: true },
          [
            { type: 'restart', node: 1 },
            { type: 'fail', node: 1, fault: 'answer lost', after: 5 },
            { type: 'set', by: 30 },
          ],
        ],
        // So was one that somebody had stopped.
        [
          plain,
          [
            { type: 'advance', by: 30 },
            { type: 'fail', node: 0, fault: 'answer lost', after: 6 },
            { type: 'stop', node: 0 },
          ],
        ],
        // A node recorded a run of another one as LOST, and was killed before it had seen to that.
        [
          { ...plain, isShared: true },
          [
            { type: 'advance', by: 31 },
            { type: 'fail', node: 1, fault: 'refused', after: 6 },
            { type: 'set', by: 29 },
            { type: 'kill', node: 1 },
          ],
        ],
        // Somebody stopped a run that was waiting, and the answer of the store was lost.
        [
          plain,
          [
            { type: 'restart', node: 0 },
            { type: 'fail', node: 0, fault: 'answer lost', after: 6 },
            { type: 'stop', node: 0 },
          ],
        ],
        // A run of another node was recorded as LOST, and the answer lost with it.
        [
          { ...plain, isShared: true },
          [
            { type: 'fail', node: 0, fault: 'refused', after: 1 },
            { type: 'advance', by: 95 },
            { type: 'fail', node: 0, fault: 'answer lost', after: 5 },
            { type: 'set', by: 25 },
          ],
        ],
        // What failed a second time, while the first time was made up for, was left to nobody.
        [
          { ...plain, isShared: true },
          [
            { type: 'run', node: 1 },
            { type: 'kill', node: 0 },
            { type: 'fail', node: 0, fault: 'refused', after: 6 },
            { type: 'set', by: 30 },
            { type: 'fail', node: 0, fault: 'refused', after: 6 },
            { type: 'advance', by: 10 },
          ],
        ],
        // What of a run on another node failed to be noted was left to nobody.
        [
          { ...plain, isShared: true },
          [
            { type: 'set', by: 10 },
            { type: 'end', which: 0, outcome: 'SUCCESS' },
            { type: 'fail', node: 1, fault: 'refused', after: 6 },
            { type: 'set', by: 30 },
          ],
        ],
        // What failed beside a pass that went well was forgotten until the next fire.
        [
          plain,
          [
            { type: 'advance', by: 9 },
            { type: 'advance', by: 4 },
            { type: 'fail', node: 0, fault: 'refused', after: 7 },
            { type: 'set', by: -244 },
            { type: 'end', which: 0, outcome: 'SUCCESS' },
          ],
        ],
      ],
    },
  );
});
