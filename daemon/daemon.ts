/**
 * One life of the daemon: from settings to the end of its last process. A restart is a new life in the
 * same process.
 *
 * The order of start-up is part of its safety. The servers are opened first, because an address in use is
 * how a second daemon is noticed: until then nothing that belongs to a running one has been touched.
 *
 * @see docs/supervisord.md
 */
import { rmSync } from 'node:fs';
import process from 'node:process';
import type { LoadResult } from '../conf/load.ts';
import { type Environment, logLevels, type Notice, type Settings } from '../conf/settings.ts';
import { compactMemorySoon } from './compact-memory.ts';
import { Epoll } from './host/epoll.ts';
import { LinuxHost } from './host/linux-host.ts';
import { type HttpServers, openHttpServers } from './http/server.ts';
import type { ActivityLog } from './log/activity-log.ts';
import { clearAutoLogs } from './log/auto-logs.ts';
import { openActivityLog } from './log/open-activity-log.ts';
import { Sinks } from './log/sinks.ts';
import { removePidfile, writePidfile } from './pidfile.ts';
import { Supervisor } from './process/supervisor.ts';
import { Rereading } from './rereading.ts';
import { rpcContext } from './rpc-context.ts';
import { serverUrlOf } from './server-url.ts';
import type { Signals } from './signals.ts';

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
  /** What there was to tell before there was a log. */
  readonly notices: readonly Notice[];
  /**
   * Leaves the terminal, and returns what lets the starting process go; `undefined` in the foreground, and in
   * later lives.
   */
  readonly detach: ((log: ActivityLog) => () => void) | undefined;
}

/** A reason not to start that lies outside the configuration. The message is for the terminal. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Runs the daemon until its last process has ended.
 *
 * @returns whether to end or to start over
 * @throws {HttpServerError} a server could not be opened; nothing was touched
 * @throws {StartError} the log or the runtime directory could not be opened
 */
export async function runDaemon(setup: DaemonSetup): Promise<'exit' | 'restart'> {
  const { settings } = setup;
  const servers = await openHttpServers(settings.httpServers, (line) => process.stderr.write(`${line}\n`));
  try {
    return await live(setup, servers);
  } finally {
    await servers.close();
  }
}

async function live(setup: DaemonSetup, servers: HttpServers): Promise<'exit' | 'restart'> {
  const { settings, inheritedDescriptors } = setup;
  const { supervisord } = settings;
  const epoll = new Epoll({
    pauseMs: 10,
    onError: (error) => logException('Error in an output stream', error),
  });
  const sinks = new Sinks({ epoll, inheritedDescriptors, log: (level, text) => log.log(level, text) });
  const log = attempt('open the log', () => openActivityLog(supervisord, sinks));
  const logException = (what: string, error: unknown): void =>
    log.log('critical', `${what}: ${error instanceof Error ? error.stack : error}`);
  for (const { level, text } of bySeverity([...settings.notices, ...setup.notices])) log.log(level, text);
  const runtimeDirectory = runtimeDirectoryOf(settings);
  if (!supervisord.nocleanup) {
    clearAutoLogs({ ...supervisord, log: (level, text) => log.log(level, text) });
  }

  const createHost = (): LinuxHost =>
    new LinuxHost({
      runtimeDirectory,
      environment: setup.environment,
      serverUrl: serverUrlOf(settings.httpServers),
      childNofile: setup.childNofile,
      childlogdir: supervisord.childlogdir,
      identifier: supervisord.identifier,
      stripAnsi: supervisord.strip_ansi,
      debugOutput: log.isEnabled('debug'),
      inheritedDescriptors,
      epoll,
      sinks,
      log: (level, text) => log.log(level, text),
    });
  const host = attempt('prepare the runtime directory', createHost);
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  const supervisor = new Supervisor({
    host,
    log: (level, text) => log.log(level, text),
    emit: () => {},
    onFinished: () => finish(),
  });
  const rereading = new Rereading(settings, setup.load, supervisor);
  servers.serve(rpcContext({ supervisor, rereading, log, settings }));

  const onException = (error: unknown): void => {
    log.logNow('critical', `Uncaught exception, contained: ${error instanceof Error ? error.stack : error}`);
  };
  process.on('uncaughtException', onException);
  const stopHandling = setup.signals.handle({
    exit(signal) {
      log.log('warn', `received ${signal} indicating exit request`);
      supervisor.shutDown('exit');
    },
    restart() {
      if (supervisor.state === 'SHUTDOWN') {
        log.log('warn', 'ignored SIGHUP indicating restart request (shutdown in progress)');
        return;
      }
      log.log('warn', 'received SIGHUP indicating restart request');
      const errors = rereading.check();
      for (const error of errors) log.log('critical', `Cannot restart: ${error.message}`);
      if (errors.length === 0) supervisor.shutDown('restart');
    },
    reopenLogs() {
      log.log('info', 'received SIGUSR2 indicating log reopen request');
      log.log('info', 'supervisord logreopen');
      void log.reopen();
      reopenChildLogs(supervisor, logException);
    },
    childQuit: () => log.log('debug', 'received SIGCHLD indicating a child quit'),
  });

  const letStarterGo = setup.detach?.(log);
  writeOwnPidfile(supervisord.pidfile, log);
  log.log('info', `supervisord started with pid ${process.pid}`);
  // Only now: init scripts look for the pidfile as soon as the command returns.
  letStarterGo?.();
  supervisor.startUp(settings.groups);
  compactMemorySoon();

  await finished;
  await servers.close();
  supervisor[Symbol.dispose]();
  host.close();
  stopHandling();
  removePidfile(supervisord.pidfile);
  rmSync(runtimeDirectory, { recursive: true, force: true });
  process.off('uncaughtException', onException);
  await log.close();
  epoll.close();
  // Somebody may have asked for the end while it was getting ready to start over.
  return supervisor.state === 'RESTARTING' ? 'restart' : 'exit';
}

/** Where FIFOs lie: beside the first unix socket, else beside the pidfile. */
function runtimeDirectoryOf({ httpServers, supervisord }: Settings): string {
  for (const server of httpServers) if (server.type === 'unix') return `${server.file}.d`;
  return `${supervisord.pidfile}.d`;
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`Cannot ${what}: ${reason}`, { cause });
  }
}

/** In supervisord's order: what is critical, then warnings, then the rest. */
function bySeverity(notices: readonly Notice[]): Notice[] {
  return notices.toSorted((one, other) => logLevels[other.level] - logLevels[one.level]);
}

function writeOwnPidfile(path: string, log: ActivityLog): void {
  try {
    writePidfile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.log('critical', `could not write pidfile ${path}: ${reason}`);
  }
}

function reopenChildLogs(supervisor: Supervisor, onError: (what: string, error: unknown) => void): void {
  for (const { processes } of supervisor.groups.values()) {
    for (const { settings, child } of processes.values()) {
      try {
        child.reopenLogs();
      } catch (error) {
        onError(`Cannot reopen the logs of ${settings.group}:${settings.name}`, error);
      }
    }
  }
}
