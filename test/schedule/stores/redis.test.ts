import { afterAll, beforeAll } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisJobStore } from '../../../schedule/stores/redis.ts';
import { describeWithFiles } from '../../support/peer.ts';
import { RedisServer, redisServer } from '../../support/redis-server.ts';
import { conformsToJobStore, type StoredData } from './conformance.ts';

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
