import { duration, durationOrNone, graceTime } from '../durations.ts';
import { socketPath } from '../paths.ts';
import { coalesce, historyLimit, jobStore, maxInstances, nodeName, timezone } from '../schedule-values.ts';
import { boolean, string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[scheduler]` that are the defaults of every schedule. */
export const scheduleDefaultKeys = {
  misfire_grace_time: {
    read: graceTime,
    default: '60s',
    doc: 'How late a run may start; a fire that nobody could start in that time is MISSED. `none`: any time.',
  },
  coalesce: {
    read: coalesce,
    default: 'true',
    doc: 'Which of several fire times that have come due meanwhile are run: `true` or `latest`, the last one; `earliest`, the first one; `false` or `all`, every one.',
  },
  max_instances: {
    read: maxInstances,
    default: '1',
    unit: 'runs',
    doc: 'How many runs of one schedule there may be at the same time.',
  },
  history_limit: {
    read: historyLimit,
    default: '100',
    unit: 'runs',
    doc: 'How many records of ended runs are kept for each schedule. As many of failures are kept apart.',
  },
  history_max_age: {
    read: durationOrNone,
    default: '30d',
    doc: 'How long records of runs are kept; `none`: as long as `history_limit` allows.',
  },
} satisfies KeyTable;

/** Keys of `[scheduler]`. */
export const schedulerKeys = {
  timezone: {
    read: timezone,
    default: undefined,
    absent: 'that of the host',
    sample: 'Europe/Berlin',
    doc: 'Time zone of every schedule that has none of its own: a name of the tz database, or an offset such as `+02:00`.',
  },
  jobstore: {
    read: jobStore,
    default: 'sqlite',
    doc: 'Where next run times, run records and the schedules that clients add are kept: in a file, in memory (and lost with the daemon), or in a Redis that several daemons can share.',
  },
  jobstore_path: {
    read: socketPath,
    default: undefined,
    absent: 'path of the `logfile` of `[supervisord]` with `.schedule.db` in place of `.log`',
    sample: '/var/lib/supervisor/schedule.db',
    doc: 'File of `jobstore=sqlite`. No two daemons can share it.',
  },
  redis_url: {
    read: string,
    default: undefined,
    absent: 'required with `jobstore=redis`',
    sample: 'redis://127.0.0.1:6379/0',
    secret: true,
    doc: 'Where the Redis is: `redis://host:port/number`, `rediss://…` or `unix:///path`.',
  },
  redis_prefix: {
    read: string,
    default: 'supervisor:schedule:',
    doc: 'What all keys in the Redis begin with. Daemons with the same one share their schedules.',
  },
  node: {
    read: nodeName,
    default: undefined,
    absent: 'node name of the machine',
    sample: 'node1',
    doc: 'Name of this daemon among those that share a Redis, for `hosts` and in run records.',
  },
  paused: {
    read: boolean,
    default: 'false',
    doc: 'Start the scheduler paused: nothing is run until `supervisorctl schedule on`.',
  },
  max_runs: {
    read: maxInstances,
    default: '10',
    unit: 'runs',
    doc: 'How many runs of all schedules there may be at the same time on this node. Others wait, and age against their `misfire_grace_time`.',
  },
  shutdown_wait: {
    read: duration,
    default: '0',
    unit: 'seconds',
    doc: 'How long a shutdown waits for runs to end by themselves before it stops them.',
  },
  ...scheduleDefaultKeys,
} satisfies KeyTable;
