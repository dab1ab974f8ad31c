import type { GroupSettings } from '../../conf/settings.ts';
import type { Job } from '../../schedule/job.ts';
import { after } from '../host/clock.ts';
import { jobDataOf } from './job-of-schedule.ts';
import type { ServiceOptions } from './service.ts';
import { readStoredJobs } from './stores.ts';

/** Seconds that the start of the daemon waits for a store to say what clients have made. */
const firstLookSecs = 2;

/**
 * The groups of the schedules that clients have made, before anything is started; none, if the store does not say so
 * soon.
 */
export async function readStoredGroups({
  settings,
  clock,
  language,
}: Pick<ServiceOptions, 'settings' | 'clock' | 'language'>): Promise<readonly GroupSettings[]> {
  if (settings.jobstore === 'memory') return [];
  const { promise: late, resolve } = Promise.withResolvers<readonly Job[]>();
  const timer = clock.setTimer(after(clock.now().instant, firstLookSecs), () => resolve([]));
  try {
    const jobs = await Promise.race([readStoredJobs(settings), late]);
    const stored = jobs.filter(({ source }) => source === 'rpc');
    const names = stored.map(({ id }) => id);
    return stored.flatMap((job) => {
      const result = language.readStored(job.id, new Map(jobDataOf(job).keys), names);
      return result.type === 'ok' ? [result.group] : [];
    });
  } catch {
    // Whoever begins will say what is wrong.
    return [];
  } finally {
    timer.cancel();
  }
}
