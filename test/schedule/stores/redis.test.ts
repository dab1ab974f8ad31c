import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { JobStoreError } from '../../../schedule/errors.ts';
import { RedisJobStore, type RedisJobStoreOptions } from '../../../schedule/stores/redis.ts';
import { describeWithFiles } from '../../support/peer.ts';
import { RedisServer, redisServer } from '../../support/redis-server.ts';
import { waitFor } from '../../support/wait-for.ts';
import { conformsToJobStore, type StoredData } from './conformance.ts';
import { at, endedRun, runId, sampleContext, sampleJob, sampleRun } from './samples.ts';

describeWithFiles('RedisJobStore', () => {
  let server: RedisServer;
  let client: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    client = new Redis(server.socket);
  });

  afterAll(async () => {
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });

  conformsToJobStore('as every job store', { isPersistent: true, isShared: true }, newData);

  describe('in Redis', () => {
    const opened: RedisJobStore[] = [];

    async function open(
      options: Partial<RedisJobStoreOptions> = {},
      context = sampleContext(),
    ): Promise<RedisJobStore> {
      const store = new RedisJobStore({ url: server.url, ...options });
      opened.push(store);
      await store.open(context);
      return store;
    }

    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
      await client.flushall();
    });

    it('keeps jobs in a hash, and their due times in a sorted set', async () => {
      const store = await open();
      await store.addJob(sampleJob({ dueTime: at(5) }));
      expect(JSON.parse((await client.hget('supervisor:schedule:jobs', 'nightly')) ?? '')).toMatchObject({
        id: 'nightly',
        nextRunTime: at(0).getTime(),
      });
      expect(await client.zscore('supervisor:schedule:run_times', 'nightly')).toBe(String(at(5).getTime()));
    });

    it("takes APScheduler's names for the two, and keeps the others beside them", async () => {
      const store = await open({ jobsKey: 'my.jobs', runTimesKey: 'my.run_times' });
      await store.addJob(sampleJob());
      await store.change({ jobId: 'nightly', expect: {}, runs: [sampleRun()] });
      const keys = await client.keys('*');
      expect(keys).toEqual(expect.arrayContaining(['my.jobs', 'my.run_times', 'my.jobs:runs:active']));
      expect(keys.filter((key) => !/^my\.(jobs|run_times)/.test(key))).toEqual([]);
    });

    it('keeps stores of different names apart', async () => {
      const [one, other] = [await open({ prefix: 'one:' }), await open({ prefix: 'other:' })];
      await one.addJob(sampleJob());
      expect(await other.getAllJobs()).toEqual([]);
    });

    it('keeps stores in different databases apart', async () => {
      const [one, other] = [await open(), await open({ url: `${server.url}?db=3` })];
      await one.addJob(sampleJob());
      expect(await other.getAllJobs()).toEqual([]);
    });

    it('leaves nothing behind of a run that is pruned', async () => {
      const store = await open();
      const keys = async () => (await client.keys('*')).filter((key) => !key.includes('sender:')).toSorted();
      const before = await keys();
      for (const [nth, state] of (['SUCCESS', 'FAILED', 'MISSED'] as const).entries()) {
        const run = endedRun({ id: runId(nth), fireTime: at(nth), state, attempt: nth + 1 });
        const claimed = sampleRun({ ...run, state: 'CLAIMED', isSettled: false, leaseUntil: at(30) });
        for (const each of [claimed, { ...run, isSettled: false }, run]) {
          await store.change({ jobId: 'nightly', expect: {}, runs: [each] });
        }
      }
      expect(await store.pruneRuns('nightly', { limit: 0, since: undefined })).toHaveLength(3);
      expect(await keys()).toEqual(before);
    });

    it('tells nobody of what changes nothing for them', async () => {
      const store = await open();
      const inAnHour = new Date(Date.now() + 3_600_000);
      await store.addJob(sampleJob({ id: 'sooner', nextRunTime: inAnHour, dueTime: inAnHour }));
      await store.addJob(sampleJob());
      await store.change({ jobId: 'nightly', expect: {}, runs: [sampleRun({ leaseUntil: at(30) })] });
      const news: string[] = [];
      const listener = client.duplicate();
      await listener.subscribe('supervisor:schedule:changed');
      listener.on('message', (_channel, text) => news.push(text));

      const inYears = { nextRunTime: at(1e9), dueTime: at(1e9) };
      await store.addJob(sampleJob({ id: 'later', ...inYears }));
      const fired = {
        expect: { nextRunTime: at(1e9) },
        job: sampleJob({ id: 'later', ...inYears, name: 'fired' }),
      };
      const another = sampleRun({ id: runId(5), jobId: 'later', fireTime: at(1e9), leaseUntil: at(60) });
      expect(await store.change({ ...fired, jobId: 'later', runs: [another] })).toBe(true);
      const started = sampleRun({ state: 'RUNNING', leaseUntil: at(30) });
      await store.change({ jobId: 'nightly', expect: {}, runs: [started] });
      await store.renewLeases(at(90));
      await store.change({ jobId: 'nightly', expect: {}, runs: [endedRun()] });
      await store.pruneRuns('nightly', { limit: 0, since: undefined });

      await client.publish('supervisor:schedule:changed', 'end');
      await waitFor(() => news.includes('end'));
      listener.disconnect();
      expect(news).toEqual(['end']);
    });

    it('warns of somebody else who is connected as the same node', async () => {
      await open({}, sampleContext('a'));
      const [twin, other] = [sampleContext('a'), sampleContext('b')];
      await open({}, twin);
      await open({}, other);
      expect(twin.warnings).toEqual([
        'Job store "default": somebody else is connected as node "a": each needs a name of its own',
      ]);
      expect(other.warnings).toEqual([]);
    });

    it('says in one line that there is no Redis', async () => {
      await expect(open({ url: 'unix:///nowhere/redis.sock' })).rejects.toThrow(
        'Cannot open job store "unix:///nowhere/redis.sock": connect ENOENT /nowhere/redis.sock',
      );
    });

    it('says that the password is missing or wrong', async () => {
      await client.config('SET', 'requirepass', 'right');
      try {
        await expect(open({ url: `${server.url}?password=wrong` })).rejects.toThrow(/WRONGPASS/);
        await expect(open()).rejects.toThrow(/NOAUTH/);
        const store = await open({ url: `${server.url}?password=right` });
        expect(await store.getAllJobs()).toEqual([]);
      } finally {
        await client.config('SET', 'requirepass', '');
      }
    });

    it('says how to install what it needs, where that is missing', async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'without-packages-'));
      cpSync('schedule', join(elsewhere, 'schedule'), { recursive: true });
      writeFileSync(join(elsewhere, 'package.json'), '{ "type": "module" }');
      const program = `
        const { RedisJobStore } = await import('./schedule/stores/redis.ts');
        await new RedisJobStore({ url: 'unix:///run/redis.sock' }).open({}).catch((error) => console.log(error.message));`;
      const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', program], {
        cwd: elsewhere,
      });
      rmSync(elsewhere, { recursive: true });
      expect(stdout).toBe(
        'Cannot open job store "unix:///run/redis.sock": the package ioredis is missing: npm install ioredis@5',
      );
    });

    it('says that it is not open', async () => {
      await expect(new RedisJobStore({ url: server.url }).getAllJobs()).rejects.toThrow(
        new JobStoreError('The job store in Redis is not open'),
      );
    });
  });

  function newData(): StoredData {
    return {
      newStore: () => new RedisJobStore({ url: server.url, prefix: 'test:' }),
      async spoilJob(id) {
        const record = await client.hget('test:jobs', id);
        await client.hset('test:jobs', id, String(record).replace('latest', 'sometimes'));
      },
      async spoilRun(id, attempt) {
        await client.hset(`test:run:${id}`, attempt, '{');
      },
      async [Symbol.asyncDispose]() {
        await client.flushall();
      },
    };
  }
}, [redisServer]);
