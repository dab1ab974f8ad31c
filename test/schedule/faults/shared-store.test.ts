import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DateTrigger,
  IntervalTrigger,
  type Job,
  type Run,
  Scheduler,
  STATE_STOPPED,
} from '../../../schedule/index.ts';
import { RedisJobStore } from '../../../schedule/stores/redis.ts';
import { type Death, type Sharer, StartRecorder } from '../../fixtures/schedule/shares-a-store.ts';
import { describeWithFiles } from '../../support/peer.ts';
import { RedisServer, redisServer } from '../../support/redis-server.ts';
import { SeverableProxy } from '../../support/severable-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { sampleContext, sampleJob } from '../stores/samples.ts';
import { MemoryLog } from '../support/world.ts';

const leaseSeconds = 2;

describeWithFiles('Several schedulers on one Redis', () => {
  let server: RedisServer;
  let starts: string;
  let store: RedisJobStore;
  const children = new Map<string, ChildProcess>();
  const schedulers: Scheduler[] = [];

  beforeEach(async () => {
    server = await RedisServer.start({ isDurable: true });
    starts = join(server.directory, 'starts');
    store = new RedisJobStore({ url: server.url });
    await store.open(sampleContext('the test'));
  });

  afterEach(async () => {
    for (const node of [...children.keys()]) await end(node, 'SIGKILL');
    for (const scheduler of schedulers.splice(0)) {
      if (scheduler.state !== STATE_STOPPED) await scheduler.shutdown({ runs: 'leave' });
    }
    await store.close();
    await server[Symbol.asyncDispose]();
  });

  function sharer(node: string): Sharer {
    return { url: server.url, node, starts, leaseSeconds, takes: 20 };
  }

  /** Starts a scheduler in a process of its own. */
  async function begin(node: string, more: Partial<Sharer> = {}): Promise<ChildProcess> {
    const program = resolve('test/fixtures/schedule/shares-a-store.ts');
    const options = JSON.stringify({ ...sharer(node), ...more });
    const child = spawn(process.execPath, [program, options], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.set(node, child);
    let isReady = false;
    createInterface(child.stdout).on('line', (line) => {
      isReady ||= line === 'ready';
    });
    await waitFor(() => isReady || child.exitCode !== null || child.signalCode !== null, { what: node });
    return child;
  }

  async function end(node: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = children.get(node);
    children.delete(node);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }

  function started(): readonly Pick<Run, 'id' | 'jobId' | 'attempt' | 'fireTime' | 'node'>[] {
    if (!existsSync(starts)) return [];
    const lines = readFileSync(starts, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  function newScheduler(node: string, logger: MemoryLog, url = server.url, lease = leaseSeconds): Scheduler {
    const scheduler = new Scheduler({
      timezone: 'UTC',
      node,
      jobStores: { default: new RedisJobStore({ url, leaseSeconds: lease }) },
      executors: { default: new StartRecorder(sharer(node)) },
      logger,
    });
    schedulers.push(scheduler);
    return scheduler;
  }

  /** A job that is due now, and never again. */
  async function addOnce(more: Partial<Job> = {}): Promise<void> {
    const now = await store.now();
    const trigger = new DateTrigger({ runDate: now }).toJSON();
    const due = { nextRunTime: now, dueTime: now, misfireGraceTime: null };
    await store.addJob(sampleJob({ trigger, givenTrigger: trigger, ...due, ...more }));
  }

  /** What became of each attempt, and where. */
  async function records(): Promise<readonly string[]> {
    return (await store.getRuns({})).toReversed().map(({ state, node }) => `${state} ${node}`);
  }

  async function isOver(): Promise<boolean> {
    return (await store.getRuns({})).every(({ ended }) => ended !== undefined);
  }

  describe('one of which is killed', () => {
    const deaths: readonly { at: Death; fail: string[]; rerun: string[]; startsOfFirst: number }[] = [
      { at: 'before the claim', fail: ['SUCCESS b'], rerun: ['SUCCESS b'], startsOfFirst: 0 },
      { at: 'after the claim', fail: ['LOST a'], rerun: ['LOST a', 'SUCCESS b'], startsOfFirst: 0 },
      { at: 'in the start', fail: ['LOST a'], rerun: ['LOST a', 'SUCCESS b'], startsOfFirst: 0 },
      { at: 'in the run', fail: ['LOST a'], rerun: ['LOST a', 'SUCCESS b'], startsOfFirst: 1 },
      { at: 'before the end', fail: ['LOST a'], rerun: ['LOST a', 'SUCCESS b'], startsOfFirst: 1 },
      { at: 'after the end', fail: ['SUCCESS a'], rerun: ['SUCCESS a'], startsOfFirst: 1 },
    ];
    const cases = deaths.flatMap(({ at, startsOfFirst, ...records }) =>
      (['fail', 'rerun'] as const).map((onLost) => ({
        at,
        onLost,
        startsOfFirst,
        expected: records[onLost],
      })),
    );

    it.each(cases)(
      '$at, has $expected on record with on_lost=$onLost',
      async ({ at, onLost, expected, startsOfFirst }) => {
        await addOnce({ onLost });
        const victim = await begin('a', { diesAt: at, leaseSeconds: 1 });
        await waitFor(() => victim.signalCode === 'SIGKILL', { what: 'the death of a' });

        const log = new MemoryLog();
        const survivor = newScheduler('b', log, server.url, 1);
        await survivor.start();
        await waitFor(async () => (await records()).length === expected.length && (await isOver()));
        await survivor.shutdown();

        expect(await records()).toEqual(expected);
        const nodes = started().map(({ node }) => node);
        expect(nodes.filter((node) => node === 'a')).toHaveLength(startsOfFirst);
        expect(nodes.filter((node) => node === 'b')).toHaveLength(expected.at(-1) === 'SUCCESS b' ? 1 : 0);
        const said = expected.includes('LOST a')
          ? [expect.stringContaining('is LOST: its node a is gone')]
          : [];
        expect(log.lines).toEqual(said);
      },
    );
  });

  describe('one of which is cut off when it claims', () => {
    let proxy: SeverableProxy;

    beforeEach(async () => {
      proxy = await SeverableProxy.start(join(server.directory, 'proxy.sock'), server.socket);
    });

    afterEach(() => proxy[Symbol.asyncDispose]());

    async function cutOff(lease: number): Promise<{ a: Scheduler; b: Scheduler; log: MemoryLog }> {
      const log = new MemoryLog();
      const a = newScheduler('a', log, `unix://${proxy.socket}`, lease);
      await a.start();
      // Redis then knows the script, and the claim is one message.
      await store.change({ jobId: 'nightly', expect: { nextRunTime: null }, runs: [] });
      proxy.loseAnswerOf('"bucket":"active"');
      await addOnce();
      await waitFor(async () => (await store.getRuns({})).length > 0, { what: 'the claim' });
      const b = newScheduler('b', new MemoryLog(), server.url, lease);
      await b.start();
      return { a, b, log };
    }

    it('starts the run when it is back, if it is within its lease', async () => {
      const { a, b, log } = await cutOff(60);
      await waitFor(() => log.lines.some((line) => line.includes('fails, and is asked again')), {
        what: 'the error',
      });
      expect(started()).toEqual([]);
      proxy.link = 'whole';
      await waitFor(async () => started().length > 0 && (await isOver()), { what: 'the run' });
      await Promise.all([a.shutdown(), b.shutdown()]);
      expect(await records()).toEqual(['SUCCESS a']);
      expect(started()).toHaveLength(1);
    });

    it('never starts what another one has taken for lost meanwhile', async () => {
      const { a, b, log } = await cutOff(2);
      await waitFor(isOver, { what: 'b to notice' });
      await waitFor(() => log.lines.some((line) => line.includes('fails, and is asked again')), {
        what: 'the error',
      });
      proxy.link = 'whole';
      // That it works again is seen by what it starts next.
      await addOnce({ id: 'next', hosts: ['a'] });
      await waitFor(() => started().length > 0, { what: 'the next job' });
      await Promise.all([a.shutdown(), b.shutdown()]);
      expect(await store.getRuns({ jobId: 'nightly' })).toMatchObject([{ state: 'LOST', node: 'a' }]);
      expect(started().map(({ jobId }) => jobId)).not.toContain('nightly');
    });
  });

  /** Fires that come one after another, and none of which may be left out. */
  async function addGrid(id: string, interval: number): Promise<void> {
    const from = await store.now();
    const trigger = new IntervalTrigger({ seconds: interval, startDate: from }).toJSON();
    const first = { nextRunTime: from, dueTime: from, historyLimit: 10_000, maxInstances: 1000 };
    const patient = { misfireGraceTime: null, coalesce: 'all' } as const;
    await store.addJob(sampleJob({ id, trigger, givenTrigger: trigger, ...first, ...patient }));
  }

  /** What must hold of every fire, whatever has happened. */
  async function checkFires(id: string, interval: number): Promise<readonly Run[]> {
    const runs = (await store.getRuns({ jobId: id })).toReversed();
    const times = runs.map(({ fireTime }) => fireTime.getTime()).toSorted((one, other) => one - other);
    const grid = times.map((_, nth) => (times[0] ?? 0) + nth * interval * 1000);
    expect(times).toEqual(grid);
    const ids = started().flatMap((run) => (run.jobId === id ? [run.id] : []));
    expect(ids.length).toBe(new Set(ids).size);
    for (const { id: run, state } of runs) {
      expect(['SUCCESS', 'LOST']).toContain(state);
      if (state === 'SUCCESS') expect(ids).toContain(run);
    }
    expect(runs.map(({ id: run }) => run)).toEqual(expect.arrayContaining(ids));
    return runs;
  }

  /** No more fires, and all that were have ended. */
  async function endFires(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const job = await store.lookupJob(id);
      if (job) await store.updateJob({ ...job, nextRunTime: undefined, dueTime: undefined, isPaused: true });
    }
    await waitFor(async () => (await store.getActiveRuns()).length === 0, {
      what: 'the last runs',
    });
  }

  it('start each fire once', async () => {
    const nodes = ['a', 'b', 'c', 'd'];
    // A machine that is slow is not to be taken for dead.
    await Promise.all(nodes.map((node) => begin(node, { leaseSeconds: 60 })));
    const jobs = ['one', 'two', 'three'];
    for (const id of jobs) await addGrid(id, 0.05);
    await waitFor(() => started().length > 240, { what: 'fires' });
    await endFires(jobs);
    for (const id of jobs) {
      const runs = await checkFires(id, 0.05);
      expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(['SUCCESS']));
    }
    expect(new Set(started().map(({ node }) => node)).size).toBeGreaterThan(1);
  });

  it('start each fire at most once, and have a record of each, while they and Redis are killed', async () => {
    const nodes = ['a', 'b', 'c'];
    await Promise.all(nodes.map((node) => begin(node)));
    const jobs = ['one', 'two'];
    for (const id of jobs) await addGrid(id, 0.1);
    for (let death = 0; death < 12; death += 1) {
      const before = started().length;
      await waitFor(() => started().length > before + 3, { what: 'fires' });
      // Not at the same place each time.
      await delay(death * 7);
      if (death % 5 === 4) {
        await server.crash();
        await server.start();
      } else {
        const node = nodes[death % nodes.length] ?? '';
        await end(node, 'SIGKILL');
        await begin(node);
      }
    }
    await endFires(jobs);
    for (const node of nodes) await end(node, 'SIGTERM');
    const runs = (await Promise.all(jobs.map((id) => checkFires(id, 0.1)))).flat();
    expect(runs.length).toBeGreaterThan(48);
  });
}, [redisServer]);
