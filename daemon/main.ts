/**
 * `supervisord`: from argv to an exit status. The only place that ends the program.
 *
 * argv is [node, this file, the command as it was called, ...its words]: see bin/supervisord.
 */
import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ConfigError } from '../conf/config-error.ts';
import { UsageError } from '../conf/getopt.ts';
import type { LoadContext, LoadResult } from '../conf/load.ts';
import type { Notice, Settings } from '../conf/settings.ts';
import { productVersion, supervisorVersion } from '../rpc/version.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { inForeground, loaderOf } from './configuration.ts';
import { runDaemon } from './daemon.ts';
import {
  detachFromStarter,
  type Starter,
  softNofileVariable,
  startDaemonized,
  takeStarter,
} from './daemonize.ts';
import { SerialCounter } from './event/serial.ts';
import type { EpochSeconds } from './host/clock.ts';
import { closeInheritedOnExec } from './host/inherited-descriptors.ts';
import { duplicateOnto } from './host/libc/descriptors.ts';
import { raiseLimits } from './host/limits.ts';
import { dropPrivileges, runningAsRootNotice } from './host/privileges.ts';
import { startWorkerThreads } from './host/worker-threads.ts';
import { HttpServerError } from './http/http-server-error.ts';
import type { DaemonSetup } from './life.ts';
import { loadContext } from './load-context.ts';
import { type ActivityLog, isRotatable } from './log/activity-log.ts';
import { formatRecord } from './log/log-record.ts';
import { syslogMessage } from './log/syslog-message.ts';
import { SyslogSocket } from './log/syslog-socket.ts';
import { startSmall } from './memory.ts';
import { takeParent, tellParentOfEnd, tellParentOfStart } from './parent.ts';
import { Signals } from './signals.ts';
import { StartError } from './start-error.ts';
import { type Handover, type OpenHandover, takeHandover } from './upgrade/handover.ts';
import { makeRoom } from './upgrade/make-room.ts';
import { answerOf } from './upgrade/new-version.ts';
import { obstacle } from './upgrade/obstacle.ts';

const exitStatuses = { SUCCESS: 0, FAILURE: 1, USAGE: 2 } as const;
type ExitStatus = (typeof exitStatuses)[keyof typeof exitStatuses];

const [, , argv0 = 'supervisord', ...words] = process.argv;
process.title = ['supervisord', ...words].join(' ');
const parent = takeParent();
void main().then(end);

function end(exitStatus: number): void {
  // A pipe takes what was written as its reader reads: ending before would cut it off.
  process.stdout.write('', () => {
    if (parent !== undefined) tellParentOfEnd(parent);
    process.exit(exitStatus);
  });
}

async function main(): Promise<number> {
  const softNofile = process.env[softNofileVariable];
  delete process.env[softNofileVariable];
  const starter = takeStarter();
  const handover = takeHandover();
  const inheritable = closeInheritedOnExec();
  const inheritedDescriptors = new Set((handover ?? starter)?.inherited ?? inheritable);
  const context = loadContext(starter, handover);
  try {
    const commandLine = readCommandLine(words, context);
    switch (commandLine.action) {
      // What prints something and ends is loaded for that alone: a daemon would hold it for years.
      case 'help': {
        const { helpText } = await import('./help.ts');
        process.stdout.write(helpText(argv0));
        return exitStatuses.SUCCESS;
      }
      case 'version':
        process.stdout.write(`${supervisorVersion}\n`);
        return exitStatuses.SUCCESS;
      case 'password-hash': {
        const { printPasswordHash } = await import('./password-hash.ts');
        return await printPasswordHash();
      }
      case 'check':
        return await check(loaderOf(commandLine, { argv0, context })());
      case 'run':
        return await run({ commandLine, context, starter, handover, softNofile, inheritedDescriptors });
      case 'check-upgrade':
        return checkUpgrade(loaderOf(commandLine, { argv0, context })(), commandLine.runtimeDirectory);
    }
  } catch (error) {
    if (error instanceof UsageError || error instanceof HttpServerError) return usageError([error.message]);
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`Error: ${error.message}\n`);
    return exitStatuses.FAILURE;
  }
}

interface Start {
  readonly commandLine: CommandLine;
  readonly context: LoadContext;
  /** Of a process on its way into the background. */
  readonly starter: Starter | undefined;
  /** Of a process that was another version of this program until now. */
  readonly handover: Handover | undefined;
  readonly softNofile: string | undefined;
  readonly inheritedDescriptors: ReadonlySet<number>;
}

