/**
 * `supervisord`: from argv to an exit status. The only place that ends the program.
 *
 * argv is [node, this file, the command as it was called, ...its words]: see bin/supervisord.
 */
import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkReport } from '../conf/check.ts';
import type { ConfigError } from '../conf/config-error.ts';
import { UsageError } from '../conf/getopt.ts';
import { type LoadContext, type LoadResult, loadSettings } from '../conf/load.ts';
import { absolutePath } from '../conf/paths.ts';
import { findConfigFile, noConfigFileMessage, searchingAsRootWarning, searchPaths } from '../conf/search.ts';
import type { Environment, Notice, Settings, SupervisordSettings } from '../conf/settings.ts';
import { productVersion, supervisorVersion } from '../rpc/version.ts';
import { type CommandLine, helpText, readCommandLine } from './command-line.ts';
import { runDaemon } from './daemon.ts';
import {
  daemonizingVariable,
  detachFromStarter,
  type Starter,
  startDaemonized,
  takeStarter,
} from './daemonize.ts';
import { SerialCounter } from './event/serial.ts';
import type { EpochSeconds } from './host/clock.ts';
import { closeInheritedOnExec } from './host/inherited-descriptors.ts';
import { errnoName } from './host/libc/call.ts';
import { duplicateOnto, keepOnExec, setCloseOnExec } from './host/libc/descriptors.ts';
import { execute } from './host/libc/execute.ts';
import { raiseLimits } from './host/limits.ts';
import { dropPrivileges, runningAsRootNotice } from './host/privileges.ts';
import { startingEnvironment } from './host/starting-environment.ts';
import { systemUsers } from './host/users.ts';
import { descriptorsOf } from './http/handed-socket.ts';
import { HttpServerError } from './http/http-server-error.ts';
import type { DaemonSetup } from './life.ts';
import { type ActivityLog, isRotatable } from './log/activity-log.ts';
import { formatRecord } from './log/log-record.ts';
import { syslogMessage } from './log/syslog-message.ts';
import { SyslogSocket } from './log/syslog-socket.ts';
import { parentVariable, takeParent, tellParentOfEnd, tellParentOfStart } from './parent.ts';
import { printPasswordHash } from './password-hash.ts';
import { Signals } from './signals.ts';
import { StartError } from './start-error.ts';
import { tempDirectory } from './temp-directory.ts';
import { type Handover, handoverVariable, type OpenHandover, takeHandover } from './upgrade/handover.ts';
import { answerOf } from './upgrade/new-version.ts';
import { obstacle } from './upgrade/obstacle.ts';

const exitStatuses = { SUCCESS: 0, FAILURE: 1, USAGE: 2 } as const;
/** In it the launcher passes the soft limit on open files, which Node changes. */
const softNofileVariable = 'SUPERVISORD_SOFT_NOFILE';
type ExitStatus = (typeof exitStatuses)[keyof typeof exitStatuses];

