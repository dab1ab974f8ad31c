import nodeProcess from 'node:process';
import { errorCode } from '../../conf/error-code.ts';
import type { Environment, LogLevel, ProcessSettings } from '../../conf/settings.ts';
import type { OutputEvents } from '../log/channel-filter.ts';
import type { OutputObserver } from '../log/listener-stream.ts';
import { Sinks } from '../log/sinks.ts';
import { settleStaged } from '../log/staging.ts';
import { Syslog } from '../log/syslog.ts';
import { bootId } from './boot-id.ts';
import { Epoll } from './epoll.ts';
import { FcgiSockets } from './fcgi-stdin.ts';
import type { ChildExit, ChildHandle, Host, KillResult } from './host.ts';
import { type ChildContext, LinuxChild } from './linux-child.ts';
import { Reaper, type SignalSource } from './reaper.ts';
import { prepareRuntimeDirectory } from './runtime-directory.ts';
import { systemClock } from './system-clock.ts';

export interface LinuxHostOptions {
  /** For FIFOs; created if need be. */
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
  log(level: LogLevel, text: string): void;
  /** From `OutputContext`. */
  listenTo?(process: ProcessSettings): OutputObserver | undefined;
  /** Where SIGCHLD is told; by default Node's `process`. */
  readonly signals?: SignalSource;
}

/** Milliseconds to rest after moving output: see `Epoll`. */
const pauseMs = 10;
const noEvents: OutputEvents = { isWanted: () => false, emit() {} };

/** The operating system this daemon runs on. */
export class LinuxHost implements Host {
  readonly clock = systemClock;
  readonly #context: ChildContext;
  readonly #ownEpoll: Epoll | undefined;
  readonly #ownSyslog: Syslog | undefined;
  readonly #reaper: Reaper;
  readonly #exitListeners: ((exit: ChildExit) => void)[] = [];

  /** @throws {Error} the runtime directory is not ours */
  constructor(options: LinuxHostOptions) {
    prepareRuntimeDirectory(options.runtimeDirectory);
    const boot = bootId();
    settleStaged(options.runtimeDirectory, boot);
    const log = (level: LogLevel, text: string) => options.log(level, text);
    const onError = (error: unknown) =>
      log('critical', error instanceof Error ? (error.stack ?? '') : String(error));
    const epoll = options.epoll ?? new Epoll({ pauseMs, onError });
    this.#ownEpoll = options.epoll === undefined ? epoll : undefined;
    const { inheritedDescriptors } = options;
    const sinks = options.sinks ?? new Sinks({ epoll, inheritedDescriptors, log });
    const syslog = options.syslog ?? new Syslog({ epoll, log });
    this.#ownSyslog = options.syslog === undefined ? syslog : undefined;
    this.#context = {
      ...options,
      log,
      bootId: boot,
      listenTo: (process) => options.listenTo?.(process),
      events: options.events ?? noEvents,
      epoll,
      sinks,
      syslog,
      fcgiSockets: new FcgiSockets(log),
    };
    const onExit = (exit: ChildExit) => {
      for (const listener of this.#exitListeners) listener(exit);
    };
    this.#reaper = new Reaper({ signals: options.signals ?? nodeProcess, onExit, onError });
  }

  prepareChild(settings: ProcessSettings): ChildHandle {
    return new LinuxChild(settings, this.#context);
  }

  kill(pid: number, signal: number, to: 'process' | 'group'): KillResult {
    // 0 and −1 would mean ourselves and everybody.
    if (!Number.isInteger(pid) || pid <= 1) return { type: 'failed', reason: `invalid pid ${pid}` };
    try {
      nodeProcess.kill(to === 'group' ? -pid : pid, signal);
      return { type: 'sent' };
    } catch (error) {
      const code = errorCode(error);
      return code === 'ESRCH' ? { type: 'gone' } : { type: 'failed', reason: code };
    }
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
    this.#reaper[Symbol.dispose]();
    this.#ownSyslog?.close();
    this.#ownEpoll?.close();
  }
}
