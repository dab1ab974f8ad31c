import { describe, expect, it } from '@jest/globals';
import { ConflictingIdError } from '../../schedule/errors.ts';
import type { JobOptions } from '../../schedule/job-options.ts';
import { IntervalTrigger } from '../../schedule/triggers/interval-trigger.ts';
import { type Fault, FaultyStore, StoredData } from './support/faulty-store.ts';
import { quiet } from './support/manual-clock.ts';
import { World } from './support/world.ts';

const ids = ['a', 'b', 'c', 'd'];
const trigger = new IntervalTrigger({ seconds: 10, startDate: '2026-01-05 00:00:10', timezone: 'UTC' });

/** Jobs that are due at the same times, on a store that waits for a disk. */
class Site {
  readonly data = new StoredData();
  readonly store = new FaultyStore(this.data, { isGrouping: true });
  readonly world: World;
  /** The jobs of each time that the store has waited for the disk. */
  readonly groups: string[] = [];

  private constructor(options: { readonly maxRuns?: number }) {
    this.world = new World({ store: this.store, ...options });
  }

  static async open(options: { readonly maxRuns?: number } = {}): Promise<Site> {
    const site = new Site(options);
    const { scheduler } = site.world;
    await scheduler.start();
    for (const id of ids) await scheduler.addJob('tick', trigger, { id, misfireGraceTime: null });
    await quiet();
    site.store.beforeChange = (changes) => {
      site.groups.push(changes.map(({ jobId }) => jobId).join('+'));
    };
    return site;
  }

  /** Which runs have been started, in that order: job and fire time. */
  get begun(): readonly string[] {
    return this.world.executor.begun.map(
      ({ run }) => `${run.jobId} ${run.fireTime.toISOString().slice(14, 19)}`,
    );
  }

  async endAll(): Promise<void> {
    for (const run of [...this.world.executor.underWay.values()]) void run.end();
    await quiet();
  }
}

describe('jobs that are due at the same time', () => {
  it('are claimed together, and those that end together are written together', async () => {
    const site = await Site.open();
    await site.world.clock.advance(10);
    expect(site.groups).toEqual(['a+b+c+d']);
    expect(site.begun).toEqual(['a 00:10', 'b 00:10', 'c 00:10', 'd 00:10']);
    await site.endAll();
    expect(site.groups).toEqual(['a+b+c+d', 'a+b+c+d']);
    expect(await site.world.history('d')).toEqual(['00:00:10 SUCCESS schedule']);
  });

  it('are started as far as there is room on the node, and the others wait for it', async () => {
    const site = await Site.open({ maxRuns: 2 });
    await site.world.clock.advance(10);
    expect(site.begun).toEqual(['a 00:10', 'b 00:10']);
    expect(await site.world.history('c')).toEqual(['00:00:10 CLAIMED schedule']);
    await site.world.executor.last().end();
    expect(site.begun).toEqual(['a 00:10', 'b 00:10', 'c 00:10']);
  });

  it('leave a place to those behind them that they do not need after all', async () => {
    const site = await Site.open({ maxRuns: 2 });
    // Somebody removes it after it was decided to run it.
    site.store.beforeChange = () => site.data.memory.removeJob('a').catch(() => undefined);
    await site.world.clock.advance(10);
    await quiet();
    expect(site.begun).toEqual(['b 00:10', 'c 00:10']);
  });

  it('are decided anew, each by itself, if somebody has changed them meanwhile', async () => {
    const site = await Site.open();
    const later = new Date('2026-01-05T00:00:20Z');
    site.store.beforeChange = async () => {
      const job = await site.data.memory.lookupJob('b');
      if (job) await site.data.memory.updateJob({ ...job, nextRunTime: later, dueTime: later });
    };
    await site.world.clock.advance(10);
    expect(site.begun).toEqual(['a 00:10', 'c 00:10', 'd 00:10']);
  });

  it('start once they are claimed, also if the first of them pauses the scheduler', async () => {
    const site = await Site.open();
    const { scheduler, clock } = site.world;
    scheduler.addListener(() => scheduler.pause());
    await clock.advance(10);
    await site.endAll();
    await clock.advance(20);
    expect(site.begun).toEqual(['a 00:10', 'b 00:10', 'c 00:10', 'd 00:10']);
  });

  it('leave others a turn between them if they are many', async () => {
    const site = await Site.open();
    const more = Array.from({ length: 196 }, (_, nth) => `more ${nth}`);
    const { scheduler, clock, executor } = site.world;
    await Promise.all(more.map((id) => scheduler.addJob('tick', trigger, { id })));
    let begunWhenOthersCame: number | undefined;
    site.store.beforeChange = () => {
      setImmediate(() => {
        begunWhenOthersCame ??= executor.begun.length;
      });
    };
    await clock.advance(10);
    for (let turns = 0; turns < 5; turns += 1) await quiet();
    expect(begunWhenOthersCame).toBe(50);
    expect(executor.begun).toHaveLength(200);
  });

  it.each<Fault>(['refused', 'answer lost', 'half done'])(
    'are each run once and have an outcome, whichever operation of the store fails (%s)',
    async (fault) => {
      for (let nth = 1; nth <= 40; nth += 1) {
        const site = await Site.open();
        const { clock, store } = site.world;
        const failing = site.store.operations + nth;
        site.store.faultOf = (operation) => (operation === failing ? fault : undefined);
        for (let fires = 0; fires < 4; fires += 1) {
          await clock.advance(10);
          await site.endAll();
        }
        await quiet();
        expect(site.begun).toEqual([...new Set(site.begun)]);
        expect(await store.getActiveRuns()).toEqual([]);
        expect(await store.getUnsettledRuns()).toEqual([]);
        const states = (await store.getRuns({})).map(({ state }) => state);
        expect(states).toHaveLength(4 * ids.length);
        expect(states).not.toContain('LOST');
      }
    },
  );
});

describe('jobs that are added at the same time', () => {
  const add = (site: Site, id: string, options: JobOptions = {}) =>
    site.world.scheduler.addJob('tick', trigger, { id, ...options });

  it('are written together, and so are those that take the place of others', async () => {
    const site = await Site.open();
    const before = site.store.operations;
    await Promise.all(['e', 'f', 'g'].map((id) => add(site, id)));
    expect(site.store.operations - before).toBeLessThan(6);
    const replaced = await Promise.all(
      ids.map((id) => add(site, id, { name: `${id} anew`, replaceExisting: true })),
    );
    expect(site.groups).toEqual(['a+b+c+d']);
    expect(replaced.map(({ name }) => name)).toEqual(['a anew', 'b anew', 'c anew', 'd anew']);
    expect((await site.world.scheduler.getJob('d'))?.name).toBe('d anew');
  });

  it('are each refused or not for themselves', async () => {
    const site = await Site.open();
    const added = ['e', 'a', 'e', 'f'].map((id) => add(site, id));
    const results = await Promise.allSettled(added);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    await expect(added[1]).rejects.toThrow(new ConflictingIdError('a'));
  });

  it('take the place of one another where they may', async () => {
    const site = await Site.open();
    const names = ['first', 'second'];
    await Promise.all(names.map((name) => add(site, 'e', { name, replaceExisting: true })));
    expect((await site.world.scheduler.getJob('e'))?.name).toBe('second');
  });

  it('are all told when the store fails', async () => {
    const site = await Site.open();
    site.store.faultOf = () => 'refused';
    const results = await Promise.allSettled(['e', 'f'].map((id) => add(site, id)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