const [, , argv0 = 'supervisord', ...words] = process.argv;
process.title = ['supervisord', ...words].join(' ');
const parent = takeParent();
const exitStatus = await main();
// A pipe takes what was written as its reader reads: ending before would cut it off.
process.stdout.write('', () => {
  if (parent !== undefined) tellParentOfEnd(parent);
  process.exit(exitStatus);
});

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
      case 'help':
        process.stdout.write(helpText(argv0));
        return exitStatuses.SUCCESS;
      case 'version':
        process.stdout.write(`${supervisorVersion}\n`);
        return exitStatuses.SUCCESS;
      case 'password-hash':
        return await printPasswordHash();
      case 'check':
        return check(loaderOf(commandLine, context)());
      case 'run':
        return await run({ commandLine, context, starter, handover, softNofile, inheritedDescriptors });
      case 'check-upgrade':
        return checkUpgrade(loaderOf(commandLine, context)(), commandLine.runtimeDirectory);
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
  const load =
    parent === undefined ? loaderOf(commandLine, context) : inForeground(loaderOf(commandLine, context));
  let result = load();
  if (result.type === 'invalid') return usageError(result.errors.map(errorLine));
  let { settings } = result;
  if (!settings.supervisord.nodaemon && starter === undefined && handover === undefined) {
    return await startDaemonized(softNofile, inheritedDescriptors);
  }

  const signals = new Signals(handover?.signals);
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
        const code = makeRoom([...next.newVersion.command, launcher.path, ...words], context.env, {
          ...left,
          pid: process.pid,
          from: productVersion,
          inherited: [...inheritedDescriptors],
          softNofile,
          cwd: context.cwd,
          signals: signals.waiting,
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

/** Executes another version in place of this program. @returns the name of the error, if that fails */
function makeRoom(
  argv: readonly [path: string, ...words: string[]],
  environment: Environment,
  handover: Handover,
): string {
  const descriptors = [...handover.inherited, handover.lock, ...descriptorsOf(handover.sockets)];
  for (const fd of descriptors) keepOnExec(fd);
  const variables = [...environment, [handoverVariable, JSON.stringify(handover)]];
  if (parent !== undefined) {
    keepOnExec(parent.pipe);
    variables.push([parentVariable, String(parent.pipe)]);
  }
  const errno = -execute(
    argv[0],
    argv,
    variables.map(([name, value]) => `${name}=${value}`),
  );
  for (const fd of descriptors) if (fd > 2) setCloseOnExec(fd);
  if (parent !== undefined) setCloseOnExec(parent.pipe);
  return errnoName(errno);
}

/** For the daemon that asks: prints what it needs to know, or what stands in the way. */
function checkUpgrade(result: LoadResult, runtimeDirectory: string): ExitStatus {
  if (result.type === 'invalid') {
    for (const error of result.errors) process.stderr.write(`${errorLine(error)}\n`);
    return exitStatuses.USAGE;
  }
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
function check(result: LoadResult): ExitStatus {
  if (result.type === 'invalid') {
    for (const error of result.errors) process.stderr.write(`${errorLine(error)}\n`);
    return exitStatuses.USAGE;
  }
  process.stdout.write(checkReport(result.settings));
  return exitStatuses.SUCCESS;
}

function usageError(lines: readonly string[]): ExitStatus {
  for (const line of lines) process.stderr.write(`Error: ${line}\n`);
  process.stderr.write(`For help, use ${argv0} -h\n`);
  return exitStatuses.USAGE;
}

function errorLine(error: ConfigError): string {
  return error.message;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Makes the path absolute once: a daemon changes its directory, and reads the file again later. */
function loaderOf({ action, configuration, overrides }: CommandLine, context: LoadContext): () => LoadResult {
  const file = configuration ?? searchConfiguration(context, { warns: action !== 'check-upgrade' });
  return () => {
    const result = loadSettings(file, { ...context, overridden: new Set(Object.keys(overrides)) });
    if (result.type === 'invalid') return result;
    const supervisord: Mutable<SupervisordSettings> = { ...result.settings.supervisord, ...overrides };
    supervisord.pidfile = absolutePath(supervisord.pidfile, context);
    if (supervisord.logfile !== 'syslog') supervisord.logfile = absolutePath(supervisord.logfile, context);
    return { type: 'ok', settings: { ...result.settings, supervisord } };
  };
}

/** The daemon of PID 1 has no background to go to: without a child PID 1 would end, and everything with it. */
function inForeground(load: () => LoadResult): () => LoadResult {
  return () => {
    const result = load();
    if (result.type === 'invalid' || result.settings.supervisord.nodaemon) return result;
    const { settings } = result;
    const notice: Notice = { level: 'info', text: 'Staying in the foreground: PID 1 ends with its daemon' };
    return {
      type: 'ok',
      settings: {
        ...settings,
        supervisord: { ...settings.supervisord, nodaemon: true },
        notices: [...settings.notices, notice],
      },
    };
  };
}

/** @throws {UsageError} there is none */
function searchConfiguration({ uid }: LoadContext, { warns }: { readonly warns: boolean }): string {
  if (uid === 0 && warns) process.stderr.write(`${searchingAsRootWarning}\n`);
  const paths = searchPaths(argv0);
  const found = findConfigFile(paths);
  if (found === undefined) throw new UsageError(noConfigFileMessage(paths));
  return found;
}

/** The daemon can be started in a directory that someone has removed. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    return '/';
  }
}

/** @param starter the process that was given the environment to go by, if it was not this one */
function loadContext(starter: Starter | undefined, handover: Handover | undefined): LoadContext {
  const ours = new Set([softNofileVariable, daemonizingVariable, parentVariable, handoverVariable]);
  const env = new Map([...environmentOfStart(starter)].filter(([name]) => !ours.has(name)));
  const cwd = handover?.cwd ?? workingDirectory();
  return {
    env,
    cwd,
    uid: process.getuid?.() ?? 0,
    users: systemUsers,
    hostname: hostname(),
    tempDirectory: tempDirectory(env, cwd),
    warnsOfUnsafeFiles: process.getuid?.() === 0,
  };
}

function environmentOfStart(starter: Starter | undefined): Environment {
  try {
    if (starter?.pid === process.ppid) return startingEnvironment(starter.pid);
  } catch {
    // It has ended meanwhile. What Node handed on differs only where it is not UTF-8.
  }
  return startingEnvironment('self');
}
