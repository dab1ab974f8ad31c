import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import nodeProcess from 'node:process';
import { errorCode } from '../../conf/error-code.ts';
import { settingsForRun } from '../../conf/run-names.ts';
import type { ProcessSettings, User } from '../../conf/settings.ts';
import { speaksProtocol } from '../log/channel-filter.ts';
import type { LogPosition } from '../log/log-position.ts';
import type { Occasion, RunOutput } from '../process/occasion.ts';
import type { Birth } from './birth.ts';
import { childEnvironment, type EnvironmentContext } from './child-environment.ts';
import { ChildOutput, type OutputContext } from './child-output.ts';
import { type ChildInput, ChildStdin, type StdinProgress } from './child-stdin.ts';
import { ChildTree, type TreeContext } from './child-tree.ts';
import { resolveCommand } from './command.ts';
import { FcgiSocketError, type FcgiSockets } from './fcgi-stdin.ts';
import { fifoPath } from './fifo.ts';
import type { Channel, ChildHandle, CommandResolution, KillResult, SpawnResult } from './host.ts';
import { SystemError } from './libc/call.ts';
import { getLimit } from './libc/limits.ts';
import type { Piece } from './marked-pieces.ts';
import { findProcess } from './process-stat.ts';
import { spawnProgram } from './spawn.ts';

type Positions = { readonly [C in Channel]?: LogPosition };

/** What all processes share. */
export interface ChildContext extends OutputContext, EnvironmentContext, TreeContext {
  /** Soft limit on open files for children; `undefined`: the daemon's. */
  readonly childNofile: number | undefined;
  readonly fcgiSockets: FcgiSockets;
  /** There may be children of an earlier daemon: FIFOs are theirs. */
  readonly isRecovering: boolean;
}

/** Descriptors that programs leave to the daemon: for its clients, its log, and the next look into `/proc`. */
const spareDescriptors = 16;

/**
 * Fails if too few descriptors are left. A new descriptor is the lowest free one, so it tells how many are
 * taken.
 *
 * @throws {SystemError} `EMFILE`
 */
function checkSpare(newest: number): void {
  if (newest >= getLimit('NOFILE').soft - spareDescriptors)
    throw new SystemError('open', constants.errno.EMFILE);
}

/** Descriptors below this one may be opened before they are needed. */
function mostPrepared(): number {
  return getLimit('NOFILE').soft - 2 * spareDescriptors;
}

/** Words for what stood in the way of a process before there was one. */
function spawnError(name: string, error: unknown): string {
  if (error instanceof FcgiSocketError) return error.message;
  const code = errorCode(error);
  if (code === 'EMFILE') return `too many open files to spawn '${name}'`;
  return `unknown error making dispatchers for '${name}': ${code}`;
}

function settingsOn(settings: ProcessSettings, occasion: Occasion | undefined): ProcessSettings {
  return occasion?.names === undefined ? settings : settingsForRun(settings, occasion.names);
}

function childInput(settings: ProcessSettings, context: ChildContext): ChildInput {
  const { socket } = settings;
  if (socket !== undefined) return context.fcgiSockets.stdinOf(settings, socket);
  const path = fifoPath(context.runtimeDirectory, settings, 'stdin');
  // A listener may wait for its first event for months.
  const opening = speaksProtocol(settings, 'stdout') ? 'with the child' : 'with the first byte';
  return new ChildStdin(path, context.epoll, opening);
}

/** A process on this machine. */
export class LinuxChild implements ChildHandle {
  readonly #settings: ProcessSettings;
  readonly #context: ChildContext;
  readonly #stdin: ChildInput;
  readonly #stdout: ChildOutput;
  /** `undefined`: stderr goes where stdout goes. */
  readonly #stderr: ChildOutput | undefined;
  readonly #tree: ChildTree;
  #occasion: Occasion | undefined;
  /** Where the output began on that occasion. */
  #from: Positions = {};

