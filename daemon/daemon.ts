/**
 * One life of the daemon: from settings to the end of its last process. A restart is a new life in the
 * same process.
 *
 * The order of start-up is part of its safety. The servers are opened first, because an address in use is
 * how a second daemon is noticed: until then nothing that belongs to a running one has been touched.
 *
 * @see docs/supervisord.md
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import type { LoadResult } from '../conf/load.ts';
import { type Environment, logLevels, type Notice, type Settings } from '../conf/settings.ts';
import { productVersion } from '../rpc/version.ts';
import { compactMemorySoon } from './compact-memory.ts';
import { EventBus } from './event/event-bus.ts';
import { openEventLedger } from './event/event-store.ts';
import type { SerialCounter } from './event/serial.ts';
import { bootId } from './host/boot-id.ts';
import { Epoll } from './host/epoll.ts';
import { holdEventLoop } from './host/event-loop.ts';
import { removeFifosOfOthers } from './host/fifo.ts';
import { KeptFile } from './host/kept-file.ts';
import { LinuxHost } from './host/linux-host.ts';
import { RuntimeDirectory } from './host/runtime-directory.ts';
import { systemClock } from './host/system-clock.ts';
import { systemWallClock } from './host/system-wall-clock.ts';
import { type HttpServers, openHttpServers } from './http/server.ts';
import type { ActivityLog } from './log/activity-log.ts';
import { clearAutoLogs } from './log/auto-logs.ts';
import { openActivityLog } from './log/open-activity-log.ts';
import { Sinks } from './log/sinks.ts';
import { Syslog } from './log/syslog.ts';
import { removePidfile, writePidfile } from './pidfile.ts';
import { restart } from './process/restart.ts';
import { Supervisor } from './process/supervisor.ts';
import { Rereading } from './rereading.ts';
import { rpcContext } from './rpc-context.ts';
import { runtimeDirectoryOf } from './runtime-directory-of.ts';
import { serverUrlOf } from './server-url.ts';
import { signalHandlers } from './signal-handlers.ts';
import type { Signals } from './signals.ts';
import { Journal } from './state/journal.ts';
import { type Recovered, recover } from './state/recover.ts';
import type { OpenHandover } from './upgrade/handover.ts';
import type { Launcher, NewVersion } from './upgrade/new-version.ts';
import { Upgrade } from './upgrade/upgrade.ts';

export interface DaemonSetup {
  readonly settings: Settings;
  /** Reads the configuration again, with what the command line sets. */
  readonly load: () => LoadResult;
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

/** A reason not to start that lies outside the configuration. The message is for the terminal. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** How a life of the daemon has ended: it is to start over, to make room for another version, or to exit. */
export type EndOfLife =
  | { readonly type: 'restart' }
  | ({ readonly type: 'upgrade' } & MakingRoom)
  | { readonly type: 'exit'; readonly exitStatus: number };

/** A life that ends for another version to go on. */
export interface MakingRoom {
  readonly newVersion: NewVersion;
  readonly handover: OpenHandover;
}

/**
 * Runs the daemon until its last process has ended.
 *
 * @returns what to do next
 * @throws {HttpServerError} a server could not be opened; nothing was touched
 * @throws {StartError} the log or the runtime directory could not be opened
 */
export async function runDaemon(setup: DaemonSetup): Promise<EndOfLife> {
  const { settings, handover } = setup;
  const warn = (line: string) => process.stderr.write(`${line}\n`);
  const servers = await openHttpServers(settings.httpServers, warn, handover?.sockets);
  try {
    return await live(setup, servers);
  } finally {
    await servers.close();
  }
}

