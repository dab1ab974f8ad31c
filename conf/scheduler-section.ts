/** `[scheduler]`. */
import type { Section } from './dialect.ts';
import type { Scope } from './expand.ts';
import { schedulerKeys } from './keys/scheduler.ts';
import type { Loading } from './load-context.ts';
import type { SchedulerSettings } from './schedule-settings.ts';
import { SectionReader } from './section-reader.ts';
import type { SupervisordSettings } from './settings.ts';

/**
 * Reads `[scheduler]`; without the section the defaults hold.
 *
 * @param supervisord says where the job store is by default
 */
export function readScheduler(
  { document, context, findings }: Loading,
  environment: Scope['environment'],
  supervisord: Pick<SupervisordSettings, 'logfile' | 'pidfile'>,
): SchedulerSettings {
  const section = document.sections.get('scheduler') ?? absent;
  // Keys of [DEFAULT] are for sections that are there.
  const defaults = section === absent ? new Map() : document.defaults;
  const reader = new SectionReader({
    section,
    defaults,
    table: schedulerKeys,
    findings,
    context,
    namesKey: true,
  });
  const scope: Scope = { names: new Map([['host_node_name', context.hostname]]), environment };
  const jobstore = reader.get('jobstore', scope);
  const redis_url = reader.get('redis_url', scope);
  if (jobstore === 'redis' && !redis_url) reader.fail('redis_url', 'jobstore=redis needs a redis_url');
  return {
    timezone: reader.get('timezone', scope),
    jobstore,
    jobstore_path: reader.get('jobstore_path', scope) ?? defaultJobStorePath(supervisord),
    redis_url,
    redis_prefix: reader.get('redis_prefix', scope),
    node: reader.get('node', scope) ?? context.hostname,
    paused: reader.get('paused', scope),
    max_runs: reader.get('max_runs', scope),
    shutdown_wait: reader.get('shutdown_wait', scope),
    misfire_grace_time: reader.get('misfire_grace_time', scope),
    coalesce: reader.get('coalesce', scope),
    max_instances: reader.get('max_instances', scope),
    history_limit: reader.get('history_limit', scope),
    history_max_age: reader.get('history_max_age', scope),
    written: reader.allWritten(),
  };
}

const absent: Section = { name: 'scheduler', file: '', line: 0, values: new Map() };

/** Named after the log, because that, too, is of one daemon alone. A device has no room for files beside it. */
function defaultJobStorePath({ logfile, pidfile }: Pick<SupervisordSettings, 'logfile' | 'pidfile'>): string {
  const isFile = logfile !== 'syslog' && !logfile.startsWith('/dev/');
  return `${isFile ? logfile.replace(/\.log$/, '') : pidfile.replace(/\.pid$/, '')}.schedule.db`;
}
