import { closeSync } from 'node:fs';
import { errorCode } from '../../conf/error-code.ts';
import type { ChannelSettings, Logfile, ProcessSettings, User } from '../../conf/settings.ts';
import { createAutoLog } from '../log/auto-logs.ts';
import { channelFilter, type FilterContext, speaksProtocol } from '../log/channel-filter.ts';
import { listenerDebugLine } from '../log/debug-line.ts';
import type { OutputObserver } from '../log/listener-stream.ts';
import { type LogPosition, logPosition } from '../log/log-position.ts';
import { relayEnding } from '../log/relay.ts';
import type { Sink } from '../log/sink.ts';
import type { SinkLease, Sinks } from '../log/sinks.ts';
import { removeStaged, stagedEnding } from '../log/staging.ts';
import type { Syslog } from '../log/syslog.ts';
import { SyslogCopy } from '../log/syslog-copy.ts';
import {
  ensureFifo,
  fifoPath,
  inodeOf,
  isFifo,
  openForChild,
  openForDaemon,
  pathOfHeldFifo,
  removeOwnFifo,
  renewFifo,
} from './fifo.ts';
import type { Channel } from './host.ts';
import { unlinkIfThere } from './libc/descriptors.ts';
import { ListenerOutput, type OpenOutput, type OpenOutputContext, ProgramOutput } from './open-output.ts';
import type { PipeKeeper } from './pipe-keeper.ts';

/** What all channels of all processes share. */
export interface OutputContext extends FilterContext, OpenOutputContext {
  readonly childlogdir: string;
  readonly identifier: string;
  readonly sinks: Sinks;
  readonly syslog: Syslog;
  readonly keeper: PipeKeeper;
  /** Log files that an earlier daemon has named, by `group:process`. */
  readonly autoLogs: ReadonlyMap<string, { readonly [C in Channel]?: string }>;
  /**
   * Who converses with a process, if it is an event listener: what it writes to stdout is its part, and is told
   * at once and unfiltered. Asked once for each process.
   */
  listenTo?(process: ProcessSettings): OutputObserver | undefined;
}

/** The stdout or the stderr of a process, through any number of spawns: FIFO, stream and log. */
export class ChildOutput {
  readonly #process: ProcessSettings;
  readonly #channel: Channel;
  readonly #settings: ChannelSettings;
  readonly #context: OutputContext;
  /** AUTO files already have their name. */
  #logfile: Logfile;
  #open: OpenOutput | undefined;
  /** No child has had the FIFO since it was opened. */
  #isUnused = false;
  #lease: SinkLease | undefined;
  #syslogCopy: SyslogCopy | undefined;
  #dropped = 0;
  /** Of the last child, which may have left others that still write. */
  #pid = 0;

  constructor(process: ProcessSettings, channel: Channel, context: OutputContext) {
    this.#process = process;
    this.#channel = channel;
    this.#settings = process[channel];
    this.#context = context;
    this.#logfile = this.#earlierAutoLog() ?? this.#settings.logfile;
    try {
      this.#resolveLogfile();
    } catch (error) {
      // The spawn will try again, and fail if it must.
      const { childlogdir, log } = context;
      log(
        'error',
        `cannot create ${channel} log of '${process.name}' in '${childlogdir}': ${errorCode(error)}`,
      );
    }
  }

  /** What is written from now on goes to another log, for a run of a schedule that has its own. */
  useLogfile(logfile: Logfile): void {
    if (logfile.type !== 'AUTO') this.#logfile = logfile;
  }

  /** Where the log ends now; `undefined`: it is no file, or nobody has written to it yet. */
  get position(): LogPosition | undefined {
    const end = this.#lease?.sink.end?.();
    return end && logPosition(end);
  }

  /** Path of the log; `undefined`: nothing is logged to a file. */
  get logfile(): string | undefined {
    return this.#logfile.type === 'file' ? this.#logfile.path : undefined;
  }

  /** Bytes that did not get to the log, because it could not be written. */
  get dropped(): number {
    return this.#dropped + (this.#open?.dropped ?? 0);
  }