async function live(setup: DaemonSetup, servers: HttpServers): Promise<EndOfLife> {
  const { settings, inheritedDescriptors, handover } = setup;
  const { supervisord } = settings;
  using _ = holdEventLoop();
  using runtimeDirectory = attempt(() => new RuntimeDirectory(runtimeDirectoryOf(settings), handover?.lock));
  const onException = (what: string, error: unknown): void =>
    log.logNow('critical', `${what}: ${error instanceof Error ? error.stack : error}`);
  const epoll = new Epoll({
    pauseMs: 10,
    onError: (error) => onException('Uncaught exception in an output stream, contained', error),
  });
  const sinks = new Sinks({ epoll, inheritedDescriptors, log: (level, text) => log.log(level, text) });
  const syslog = new Syslog({ epoll, log: (level, text) => log.log(level, text) });
  const log = attempt(() => openActivityLog(supervisord, { sinks, syslog }), 'Cannot open the log: ');
  for (const { level, text } of bySeverity([...settings.notices, ...setup.notices])) log.log(level, text);
  const boot = bootId();
  const recovered = recover({
    runtimeDirectory: runtimeDirectory.path,
    groups: settings.groups,
    bootId: boot,
    productVersion,
    ...supervisord,
    now: systemClock.now(),
    isHandedOver: handover !== undefined,
    log: (level, text) => log.log(level, text),
  });
  const autoLogs: Recovered['autoLogs'] = recovered?.autoLogs ?? new Map();
  if (!supervisord.nocleanup) {
    const kept = new Set([...autoLogs.values()].flatMap((logs) => Object.values(logs)));
    clearAutoLogs({ ...supervisord, kept, log: (level, text) => log.log(level, text) });
  }
  const journal = new Journal({
    runtimeDirectory: runtimeDirectory.path,
    bootId: boot,
    productVersion,
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
    emit: (event) => events.emit(event),
    adopted: (process) => events.adopt(process),
    isDelivering: (group) => events.isDelivering(group),
    recorder: journal,
    leavesProcesses: () => supervisord.on_daemon_exit === 'adopt',
    onFinished: () => finish(undefined),
  });
  const rereading = new Rereading(settings, setup.load, supervisor);
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
  servers.serve(rpcContext({ supervisor, rereading, events, log, settings, upgrade }));

  const onUncaught = (error: unknown): void => onException('Uncaught exception, contained', error);
  process.on('uncaughtException', onUncaught);
  const stopHandling = setup.signals.handle(
    signalHandlers({ log, supervisor, rereading, upgrade, onException }),
  );

  const letStarterGo = setup.detach?.(log);
  const pidfile = keepPidfile(supervisord.pidfile, log);
  log.log('info', `supervisord started with pid ${process.pid}`);
  // Only now: init scripts look for the pidfile as soon as the command returns.
  letStarterGo?.();
  supervisor.startUp(settings.groups, recovered);
  if (recovered !== undefined) {
    const processes = settings.groups.flatMap((group) => group.processes);
    removeFifosOfOthers(runtimeDirectory.path, processes);
  }
  // Those that ended while one version made room for the other.
  if (handover !== undefined) host.reap();
  events.recovered();
  compactMemorySoon();

  const makingRoom = await finished;
  if (makingRoom !== undefined) {
    // The next version hears of signals from now on.
    stopHandling();
    supervisor.prepareToLeave();
  }
  const leaves = makingRoom !== undefined || supervisor.leavesProcesses;
  await servers.close();
  if (makingRoom !== undefined) holdShutdown(supervisor, setup.signals);
  if (leaves) supervisor.leave();
  else supervisor[Symbol.dispose]();
  if (!leaves) events.forget();
  events[Symbol.dispose]();
  if (leaves) host.leave();
  else host.close();
  stopHandling();
  // Somebody may have asked for the end while it was getting ready to start over.
  const isRestart = supervisor.state === 'RESTARTING';
  const { exitStatus } = supervisor;
  if (!isRestart && exitStatus !== 0) log.log('info', `exiting with status ${exitStatus}`);
  pidfile?.[Symbol.dispose]();
  if (makingRoom === undefined) removePidfile(supervisord.pidfile);
  if (!leaves) journal.remove();
  journal[Symbol.dispose]();
  if (!leaves) runtimeDirectory.remove();
  process.off('uncaughtException', onUncaught);
  await syslog.flush();
  syslog.close();
  await log.close();
  epoll.close();
  if (makingRoom !== undefined) return { type: 'upgrade', ...makingRoom };
  return isRestart ? { type: 'restart' } : { type: 'exit', exitStatus };
}

/** A call that was answered last may have asked for the end: the next version begins with it. */
function holdShutdown({ state }: Supervisor, signals: Signals): void {
  if (state === 'SHUTDOWN') signals.hold('SIGTERM');
  else if (state === 'RESTARTING') signals.hold('SIGHUP');
}

function attempt<T>(action: () => T, prefix = ''): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(prefix + reason, { cause });
  }
}

/** In supervisord's order: what is critical, then warnings, then the rest. */
function bySeverity(notices: readonly Notice[]): Notice[] {
  return notices.toSorted((one, other) => logLevels[other.level] - logLevels[one.level]);
}

/** Without a pidfile the daemon goes on: who needs it will miss it. */
function keepPidfile(path: string, log: ActivityLog): Disposable | undefined {
  try {
    writePidfile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.log('critical', `could not write pidfile ${path}: ${reason}`);
    return undefined;
  }
  return new KeptFile({
    path,
    // Another daemon's is left alone.
    isThere: () => existsSync(path),
    restore: () => writePidfile(path),
    log: (level, text) => log.log(level, text),
  });
}
