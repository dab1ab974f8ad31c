/**
 * One life of the daemon: from settings to the end of its last process. A restart is a new life in the
 * same process.
 *
 * The order of start-up is part of its safety. The servers are opened first, because an address in use is
 * how a second daemon is noticed: until then nothing that belongs to a running one has been touched.
 *
 * @see docs/supervisord.md
 */
import process from 'node:process';
import { holdEventLoop } from './host/event-loop.ts';
import { removeFifosOfOthers } from './host/fifo.ts';
import { RuntimeDirectory } from './host/runtime-directory.ts';
import { systemClock } from './host/system-clock.ts';
import { systemWallClock } from './host/system-wall-clock.ts';
import { openHttpServers } from './http/server.ts';
import { assemble, type DaemonSetup, type Life, type MakingRoom, type Places } from './life.ts';
import { Compaction } from './memory.ts';
import { keepPidfile, removePidfile } from './pidfile.ts';
import type { Supervisor } from './process/supervisor.ts';
import { rpcContext } from './rpc-context.ts';
import { runtimeDirectoryOf } from './runtime-directory-of.ts';
import { Scheduling } from './schedule/scheduling.ts';
import { signalHandlers } from './signal-handlers.ts';
import type { Signals } from './signals.ts';
import { attempt } from './start-error.ts';

/** How a life of the daemon has ended: it is to start over, to make room for another version, or to exit. */
export type EndOfLife =
  | { readonly type: 'restart' }
  | ({ readonly type: 'upgrade' } & MakingRoom)
  | { readonly type: 'exit'; readonly exitStatus: number };

/**
 * Runs the daemon until its last process has ended, or is left to another one.
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
    using _ = holdEventLoop();
    using runtimeDirectory = attempt(
      () => new RuntimeDirectory(runtimeDirectoryOf(settings), handover?.lock),
    );
    const scheduling = new Scheduling({
      settings,
      loadContext: setup.loadContext,
      runtimeDirectory: runtimeDirectory.path,
      clock: systemClock,
      wallClock: systemWallClock,
    });
    // Before anything that an earlier daemon has left is judged by what there is.
    const storedGroups = await scheduling.prepare();
    return await live(setup, { servers, runtimeDirectory, scheduling, storedGroups });
  } finally {
    await servers.close();
  }
}

async function live(setup: DaemonSetup, places: Places): Promise<EndOfLife> {
  const { settings, signals } = setup;
  const { servers, runtimeDirectory } = places;
  const life = assemble(setup, places);
  const { log, journal, supervisor, scheduling, finished, onException } = life;
  servers.serve(rpcContext({ ...life, settings }));
  const onUncaught = (error: unknown): void => onException('Uncaught exception, contained', error);
  process.on('uncaughtException', onUncaught);
  const stopHandling = signals.handle(signalHandlers(life));
  const pidfile = start(setup, life, places);
  using _ = new Compaction();

  const makingRoom = await finished;
  if (makingRoom !== undefined) {
    // The next version hears of signals from now on.
    stopHandling();
    supervisor.prepareToLeave();
  }
  const leaves = makingRoom !== undefined || supervisor.leavesProcesses;
  await scheduling.close({ leaves });
  await servers.close();
  if (makingRoom !== undefined) holdShutdown(supervisor, signals);
  letGo(life, leaves ? 'for another daemon' : 'for good');
  stopHandling();
  const end: EndOfLife = makingRoom === undefined ? endOf(supervisor) : { type: 'upgrade', ...makingRoom };
  if (end.type === 'exit' && end.exitStatus !== 0) {
    log.log('info', `exiting with status ${end.exitStatus}`);
  }
  pidfile?.[Symbol.dispose]();
  if (makingRoom === undefined) removePidfile(settings.supervisord.pidfile);
  if (!leaves) journal.remove();
  journal[Symbol.dispose]();
  if (!leaves) runtimeDirectory.remove();
  process.off('uncaughtException', onUncaught);
  await closeLogs(life);
  return end;
}

/** Tells who waits for it that the daemon is up, and begins its work. @returns what looks after the pidfile */
function start(
  { settings, handover, detach }: DaemonSetup,
  life: Life,
  { runtimeDirectory, scheduling }: Places,
): Disposable | undefined {
  const { log, supervisor, host, events, groups, recovered } = life;
  const letStarterGo = detach?.(log);
  const pidfile = keepPidfile(settings.supervisord.pidfile, log);
  log.log('info', `supervisord started with pid ${process.pid}`);
  // Only now: init scripts look for the pidfile as soon as the command returns.
  letStarterGo?.();
  supervisor.startUp(groups, recovered);
  if (recovered !== undefined) {
    const active = [...supervisor.groups.values()].flatMap(({ processes }) => [...processes.values()]);
    const processes = [
      ...groups.flatMap((group) => group.processes),
      ...active.map((entry) => entry.settings),
    ];
    removeFifosOfOthers(runtimeDirectory.path, processes);
  }
  // Those that ended while one version made room for the other.
  if (handover !== undefined) host.reap();
  events.recovered();
  scheduling.begin();
  return pidfile;
}

function letGo({ supervisor, events, host }: Life, how: 'for good' | 'for another daemon'): void {
  if (how === 'for good') {
    supervisor[Symbol.dispose]();
    events.forget();
    events[Symbol.dispose]();
    host.close();
  } else {
    supervisor.leave();
    events[Symbol.dispose]();
    host.leave();
  }
}

async function closeLogs({ syslog, log, epoll }: Life): Promise<void> {
  await syslog.flush();
  syslog.close();
  await log.close();
  epoll.close();
}

/** Somebody may have asked for the end while it was getting ready to start over. */
function endOf({ state, exitStatus }: Supervisor): EndOfLife {
  return state === 'RESTARTING' ? { type: 'restart' } : { type: 'exit', exitStatus };
}

/** A call that was answered last may have asked for the end: the next version begins with it. */
function holdShutdown({ state }: Supervisor, signals: Signals): void {
  if (state === 'SHUTDOWN') signals.hold('SIGTERM');
  else if (state === 'RESTARTING') signals.hold('SIGHUP');
}
