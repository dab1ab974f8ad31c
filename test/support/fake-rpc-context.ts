import type { SchedulerSettings } from '../../conf/schedule-settings.ts';
import type { GroupSettings, LogLevel, Settings } from '../../conf/settings.ts';
import type { RemoteCommunicationEvent } from '../../daemon/event/event.ts';
import { UsageMeter } from '../../daemon/host/usage-meter.ts';
import type { RpcContext } from '../../daemon/rpc/context.ts';
import type { SchedulerControl } from '../../daemon/schedule/control.ts';
import { FakeSupervisor } from './fake-supervisor.ts';

/** An `RpcContext` around a fake supervisor, with the log lines it was given. */
export interface FakeRpcContext extends RpcContext {
  readonly supervisor: FakeSupervisor;
  readonly lines: string[];
  readonly events: RemoteCommunicationEvent[];
}

/** What holds without a `[scheduler]`. */
export const schedulerSettings: SchedulerSettings = {
  timezone: undefined,
  jobstore: 'sqlite',
  jobstore_path: '/var/log/supervisord.schedule.db',
  redis_url: undefined,
  redis_prefix: 'supervisor:schedule:',
  node: 'node1',
  paused: false,
  max_runs: 10,
  shutdown_wait: 0,
  misfire_grace_time: 60,
  coalesce: 'latest',
  max_instances: 1,
  history_limit: 100,
  history_max_age: 2_592_000,
  written: new Map(),
};

/** A whole configuration with these groups. */
export function settingsWith(groups: readonly GroupSettings[]): Settings {
  return {
    file: '/etc/supervisord.conf',
    supervisord: {
      logfile: '/var/log/supervisord.log',
      logfile_maxbytes: 0,
      logfile_backups: 0,
      loglevel: 'info',
      pidfile: '/run/supervisord.pid',
      umask: 0o22,
      nodaemon: true,
      silent: false,
      minfds: 1024,
      minprocs: 200,
      nocleanup: false,
      childlogdir: '/tmp',
      user: undefined,
      directory: undefined,
      strip_ansi: false,
      runtime_directory: undefined,
      on_daemon_exit: 'kill',
      exit_when_done: false,
      exit_code_from: undefined,
      environment: new Map(),
      identifier: 'supervisor',
    },
    httpServers: [],
    rpcInterfaces: [{ namespace: 'supervisor' }],
    groups,
    scheduler: schedulerSettings,
    notices: [],
  };
}

/** A test that asks for schedules brings its own. */
const noSchedules = {} as SchedulerControl;

/** A context for a supervisor with these groups, which are configured and active. */
export function fakeRpcContext(
  groups: readonly GroupSettings[] = [],
  overrides: Partial<RpcContext> & { readonly level?: 'trace' | 'info' } = {},
): FakeRpcContext {
  const { level = 'info', ...members } = overrides;
  const settings = settingsWith(groups);
  const lines: string[] = [];
  const events: RemoteCommunicationEvent[] = [];
  const usageMeter = new UsageMeter();
  const supervisor = new FakeSupervisor(...groups);
  return {
    configuration: () => settings,
    catchUp: () => undefined,
    reload: () => ({ added: [], changed: [], removed: [] }),
    restart: () => supervisor.shutDown('restart'),
    checkUpgrade: () => Promise.resolve('0.0.0'),
    upgrade: () => Promise.resolve('0.0.0'),
    emit: (event) => void events.push(event),
    warnings: () => [],
    activityLog: { path: undefined, clear: () => {}, flush: () => Promise.resolve() },
    measureUsage: (pids) => usageMeter.measure(pids),
    pid: 4242,
    productVersion: '0.1.0',
    namespaces: ['supervisor'],
    now: () => 1_700_000_000.5,
    logs: (wanted: LogLevel) => level === 'trace' || wanted !== 'trace',
    ...members,
    log: (wanted, text) => lines.push(`${wanted}: ${text}`),
    supervisor,
    schedules: members.schedules ?? noSchedules,
    lines,
    events,
  };
}