async function run({
  commandLine,
  context,
  starter,
  handover,
  softNofile: softNofileOfLauncher,
  inheritedDescriptors,
}: Start): Promise<number> {
  const softNofile = handover === undefined ? softNofileOfLauncher : handover.softNofile;
  const configured = loaderOf(commandLine, { argv0, context });
  const load = parent === undefined ? configured : inForeground(configured);
  let result = load();
  if (result.type === 'invalid') return usageError(messagesOf(result.errors));
  let { settings } = result;
  if (!settings.supervisord.nodaemon && starter === undefined && handover === undefined) {
    return await startDaemonized(softNofile, inheritedDescriptors);
  }

  startSmall();
  const signals = new Signals(handover?.signals);
  await startWorkerThreads();
  const eventSerials = new SerialCounter();
  const limits = raiseLimits({ ...settings.supervisord, softNofile });
  if (limits.type === 'failed') return usageError([limits.reason]);
  let notices = limits.notices.map((text): Notice => ({ level: 'info', text }));
  if (handover !== undefined) {
    notices.push({ level: 'info', text: `upgraded from version ${handover.from} to ${productVersion}` });
  }
  const launcher = { path: resolve(context.cwd, argv0), words, cwd: context.cwd };
  let left: OpenHandover | undefined = handover;
  let { logfile } = settings.supervisord;
  for (let isFirst = true; ; isFirst = false) {
    try {
      const privilegeNotices = takeUser(settings);
      const next = await runDaemon({
        settings,
        load,
        loadContext: context,
        signals,
        eventSerials,
        environment: context.env,
        childNofile: limits.childNofile,
        inheritedDescriptors,
        notices: [...privilegeNotices, ...notices],
        detach: isFirst ? detaching(settings, starter) : undefined,
        launcher,
        handover: left,
      });
      if (next.type === 'exit') return next.exitStatus;
      notices = [];
      left = undefined;
      if (next.type === 'upgrade') {
        left = next.handover;
        // Signals that have come are told.
        await nextTurn();
        const code = makeRoom({
          argv: [...next.newVersion.command, launcher.path, ...words],
          environment: context.env,
          handover: {
            ...left,
            pid: process.pid,
            from: productVersion,
            inherited: [...inheritedDescriptors],
            softNofile,
            cwd: context.cwd,
            signals: signals.waiting,
          },
          parent,
        });
        const text = `Cannot upgrade: cannot execute ${next.newVersion.command[0]}: ${code}`;
        notices.push({ level: 'error', text });
        continue;
      }
    } catch (error) {
      if (!isFirst) leaveTrace(logfile, error);
      throw error;
    }
    // It was sound when the restart was asked for; if it no longer is, the old one goes on.
    logfile = settings.supervisord.logfile;
    result = load();
    if (result.type === 'ok') settings = result.settings;
  }
}

/** For the daemon that asks: prints what it needs to know, or what stands in the way. */
function checkUpgrade(result: LoadResult, runtimeDirectory: string): ExitStatus {
  if (result.type === 'invalid') return refuse(messagesOf(result.errors));
  const reason = obstacle(result.settings, runtimeDirectory);
  if (reason !== undefined) {
    process.stderr.write(`${reason}\n`);
    return exitStatuses.FAILURE;
  }
  const [, entry = ''] = process.argv;
  const command = [process.execPath, ...process.execArgv, entry] as const;
  process.stdout.write(`${answerOf({ version: productVersion, command })}\n`);
  return exitStatuses.SUCCESS;
}

/** A restart has failed. Maybe nobody sees stderr any more, so the log of the life before is told too. */
function leaveTrace(logfile: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const now = (Date.now() / 1000) as EpochSeconds;
  const record = formatRecord(now, 'critical', `Cannot restart: ${reason}`);
  if (logfile === 'syslog') new SyslogSocket().send(syslogMessage(new Date(), Buffer.from(record)));
  else if (isRotatable(logfile)) appendFileSync(logfile, record);
}

/**
 * Drops privileges as `user` asks, or says what comes of not asking.
 *
 * @throws {UsageError} that could not be done
 */
function takeUser({ supervisord: { user } }: Settings): readonly Notice[] {
  if (user === undefined) {
    return process.getuid?.() === 0 ? [{ level: 'critical', text: runningAsRootNotice }] : [];
  }
  const result = dropPrivileges(user);
  if (result.type === 'failed') throw new UsageError(result.reason);
  return [{ level: 'info', text: result.notice }];
}

/** What a daemon does when it is about to be up, and when it is: for who started it and waits. */
function detaching(settings: Settings, starter: Starter | undefined): DaemonSetup['detach'] {
  if (starter !== undefined) return (log) => detach(settings, starter, log);
  if (parent !== undefined) return (log) => () => reportStart(log);
  return undefined;
}

function reportStart(log: ActivityLog): void {
  try {
    tellParentOfStart();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.log(
      'critical',
      `Signals to PID 1 have no effect: it cannot be told that the daemon is up: ${reason}`,
    );
  }
}

/** The last steps into the background, in supervisord's order. */
function detach({ supervisord }: Settings, starter: Starter, log: ActivityLog): () => void {
  log.log('info', 'daemonizing the supervisord process');
  if (supervisord.directory !== undefined) {
    try {
      process.chdir(supervisord.directory);
      log.log('info', `set current directory: '${supervisord.directory}'`);
    } catch (error) {
      log.log(
        'critical',
        `can't chdir into '${supervisord.directory}': ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  process.umask(supervisord.umask);
  return detachFromStarter(starter, duplicateOnto);
}

/** Prints what the configuration means, or everything that is wrong with it. */
async function check(result: LoadResult): Promise<ExitStatus> {
  if (result.type === 'invalid') return refuse(messagesOf(result.errors));
  const { checkReport } = await import('../conf/check.ts');
  process.stdout.write(checkReport(result.settings));
  return exitStatuses.SUCCESS;
}

function usageError(lines: readonly string[]): ExitStatus {
  return refuse([...lines.map((line) => `Error: ${line}`), `For help, use ${argv0} -h`]);
}

/** Prints what is wrong with what was asked for. */
function refuse(lines: readonly string[]): ExitStatus {
  for (const line of lines) process.stderr.write(`${line}\n`);
  return exitStatuses.USAGE;
}

function messagesOf(errors: readonly ConfigError[]): readonly string[] {
  return errors.map(({ message }) => message);
}
