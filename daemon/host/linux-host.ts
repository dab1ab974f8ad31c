import nodeProcess from 'node:process';
import type { Environment, LogLevel, ProcessSettings } from '../../conf/settings.ts';
import type { OutputEvents } from '../log/channel-filter.ts';
import type { OutputObserver } from '../log/listener-stream.ts';
import { Relays } from '../log/relay.ts';
import { Sinks } from '../log/sinks.ts';
import { settleStaged } from '../log/staging.ts';
import { Syslog } from '../log/syslog.ts';
import { AdoptedChildren } from './adopted-children.ts';
import type { Birth } from './birth.ts';
import { bootId } from './boot-id.ts';
import type { OutputContext } from './child-output.ts';
import { Epoll, outputPauseMs } from './epoll.ts';
import { FcgiSockets } from './fcgi-stdin.ts';
import type { ChildExit, ChildHandle, Host, KillResult } from './host.ts';
import { errnoName } from './libc/call.ts';
import { type ChildContext, LinuxChild } from './linux-child.ts';
import { PipeKeeper } from './pipe-keeper.ts';
import { ProcessTrees } from './process-trees.ts';
import { Reaper, type SignalSource } from './reaper.ts';
import { prepareRuntimeDirectory } from './runtime-directory.ts';
import { sendSignal } from './signalling.ts';
import { systemClock } from './system-clock.ts';

export interface LinuxHostOptions {
  /** For FIFOs; created if need be. As /proc has it, that is, without links. */
  readonly runtimeDirectory: string;
  /** The daemon's environment, as it was at start. */
  readonly environment: Environment;
  /** What children are told as SUPERVISOR_SERVER_URL. */
  readonly serverUrl: string | undefined;
  readonly childlogdir: string;
  readonly identifier: string;
  readonly stripAnsi: boolean;
  /** The log level is `debug` or lower: output is copied to the activity log. */
  readonly debugOutput: boolean;
  /** Soft limit on open files for children, from `raiseLimits`; `undefined`: the daemon's. */
  readonly childNofile: number | undefined;
  /** From `closeInheritedOnExec`. */
  readonly inheritedDescriptors: ReadonlySet<number>;
  /** The set of the daemon, shared with the activity log; the caller closes it. By default one of its own. */
  readonly epoll?: Epoll;
  /** The sinks of the daemon, made for the same `epoll`. */
  readonly sinks?: Sinks;
  /** The way to syslog of the daemon, made for the same `epoll`; the caller closes it. By default one of its own. */
  readonly syslog?: Syslog;
  /** Takes what output gives rise to; by default nobody does. */
  readonly events?: OutputEvents;
  /** From `ChildContext`; by default false. */
  readonly isRecovering?: boolean;
  /** From `OutputContext`; by default there are none. */
  readonly autoLogs?: OutputContext['autoLogs'];
  log(level: LogLevel, text: string): void;
  /** From `OutputContext`. */
  listenTo?(process: ProcessSettings): OutputObserver | undefined;
  /** Where SIGCHLD is told; by default Node's `process`. */
  readonly signals?: SignalSource;
}

const noEvents: OutputEvents = { isWanted: () => false, emit() {} };

/** The operating system this daemon runs on. */
export class LinuxHost implements Host {
  readonly clock = systemClock;
  readonly #context: ChildContext;
  readonly #ownEpoll: Epoll | undefined;
  readonly #ownSyslog: Syslog | undefined;
  readonly #keeper: PipeKeeper;
  readonly #reaper: Reaper;
  readonly #adopted: AdoptedChildren;
  readonly #exitListeners: ((exit: ChildExit) => void)[] = [];

  /** @throws {Error} the runtime directory is not ours */
  constructor(options: LinuxHostOptions) {
    prepareRuntimeDirectory(options.runtimeDirectory);
    const boot = bootId();
    settleStaged(options.runtimeDirectory, boot);
    const log = (level: LogLevel, text: string) => options.log(level, text);
    const onError = (error: unknown) =>
      log('critical', error instanceof Error ? (error.stack ?? '') : String(error));
    const epoll = options.epoll ?? new Epoll({ pauseMs: outputPauseMs, onError });
    this.#ownEpoll = options.epoll === undefined ? epoll : undefined;
    const { inheritedDescriptors } = options;
    const sinks = options.sinks ?? new Sinks({ epoll, inheritedDescriptors, log });
    const syslog = options.syslog ?? new Syslog({ epoll, log });
    this.#ownSyslog = options.syslog === undefined ? syslog : undefined;
    this.#keeper = new PipeKeeper({ ...options, log });
    const relays = new Relays(this.#keeper);
    this.#context = {
      ...options,
      log,
      bootId: boot,
      listenTo: (process) => options.listenTo?.(process),
      events: options.events ?? noEvents,
      autoLogs: options.autoLogs ?? new Map(),
      isRecovering: options.isRecovering ?? false,
      keeper: this.#keeper,
      relays,
      epoll,
      sinks,
      syslog,
      // Children of an earlier daemon have theirs: they are in use.
      fcgiSockets: new FcgiSockets(log, { areTested: options.isRecovering !== true }),
      trees: new ProcessTrees({
        runtimeDirectory: options.runtimeDirectory,
        epoll,
        isRecovering: options.isRecovering ?? false,
        signalChild: (pid, signal, to) => this.kill(pid, signal, to),
        log,
        onError,
      }),
    };
    const onExit = (exit: ChildExit) => {
      if (this.#keeper.reaped(exit.pid)) return;
      for (const listener of this.#exitListeners) listener(exit);
    };
    this.#adopted = new AdoptedChildren({ onExit, onError });
    this.#reaper = new Reaper({ signals: options.signals ?? nodeProcess, onExit, onError });
  }

  prepareChild(settings: ProcessSettings): ChildHandle {
    return new LinuxChild(settings, this.#context);
  }

  kill(pid: number, signal: number, to: 'process' | 'group'): KillResult {
    // 0 and −1 would mean ourselves and everybody.
    if (!Number.isInteger(pid) || pid <= 1) return { type: 'failed', reason: `invalid pid ${pid}` };
    // Somebody else reaps these, so that a pid may already be another's.
    const adopted = this.#adopted.signal(pid, to === 'process' ? signal : 0);
    if (adopted !== undefined && (to === 'process' || adopted < 0)) return killResult(-adopted);
    return sendSignal(pid, signal, to);
  }

  watch(pid: number, birth: Birth): 'watched' | 'gone' {
    return this.#adopted.watch(pid, birth);
  }

  onExit(listener: (exit: ChildExit) => void): void {
    this.#exitListeners.push(listener);
  }

  /** Reaps children that ended before this host was there, as after an exec in place. */
  reap(): void {
    this.#reaper.reap();
  }

  /** Lets the event loop end. All children must have been disposed of. */
  close(): void {
    this.#keeper.close();
    this.#close();
  }

  /** The same for a daemon after which another one goes on. All children must have been left. */
  leave(): void {
    this.#keeper.leave();
    this.#close();
  }

  #close(): void {
    this.#context.trees.close();
    this.#reaper[Symbol.dispose]();
    this.#adopted[Symbol.dispose]();
    this.#ownSyslog?.close();
    this.#ownEpoll?.close();
  }
}

/** @param errno 0: it was sent */
function killResult(errno: number): KillResult {
  if (errno === 0) return { type: 'sent' };
  const code = errnoName(errno);
  return code === 'ESRCH' ? { type: 'gone' } : { type: 'failed', reason: code };
}
