/**
 * The parts of one life of the daemon, put together. Each knows the others only by what it is given here.
 */
import type { LoadResult } from '../conf/load.ts';
import type { LoadContext } from '../conf/load-context.ts';
import {
  type Environment,
  type GroupSettings,
  logLevels,
  type Notice,
  type Settings,
} from '../conf/settings.ts';
import { productVersion } from '../rpc/version.ts';
import type { SupervisorEvent } from './event/event.ts';
import { EventBus } from './event/event-bus.ts';
import { openEventLedger } from './event/event-store.ts';
import type { SerialCounter } from './event/serial.ts';
import { bootId } from './host/boot-id.ts';
import { Epoll, outputPauseMs } from './host/epoll.ts';
import { LinuxHost } from './host/linux-host.ts';
import type { RuntimeDirectory } from './host/runtime-directory.ts';
import { systemClock } from './host/system-clock.ts';
import { systemWallClock } from './host/system-wall-clock.ts';
import type { HttpServers } from './http/server.ts';
import type { ActivityLog } from './log/activity-log.ts';
import { clearAutoLogs } from './log/auto-logs.ts';
import { openActivityLog } from './log/open-activity-log.ts';
import { Sinks } from './log/sinks.ts';
import { Syslog } from './log/syslog.ts';
import { restart } from './process/restart.ts';
import { Supervisor } from './process/supervisor.ts';
import { Rereading } from './rereading.ts';
import type { Scheduling } from './schedule/scheduling.ts';
import { serverUrlOf } from './server-url.ts';
import type { Signals } from './signals.ts';
import { attempt } from './start-error.ts';
import { Journal } from './state/journal.ts';
import { type Recovered, recover } from './state/recover.ts';
import type { OpenHandover } from './upgrade/handover.ts';
import type { Launcher, NewVersion } from './upgrade/new-version.ts';
import { Upgrade } from './upgrade/upgrade.ts';

/** What a life begins with. */
export interface DaemonSetup {
  readonly settings: Settings;
  /** Reads the configuration again, with what the command line sets. */
  readonly load: () => LoadResult;
  readonly loadContext: LoadContext;
  /** Environment of the daemon as it was at start, which children inherit. */
  readonly environment: Environment;
  /** Soft limit on open files for children. */
  readonly childNofile: number;
  readonly inheritedDescriptors: ReadonlySet<number>;
  readonly signals: Signals;
  /** Numbers the events of all lives. */
  readonly eventSerials: SerialCounter;
  /** What there was to tell before there was a log. */
  readonly notices: readonly Notice[];
  /**
   * Leaves the terminal, if the daemon is to go to the background, and returns what tells the starting process
   * that it is up; `undefined`: nobody waits for that, as in later lives.
   */
  readonly detach: ((log: ActivityLog) => () => void) | undefined;
  /** The command that starts the daemon, for another version to take over. */
  readonly launcher: Launcher;
  /** What this life has from the one before, which left its processes to it. */
  readonly handover: OpenHandover | undefined;
}

/** A life that ends for another version to go on. */
export interface MakingRoom {
  readonly newVersion: NewVersion;
  readonly handover: OpenHandover;
}

/** What it is made of. */
export interface Life {
  readonly epoll: Epoll;
  readonly syslog: Syslog;
  readonly log: ActivityLog;
  readonly journal: Journal;
  readonly events: EventBus;
  readonly host: LinuxHost;
  readonly supervisor: Supervisor;
  readonly rereading: Rereading;
  readonly upgrade: Upgrade;
  readonly scheduling: Scheduling;
  /** Those to begin with. */
  readonly groups: readonly GroupSettings[];
  /** What an earlier daemon has left; `undefined`: nothing. */
  readonly recovered: Recovered | undefined;
  /** Resolves when all processes have been stopped, or left to another version. */
  readonly finished: Promise<MakingRoom | undefined>;
  /** Logs an exception, with what was being done. */
  readonly onException: (what: string, error: unknown) => void;
}

/** What is there already. */
export interface Places {
  readonly servers: HttpServers;
  readonly runtimeDirectory: RuntimeDirectory;
  readonly scheduling: Scheduling;
  /** Groups of schedules that clients have made. */
  readonly storedGroups: readonly GroupSettings[];
}

/**
 * Opens the log, and makes everything else. Nothing is started as yet.
 *
 * @throws {StartError} the log cannot be opened
 */