  /**
   * Makes the FIFO for a child that is about to come, unless there is one: a process that is to make room for this one
   * has it, and removes it when it goes. What fails is tried again with the spawn.
   *
   * @param limit descriptors from this one on are left to those who need them at once
   */
  prepare(owner: User | undefined, limit: number): void {
    if (this.#open !== undefined || speaksProtocol(this.#process, this.#channel)) return;
    try {
      if (isFifo(this.#fifo)) return;
      if (this.#openStream(this.#makeFifo(owner)).pipe >= limit) this.abandon();
    } catch {
      // The spawn will say what is wrong.
    }
  }

  /**
   * Opens the log for a new child.
   *
   * @returns the child's end of the FIFO, which the caller closes
   * @throws an error with `code`
   */
  open(owner: User | undefined): number {
    const lease = this.#takeLease();
    try {
      const { pipe, stream } = this.#open ?? this.#openStream(this.#makeFifo(owner));
      // By descriptor: the FIFO may have been removed from the directory.
      const childEnd = openForChild(`/proc/self/fd/${pipe}`);
      try {
        const { logfile_maxbytes: maxbytes, logfile_backups: backups } = this.#settings;
        stream.begin(this.#withSyslog(lease.sink), { maxbytes, backups });
      } catch (error) {
        closeSync(childEnd);
        throw error;
      }
      this.#lease?.release();
      this.#lease = lease;
      return childEnd;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /**
   * Goes on with the output of a child of an earlier daemon, or with what the last one has left.
   *
   * @param pid 0: there is no child
   */
  adopt(pid: number): void {
    this.#pid = pid;
    const fifo = this.#earlierFifo(pid);
    if (fifo === undefined) return;
    try {
      const lease = this.#takeLease();
      this.#lease = lease;
      const { logfile_maxbytes: maxbytes, logfile_backups: backups } = this.#settings;
      const { stream } = this.#openStream(fifo);
      stream.resume(this.#withSyslog(lease.sink), { maxbytes, backups });
    } catch (error) {
      const { log } = this.#context;
      log('error', `cannot go on with the ${this.#channel} of '${this.#process.name}': ${errorCode(error)}`);
    }
    this.#isUnused = false;
  }

  /** The child that `open` was for runs. */
  started(pid: number): void {
    this.#pid = pid;
  }

  /** Puts words of the daemon itself into the log, after `open`. */
  write(text: string): void {
    this.#open?.stream.write(text);
  }

  /** The child has ended, or could not be started. */
  end(): void {
    this.#open?.stream.end();
    this.#isUnused = false;
  }

  /**
   * Not even a process came into being. Closes what was opened for it: while descriptors are short, programs
   * that wait for their next try must not hold any.
   */
  abandon(): void {
    if (this.#isUnused) this.#close();
    else this.end();
  }

  reopen(): void {
    try {
      this.#lease?.sink.reopen();
    } catch (error) {
      this.#context.log('error', `cannot reopen log file '${this.logfile}': ${errorCode(error)}`);
    }
  }

  /** @throws an error with `code` */
  clear(): void {
    if (this.#logfile.type !== 'file') return;
    // A process that is not running has a log too.
    const lease = this.#takeLease();
    try {
      lease.sink.clear();
    } finally {
      lease.release();
    }
  }

  /**
   * @param successor keeps the FIFO if it can, to which processes may still write that the child has left
   * @throws an error with `code` when the FIFO cannot be removed; all else is done
   */
  dispose(successor?: ProcessSettings): void {
    if (successor !== undefined && this.#isGoodFor(successor)) {
      this.#handOn();
      return;
    }
    const inode = this.#open === undefined ? undefined : inodeOf(this.#open.pipe);
    this.#close();
    this.#lease?.release();
    this.#lease = undefined;
    const path = this.#fifo;
    if (inode !== undefined && removeOwnFifo(path, inode)) removeStaged(`${path}${stagedEnding}`);
  }

  /** Leaves the FIFO, and what is in it, to the child and to the next daemon. */
  leave(): void {
    this.#lease?.release();
    this.#lease = undefined;
    if (this.#open === undefined) return;
    this.#open.stream.leave();
    // Not taken from the keeper, which goes on.
    closeSync(this.#open.pipe);
    this.#forgetOpen(this.#open);
  }

  /** Whether another process, of the same name, can read on what comes out of the FIFO. */
  #isGoodFor(other: ProcessSettings): boolean {
    const isRead = this.#channel === 'stdout' || !other.redirect_stderr;
    const isConversation = [this.#process, other].some((process) => speaksProtocol(process, this.#channel));
    return isRead && !isConversation && other.user?.uid === this.#process.user?.uid;
  }

  #handOn(): void {
    if (this.#open !== undefined) this.#context.keeper.remove(this.#open.pipe);
    this.leave();
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#open.stream.close();
    this.#context.keeper.remove(this.#open.pipe);
    closeSync(this.#open.pipe);
    this.#forgetOpen(this.#open);
    this.#isUnused = false;
  }

  #forgetOpen({ dropped }: OpenOutput): void {
    this.#dropped += dropped;
    this.#open = undefined;
  }

  /** Made when it is needed, as most programs seldom do. */
  get #fifo(): string {
    return fifoPath(this.#context.runtimeDirectory, this.#process, this.#channel);
  }

  /** @throws an error with `code` */
  #takeLease(): SinkLease {
    const isPrivate = this.#settings.logfile.type === 'AUTO';
    return this.#context.sinks.lease(this.#resolveLogfile(), { isPrivate });
  }

  #earlierAutoLog(): Logfile | undefined {
    const { group, name } = this.#process;
    const path = this.#context.autoLogs.get(`${group}:${name}`)?.[this.#channel];
    return path === undefined || this.#settings.logfile.type !== 'AUTO' ? undefined : { type: 'file', path };
  }

  /** @throws an error with `code` */
  #resolveLogfile(): Exclude<Logfile, { type: 'AUTO' }> {
    if (this.#logfile.type !== 'AUTO') return this.#logfile;
    const { childlogdir, identifier } = this.#context;
    const name = { childlogdir, identifier, process: this.#process.name, channel: this.#channel };
    const logfile = { type: 'file', path: createAutoLog(name) } as const;
    this.#logfile = logfile;
    return logfile;
  }

  /** Where the FIFO is that an earlier daemon has made; `undefined`: nowhere, and no child has it. */
  #earlierFifo(pid: number): string | undefined {
    const fifo = this.#fifo;
    const path = pathOfHeldFifo(fifo, pid, this.#channel === 'stdout' ? 1 : 2);
    if (path !== fifo || isFifo(path)) return path;
    return this.#context.keeper.removedFifo(path) ?? (pid === 0 ? undefined : path);
  }

  /** @returns its path @throws an error with `code` */
  #makeFifo(owner: User | undefined): string {
    const path = this.#fifo;
    // What others still write belongs in the log, but not in a conversation.
    if (speaksProtocol(this.#process, this.#channel)) {
      renewFifo(path, owner);
      removeStaged(`${path}${stagedEnding}`);
      unlinkIfThere(`${path}${relayEnding}`);
    } else ensureFifo(path, owner);
    return path;
  }

  /** @throws an error with `code` */
  #openStream(fifo: string): OpenOutput {
    const observer = this.#listenerObserver();
    const pipe = openForDaemon(fifo);
    const [process, channel, context] = [this.#process, this.#channel, this.#context];
    const filter = channelFilter(process, channel, context, () => this.#pid);
    try {
      const options = { process, channel, context, pipe, filter };
      this.#open =
        observer === undefined ? new ProgramOutput(options) : new ListenerOutput(options, observer);
    } catch (error) {
      closeSync(pipe);
      throw error;
    }
    context.keeper.add(pipe);
    this.#isUnused = true;
    return this.#open;
  }

  #listenerObserver(): OutputObserver | undefined {
    if (!speaksProtocol(this.#process, this.#channel)) return undefined;
    const { debugOutput, listenTo, log } = this.#context;
    const observer = listenTo?.(this.#process);
    if (observer === undefined || !debugOutput) return observer;
    return {
      ...observer,
      hear: (bytes, offset) => {
        log('debug', listenerDebugLine(this.#process.name, bytes));
        observer.hear(bytes, offset);
      },
    };
  }

  #withSyslog(sink: Sink): Sink {
    if (!this.#settings.syslog || speaksProtocol(this.#process, this.#channel)) return sink;
    // While the sink fails it knows what syslog has already.
    if (this.#syslogCopy?.sink !== sink)
      this.#syslogCopy = new SyslogCopy(sink, this.#context.syslog, this.#process.name);
    return this.#syslogCopy;
  }
}