  constructor(settings: ProcessSettings, context: ChildContext) {
    this.#settings = settings;
    this.#context = context;
    this.#stdout = new ChildOutput(settings, 'stdout', context);
    this.#stderr = settings.redirect_stderr ? undefined : new ChildOutput(settings, 'stderr', context);
    this.#stdin = childInput(settings, context);
    this.#tree = new ChildTree(settings, context);
    if (!settings.autostart || context.isRecovering) return;
    for (const output of [this.#stdout, this.#stderr]) output?.prepare(this.#fifoOwner(), mostPrepared());
  }

  get logfiles(): { readonly [C in Channel]: string | undefined } {
    return { stdout: this.#stdout.logfile, stderr: this.#stderr?.logfile };
  }

  get dropped(): number {
    return this.#stdout.dropped + (this.#stderr?.dropped ?? 0);
  }

  get output(): RunOutput {
    const { stdout, stderr } = this.#positions();
    const { stdout: outFrom, stderr: errFrom } = this.#from;
    return {
      ...(outFrom && { stdout: { from: outFrom, ...(stdout && { to: stdout }) } }),
      ...(errFrom && { stderr: { from: errFrom, ...(stderr && { to: stderr }) } }),
    };
  }

  resolveCommand(): CommandResolution {
    return resolveCommand(this.#settings, this.#context.environment);
  }

  spawn(occasion?: Occasion): SpawnResult {
    const settings = settingsOn(this.#settings, occasion);
    if (occasion !== this.#occasion) this.#from = {};
    this.#occasion = occasion;
    const command = resolveCommand(settings, this.#context.environment);
    if (command.type !== 'found') return { type: 'failed', reason: command.reason };

    const { name, directory, user, umask } = settings;
    const childEnds: number[] = [];
    try {
      if (occasion !== undefined) this.#useLogfiles(settings);
      const stdio = this.#openStdio(childEnds);
      // Of several tries, where the first one began.
      if (occasion !== undefined) this.#from = { ...this.#positions(), ...this.#from };
      const environment = childEnvironment(settings, this.#context, occasion?.environment);
      const { path, argv } = command;
      const nofile = this.#context.childNofile;
      this.#context.keeper.sync();
      const request = { name, path, argv, environment, directory, stdio, user, umask, nofile };
      const outcome = this.#tree.spawn(() => spawnProgram(request));
      if (outcome.type === 'spawned') {
        this.#tree.started(outcome.pid, outcome.birth);
        this.#stdout.started(outcome.pid);
        this.#stderr?.started(outcome.pid);
        return outcome;
      }
      (this.#stderr ?? this.#stdout).write(outcome.lines);
      this.#drain();
      return { type: 'failed', reason: outcome.reason };
    } catch (error) {
      this.#stdin.close();
      this.#stdout.abandon();
      this.#stderr?.abandon();
      return { type: 'failed', reason: spawnError(name, error) };
    } finally {
      for (const fd of childEnds) closeSync(fd);
    }
  }

  adopt(
    pid: number,
    birth?: Birth,
    begun?: { readonly occasion: Occasion; readonly output: RunOutput },
  ): void {
    if (begun !== undefined) this.#goOnWith(begun);
    if (pid !== 0) this.#tree.started(pid, birth);
    // A stranger who has got the pid since may have a socket as its stdin, too.
    const isThere = birth !== undefined && findProcess(pid, birth) !== undefined;
    this.#stdin.adopt(isThere ? pid : 0);
    this.#stdout.adopt(pid);
    this.#stderr?.adopt(pid);
  }

  takeOver(): void {
    this.#stdout.adopt(0);
    this.#stderr?.adopt(0);
    this.#drain();
  }

  finish(): void {
    this.#tree.ended();
    this.#drain();
  }

  kill(pid: number, signal: number, to: 'process' | 'group' | 'tree'): KillResult {
    return this.#tree.kill(pid, signal, to);
  }

  onceTreeGone(gone: () => void): void {
    this.#tree.onceGone(gone);
  }

  writeStdin(bytes: Uint8Array, progress?: StdinProgress): 'queued' | 'closed' | 'full' {
    return this.#stdin.write(bytes, progress);
  }

  stdinTakenUpTo(piece: Piece, length: number): number | undefined {
    return this.#stdin.takenUpTo(piece, length);
  }

  onceStdinDrained(drained: () => void): void {
    this.#stdin.onceDrained(drained);
  }

  reopenLogs(): void {
    this.#stdout.reopen();
    this.#stderr?.reopen();
  }

  clearLogs(): void {
    this.#stdout.clear();
    this.#stderr?.clear();
  }

  leave(): void {
    for (const part of [this.#stdin, this.#stdout, this.#stderr, this.#tree]) part?.leave();
  }

  /** @throws an error with `code`, when all that could be closed is */
  dispose(successor?: ProcessSettings): void {
    using parts = new DisposableStack();
    for (const part of [this.#stdin, this.#tree]) parts.defer(() => part.dispose());
    for (const output of [this.#stdout, this.#stderr]) parts.defer(() => output?.dispose(successor));
  }

  #goOnWith({ occasion, output: { stdout, stderr } }: { occasion: Occasion; output: RunOutput }): void {
    this.#occasion = occasion;
    this.#from = { ...(stdout && { stdout: stdout.from }), ...(stderr && { stderr: stderr.from }) };
    this.#useLogfiles(settingsOn(this.#settings, occasion));
  }

  #useLogfiles(settings: ProcessSettings): void {
    this.#stdout.useLogfile(settings.stdout.logfile);
    this.#stderr?.useLogfile(settings.stderr.logfile);
  }

  #positions(): Positions {
    const [stdout, stderr] = [this.#stdout.position, this.#stderr?.position];
    return { ...(stdout && { stdout }), ...(stderr && { stderr }) };
  }

  #drain(): void {
    this.#stdin.close();
    this.#stdout.end();
    this.#stderr?.end();
  }

  /** @throws an error with `code`; what was opened until then is in `childEnds` */
  #openStdio(childEnds: number[]): [number, number, number] {
    const owner = this.#fifoOwner();
    const keep = (fd: number) => {
      childEnds.push(fd);
      return fd;
    };
    const stdin = keep(this.#stdin.open(owner));
    const stdout = keep(this.#stdout.open(owner));
    // The same open file twice, as with `2>&1`.
    const stderr = this.#stderr === undefined ? stdout : keep(this.#stderr.open(owner));
    checkSpare(stderr);
    return [stdin, stdout, stderr];
  }

  /** Whoever the program runs as must be able to open `/dev/stdout` anew. */
  #fifoOwner(): User | undefined {
    const uid = nodeProcess.getuid?.() ?? 0;
    const { user } = this.#settings;
    return uid === 0 && user !== undefined && user.uid !== uid ? user : undefined;
  }
}
