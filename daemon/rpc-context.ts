import process from 'node:process';
import type { ConfigError } from '../conf/config-error.ts';
import type { Settings } from '../conf/settings.ts';
import { RpcFault } from '../rpc/faults.ts';
import { productVersion } from '../rpc/version.ts';
import type { EventBus } from './event/event-bus.ts';
import { UsageMeter } from './host/usage-meter.ts';
import type { ActivityLog } from './log/activity-log.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { Rereading } from './rereading.ts';
import type { RpcContext } from './rpc/context.ts';
import type { Scheduling } from './schedule/scheduling.ts';
import { securityWarnings } from './security-warnings.ts';
import { UpgradeError } from './upgrade/new-version.ts';
import type { Upgrade } from './upgrade/upgrade.ts';

export interface RpcContextParts {
  readonly supervisor: Supervisor;
  readonly rereading: Rereading;
  readonly events: EventBus;
  readonly log: ActivityLog;
  /** Those the daemon started with. */
  readonly settings: Settings;
  readonly upgrade: Upgrade;
  readonly scheduling: Scheduling;
}

/** What XML-RPC methods may know and do, put together of the daemon's parts. */
export function rpcContext(parts: RpcContextParts): RpcContext {
  const { supervisor, rereading, events, log, settings, upgrade, scheduling } = parts;
  const usageMeter = new UsageMeter();
  return {
    supervisor,
    schedules: scheduling.control,
    catchUp: () => scheduling.catchUp(),
    configuration: () => rereading.settings,
    reload() {
      const result = rereading.reread();
      if (result.type === 'invalid') throw cannotReread(result.errors);
      for (const { level, text } of result.settings.notices) if (level === 'warn') log.log(level, text);
      return result.difference;
    },
    restart() {
      const [first, ...others] = rereading.check();
      if (first !== undefined) throw cannotReread([first, ...others]);
      supervisor.shutDown('restart');
    },
    checkUpgrade: () => upgradeOrFault(() => upgrade.check()),
    upgrade: () => upgradeOrFault(() => upgrade.start()),
    emit: (event) => events.emit(event),
    warnings: () => securityWarnings(rereading.settings),
    activityLog: {
      path: settings.supervisord.logfile === 'syslog' ? undefined : log.path,
      async clear() {
        // The line goes with what is cleared, as supervisord's does.
        log.log('info', 'reopening log file');
        await log.flush();
        await log.clear();
      },
      flush: () => log.flush(),
    },
    measureUsage: (pids) => usageMeter.measure(pids),
    pid: process.pid,
    productVersion,
    namespaces: namespacesOf(settings),
    now: () => Date.now() / 1000,
    log: (level, text) => log.log(level, text),
    logs: (level) => log.isEnabled(level),
  };
}

async function upgradeOrFault(action: () => Promise<string>): Promise<string> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof UpgradeError) throw new RpcFault('FAILED', error.message);
    throw error;
  }
}

/** Without the section that names it, the namespace has its usual name: no client could do without its methods. */
function namespacesOf({ rpcInterfaces }: Settings): readonly string[] {
  if (rpcInterfaces.length === 0) return ['supervisor'];
  return rpcInterfaces.map(({ namespace }) => namespace);
}

/** With one error what supervisord says; with several all of them, each with its place. */
function cannotReread(errors: readonly [ConfigError, ...ConfigError[]]): RpcFault {
  const [first, ...others] = errors;
  if (others.length === 0) return new RpcFault('CANT_REREAD', first.text);
  return new RpcFault('CANT_REREAD', errors.map((error) => error.message).join('\n'));
}
