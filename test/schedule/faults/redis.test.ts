import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { JobStoreError } from '../../../schedule/errors.ts';
import type { JobChange } from '../../../schedule/job-store.ts';
import { RedisJobStore } from '../../../schedule/stores/redis.ts';
import { describeWithFiles } from '../../support/peer.ts';
import { RedisServer, redisServer } from '../../support/redis-server.ts';
import { SeverableProxy } from '../../support/severable-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import {
  at,
  endedRun,
  pausedJob,
  runId,
  type SampleContext,
  sampleContext,
  sampleJob,
  sampleRun,
} from '../stores/samples.ts';

const claim: JobChange = {
  jobId: 'nightly',
  expect: { nextRunTime: at(0), active: [] },
  job: sampleJob({ nextRunTime: at(60), dueTime: at(60) }),
  runs: [sampleRun({ leaseUntil: at(1e9) })],
};

describeWithFiles('A job store in a Redis', () => {
  let server: RedisServer;
  let context: SampleContext;
  let store: RedisJobStore;
  const opened: RedisJobStore[] = [];

  async function open(url: string, as: SampleContext): Promise<RedisJobStore> {
    const another = new RedisJobStore({ url });
    opened.push(another);
    await another.open(as);
    return another;
  }

  async function startWith(options: { isDurable: boolean }): Promise<void> {
    server = await RedisServer.start(options);
    context = sampleContext();
    store = await open(server.url, context);
    await store.addJob(sampleJob());
  }

  async function isUsable(): Promise<boolean> {
    return store.getAllJobs().then(
      () => true,
      () => false,
    );
  }

  /** How long it takes until an operation is refused. */
  async function refusal(operation: Promise<unknown>): Promise<number> {
    const start = performance.now();
    await expect(operation).rejects.toThrow(JobStoreError);
    return performance.now() - start;
  }

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    await server[Symbol.asyncDispose]();
  });

  describe('that is stopped', () => {
    it('refuses what it is asked at once, says so once, and comes back by itself with all it had', async () => {
      await startWith({ isDurable: true });
      expect(await store.change(claim)).toBe(true);
      await server.crash();
      for (let times = 0; times < 3; times += 1) {
        await expect(store.getDueJobs(at(0))).rejects.toThrow(
          /^Cannot use job store "unix:\/\/.*\/redis\.sock": /,
        );
      }
      const before = context.changes.count;
      await server.start();
      await waitFor(() => context.changes.count > before, { what: 'the news that it is back' });
      await waitFor(isUsable);
      expect(await store.lookupJob('nightly')).toEqual(claim.job);
      expect(await store.getActiveRuns()).toEqual(claim.runs);
      expect(context.warnings).toEqual([
        expect.stringMatching(/^Job store "default": the connection to unix:.* is lost/),
        expect.stringMatching(/^Job store "default": connected to unix:.* again$/),
      ]);
    });

    it('makes a change of which the answer is lost once it is back', async () => {
      await startWith({ isDurable: true });
      server.freeze();
      const made = store.change(claim);
      await server.crash();
      await server.start();
      expect(await made).toBe(true);
      expect(await store.getActiveRuns()).toEqual(claim.runs);
    });

    it('goes on listening when it is back', async () => {
      await startWith({ isDurable: true });
      await server.crash();
      await server.start();
      await waitFor(isUsable);
      const other = await open(server.url, sampleContext('b'));
      const client = new Redis(server.socket);
      const listeners = () => client.pubsub('NUMSUB', 'supervisor:schedule:changed');
      await waitFor(async () => (await listeners())[1] === 2, { what: 'both to listen' });
      client.disconnect();
      const before = context.changes.count;
      await other.updateJob(pausedJob());
      await waitFor(() => context.changes.count > before, { what: 'the news' });
    });

    it('and keeps nothing on disk says that it has lost everything', async () => {
      await startWith({ isDurable: false });
      await server.crash();
      await server.start();
      await waitFor(() => context.warnings.length >= 3, { what: 'the warning' });
      expect(context.warnings.at(-1)).toBe('Job store "default": Redis has lost what was stored in it');
      expect(await store.getAllJobs()).toEqual([]);
      expect(await store.change(claim)).toBe(false);
    });

    it('can be closed, and ends no promise late', async () => {
      await startWith({ isDurable: false });
      await server.crash();
      await store.close();
      await expect(store.getAllJobs()).rejects.toThrow('not open');
    });
  });

  it('that does not answer any more is given up after seconds, and used again when it does', async () => {
    await startWith({ isDurable: false });
    server.freeze();
    expect(await refusal(store.getAllJobs())).toBeLessThan(8000);
    server.thaw();
    await waitFor(isUsable);
  });

  it('that is full refuses to write, and has changed nothing', async () => {
    await startWith({ isDurable: false });
    const client = new Redis(server.socket);
    await client.config('SET', 'maxmemory', '1');
    await expect(store.change(claim)).rejects.toThrow(/^Cannot use job store ".*": OOM /);
    await client.config('SET', 'maxmemory', '0');
    client.disconnect();
    expect(await store.getRuns({})).toEqual([]);
    expect(await store.change(claim)).toBe(true);
  });

  describe('behind a network that breaks', () => {
    let proxy: SeverableProxy;
    let other: RedisJobStore;

    beforeEach(async () => {
      server = await RedisServer.start();
      proxy = await SeverableProxy.start(join(server.directory, 'proxy.sock'), server.socket);
      context = sampleContext();
      store = await open(`unix://${proxy.socket}`, context);
      other = await open(server.url, sampleContext('b'));
      await store.addJob(sampleJob());
      // From now on Redis knows the script, so that one message asks for it.
      expect(await store.change({ ...claim, expect: { nextRunTime: null } })).toBe(false);
    });

    afterEach(() => proxy[Symbol.asyncDispose]());

    it('says that a claim was made whose answer was lost, and nobody else makes it', async () => {
      proxy.loseAnswerOf('"jobId":"nightly"');
      const made = store.change(claim);
      await waitFor(async () => (await other.getActiveRuns()).length > 0, { what: 'the claim' });
      proxy.link = 'whole';
      proxy.hangUp();
      expect(await other.change({ ...claim, runs: [sampleRun({ id: runId(2), node: 'b' })] })).toBe(false);
      expect(await made).toBe(true);
      expect(await other.getRuns({})).toEqual(claim.runs);
    });

    it('says so also when another node has gone on with the run since', async () => {
      proxy.loseAnswerOf('"jobId":"nightly"');
      const made = store.change(claim);
      await waitFor(async () => (await other.getActiveRuns()).length > 0, { what: 'the claim' });
      const [run] = await other.getActiveRuns();
      const asked = { ...(run ?? sampleRun()), isStopRequested: true };
      expect(await other.change({ jobId: 'nightly', expect: {}, runs: [asked] })).toBe(true);
      proxy.link = 'whole';
      proxy.hangUp();
      expect(await made).toBe(true);
      expect(await other.getRuns({})).toEqual([asked]);
    });

    it('says that a claim was not made when another node was faster while the network was down', async () => {
      proxy.link = 'severed';
      const made = store.change(claim);
      await waitFor(() => proxy.isHolding);
      const theirs = { ...claim, runs: [sampleRun({ id: runId(2), node: 'b' })] };
      expect(await other.change(theirs)).toBe(true);
      proxy.link = 'whole';
      proxy.hangUp();
      expect(await made).toBe(false);
      await proxy.deliverLate();
      expect(await other.getRuns({})).toEqual(theirs.runs);
    });

    it('carries out nothing that arrives after what was sent later', async () => {
      expect(await store.change(claim)).toBe(true);
      proxy.link = 'severed';
      const started = { jobId: 'nightly', expect: {}, runs: [sampleRun({ state: 'RUNNING' })] };
      const late = store.change(started);
      await waitFor(() => proxy.isHolding);
      const ended = { jobId: 'nightly', expect: {}, runs: [endedRun()] };
      proxy.link = 'whole';
      proxy.hangUp();
      expect(await late).toBe(true);
      expect(await store.change(ended)).toBe(true);
      await proxy.deliverLate();
      expect(await other.getRuns({})).toEqual(ended.runs);
    });

    it('carries out nothing that arrives after its sender has looked', async () => {
      proxy.link = 'severed';
      const claimed = store.change(claim).catch((error: unknown) => error);
      expect(await claimed).toBeInstanceOf(JobStoreError);
      proxy.link = 'whole';
      await waitFor(isUsable);
      expect(await store.getActiveRuns()).toEqual([]);
      await proxy.deliverLate();
      expect(await other.getRuns({})).toEqual([]);
    });

    it('is given up after seconds when no answer comes, and used again when the network is back', async () => {
      proxy.link = 'deaf';
      expect(await refusal(store.change(claim))).toBeLessThan(10_000);
      expect(await refusal(store.getDueJobs(at(0)))).toBeLessThan(2500);
      const before = context.changes.count;
      proxy.link = 'whole';
      await waitFor(isUsable);
      await waitFor(() => context.changes.count > before);
    });
  });
}, [redisServer]);
