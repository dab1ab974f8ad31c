/** The job store that `[scheduler]` asks for. */
import type { SchedulerSettings } from '../../conf/schedule-settings.ts';
import type { Job } from '../../schedule/job.ts';
import type { JobStore } from '../../schedule/job-store.ts';

/** @throws {JobStoreError} what it needs is not installed */
export async function createStore(settings: SchedulerSettings): Promise<JobStore> {
  switch (settings.jobstore) {
    case 'memory': {
      const { MemoryJobStore } = await import('../../schedule/stores/memory.ts');
      return new MemoryJobStore();
    }
    case 'sqlite': {
      const { SqliteJobStore } = await import('../../schedule/stores/sqlite.ts');
      return new SqliteJobStore({ path: settings.jobstore_path });
    }
    case 'redis': {
      const { RedisJobStore } = await import('../../schedule/stores/redis.ts');
      return new RedisJobStore({ url: settings.redis_url ?? '', prefix: settings.redis_prefix });
    }
    default:
      return settings.jobstore satisfies never;
  }
}

/** All jobs that are in it. @throws {JobStoreError} it cannot be opened */
export async function readStoredJobs(settings: SchedulerSettings): Promise<readonly Job[]> {
  const store = await createStore(settings);
  await store.open({
    alias: 'default',
    node: settings.node,
    onChange: () => undefined,
    onLoss: () => undefined,
    warn: () => undefined,
  });
  try {
    return await store.getAllJobs();
  } finally {
    await store.close();
  }
}

/** Which one it is, for people; without the password that a URL may have in it. */
export function storeName({ jobstore, jobstore_path, redis_url = '' }: SchedulerSettings): string {
  if (jobstore === 'memory') return 'memory';
  if (jobstore === 'sqlite') return `sqlite:${jobstore_path}`;
  return redis_url.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/s, '');
}
