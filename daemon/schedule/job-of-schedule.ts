/** What the library is told of a schedule of the configuration. */
import { createHash } from 'node:crypto';
import type { ScheduleSettings } from '../../conf/schedule-settings.ts';
import type { Job } from '../../schedule/job.ts';
import type { JobOptions } from '../../schedule/job-options.ts';
import type { Json } from '../../schedule/json.ts';

/** The one executor of the daemon: everything goes through the supervisor. */
export const executorName = 'supervisor';

/** What is kept with a job beside what the library knows. */
export interface JobData {
  /** The daemons whose files have it; none, if a client has made it. */
  readonly nodes: readonly string[];
  readonly isJitterFixed: boolean;
  /** What `paused` says, which counts when it is new or has changed. */
  readonly isPaused: boolean;
  /** Of a client's: what it was made of. */
  readonly keys?: readonly (readonly [name: string, value: string])[];
}

export function jobDataOf({ data }: Pick<Job, 'data'>): JobData {
  const { nodes = [], isJitterFixed = false, isPaused = false, keys } = (data ?? {}) as Partial<JobData>;
  return { nodes, isJitterFixed, isPaused, ...(keys && { keys }) };
}

/**
 * A job for a schedule.
 *
 * @param data.nodes are also those that may run it in a store that is shared, unless the schedule says which
 */
export function jobOptionsOf(
  schedule: ScheduleSettings,
  data: Pick<JobData, 'nodes' | 'keys'>,
): JobOptions & { readonly id: string } {
  const { hosts, source } = schedule;
  return {
    id: schedule.name,
    name: schedule.name,
    source,
    executor: executorName,
    misfireGraceTime: schedule.misfire_grace_time ?? null,
    coalesce: schedule.coalesce,
    maxInstances: schedule.max_instances,
    overlap: schedule.overlap,
    timeout: schedule.timeout ?? null,
    retries: schedule.retries,
    retryDelay: schedule.retry_delay,
    onLost: schedule.on_lost,
    hosts: hosts ?? (data.nodes.length > 0 ? data.nodes : null),
    historyLimit: schedule.history_limit,
    historyMaxAge: schedule.history_max_age ?? null,
    data: { ...data, isJitterFixed: schedule.jitter_fixed, isPaused: schedule.paused } as unknown as Json,
  };
}

/** From 0 to 1: by chance, or, as `jitter_fixed` asks for, always the same for this schedule on this node. */
export function jitterOf(job: Job, node: string): number {
  if (!jobDataOf(job).isJitterFixed) return Math.random();
  const digest = createHash('sha256').update(`${node}\0${job.id}`).digest();
  return digest.readUInt32BE() / 0x1_0000_0000;
}