export function assemble(
  setup: DaemonSetup,
  { servers, runtimeDirectory, scheduling, storedGroups }: Places,
): Life {
  const { settings, inheritedDescriptors, handover } = setup;
  const { supervisord } = settings;
  const groups = [...settings.groups, ...storedGroups];
  const onException = (what: string, error: unknown): void =>
    log.logNow('critical', `${what}: ${error instanceof Error ? error.stack : error}`);
  const epoll = new Epoll({
    pauseMs: outputPauseMs,
    onError: (error) => onException('Uncaught exception in an output stream, contained', error),
  });
  const sinks = new Sinks({ epoll, inheritedDescriptors, log: (level, text) => log.log(level, text) });
  const syslog = new Syslog({ epoll, log: (level, text) => log.log(level, text) });
  const log = attempt(() => openActivityLog(supervisord, { sinks, syslog }), 'Cannot open the log: ');
  for (const { level, text } of bySeverity([...settings.notices, ...setup.notices])) log.log(level, text);
  const boot = bootId();
  const recovered = recover({
    runtimeDirectory: runtimeDirectory.path,
    groups,
    bootId: boot,
    productVersion,
    ...supervisord,
    now: systemClock.now(),
    isHandedOver: handover !== undefined,
    log: (level, text) => log.log(level, text),
  });
  const autoLogs: Recovered['autoLogs'] = recovered?.autoLogs ?? new Map();
  const keptLogs = recovered?.keptLogs ?? new Set();
  if (!supervisord.nocleanup) {
    const kept = new Set([...autoLogs.values()].flatMap((logs) => Object.values(logs))).union(keptLogs);
    clearAutoLogs({ ...supervisord, kept, log: (level, text) => log.log(level, text) });
  }
  const journal = new Journal({
    runtimeDirectory: runtimeDirectory.path,
    bootId: boot,
    productVersion,
    keptLogs,
    log: (level, text) => log.log(level, text),
  });

  const { identifier } = supervisord;
  const events: EventBus = new EventBus({
    identifier,
    ledger: openEventLedger({
      directory: runtimeDirectory.path,
      bootId: boot,
      identifier,
      serials: setup.eventSerials,
      log: (level, text) => log.log(level, text),
    }),
    clock: systemClock,
    wallClock: systemWallClock,
    groups: () => supervisor.groups,
    log: (level, text) => log.log(level, text),
    defer: (callback) => void setImmediate(callback),
    onSettled: () => supervisor.listenersSettled(),
    restart: (group, process) => void restart(supervisor, group, process),
  });
  const host = new LinuxHost({
    runtimeDirectory: runtimeDirectory.path,
    environment: setup.environment,
    serverUrl: serverUrlOf(settings.httpServers),
    childNofile: setup.childNofile,
    childlogdir: supervisord.childlogdir,
    identifier,
    stripAnsi: supervisord.strip_ansi,
    debugOutput: log.isEnabled('debug'),
    inheritedDescriptors,
    epoll,
    sinks,
    listenTo: (process) => events.listenTo(process),
    autoLogs,
    isRecovering: recovered !== undefined,
    syslog,
    events,
    log: (level, text) => log.log(level, text),
  });
  const { promise: finished, resolve: finish } = Promise.withResolvers<MakingRoom | undefined>();
  const supervisor: Supervisor = new Supervisor({
    host,
    ending: supervisord,
    log: (level, text) => log.log(level, text),
    emit: (event) => {
      events.emit(event);
      tellScheduling(scheduling, event);
    },
    askForRun: (schedule) => scheduling.askForRun(schedule),
    scheduleOf: (process) => scheduling.scheduleOf(process),
    waitForRunsSecs: settings.scheduler.shutdown_wait,
    adopted: (process) => events.adopt(process),
    isDelivering: (group) => events.isDelivering(group),
    unhandledEvents: (group) => events.unhandled(group),
    recorder: journal,
    leavesProcesses: () => supervisord.on_daemon_exit === 'adopt',
    onFinished: () => finish(undefined),
  });
  const rereading = new Rereading(settings, setup.load, supervisor);
  scheduling.connect({
    supervisor,
    configuration: () => rereading.settings,
    emit: (event) => events.emit(event),
    log: (level, text) => log.log(level, text),
  });
  const upgrade = new Upgrade({
    supervisor,
    rereading,
    launcher: setup.launcher,
    runtimeDirectory: runtimeDirectory.path,
    log: (level, text) => log.log(level, text),
    begin: (newVersion) =>
      finish({
        newVersion,
        handover: { sockets: servers.handOver(), lock: runtimeDirectory.handOver() },
      }),
  });
  return {
    epoll,
    syslog,
    log,
    journal,
    events,
    host,
    supervisor,
    rereading,
    upgrade,
    scheduling,
    groups,
    recovered,
    finished,
    onException,
  };
}

function tellScheduling(scheduling: Scheduling, { type }: SupervisorEvent): void {
  if (type === 'PROCESS_GROUP_ADDED' || type === 'PROCESS_GROUP_REMOVED') scheduling.groupChanged();
  else if (type === 'SUPERVISOR_STATE_CHANGE_STOPPING') scheduling.stopClaiming();
}

/** In supervisord's order: what is critical, then warnings, then the rest. */
function bySeverity(notices: readonly Notice[]): Notice[] {
  return notices.toSorted((one, other) => logLevels[other.level] - logLevels[one.level]);
}
