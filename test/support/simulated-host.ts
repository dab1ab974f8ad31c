import type { ProcessSettings } from '../../conf/settings.ts';
import type { StdinProgress } from '../../daemon/host/child-stdin.ts';
import type {
  ChildExit,
  ChildHandle,
  CommandResolution,
  ExitStatus,
  Host,
  KillResult,
  SpawnResult,
} from '../../daemon/host/host.ts';
import type { Occasion, RunOutput } from '../../daemon/process/occasion.ts';
import { SimulatedClock } from './simulated-clock.ts';

/** The exit status of a child that returned `code`. */
export function exitStatus(code: number): ExitStatus {
  return { type: 'exited', code };
}

/** The exit status of a child that a signal ended. */
export function signalStatus(signal: number, options: { coreDumped?: boolean } = {}): ExitStatus {
  return { type: 'signalled', signal, coreDumped: options.coreDumped ?? false };
}

/** A signal as it was sent. */
export interface SentSignal {
  readonly name: string;
  readonly pid: number;
  readonly signal: number;
  readonly to: 'process' | 'group' | 'tree';
}

/** The place of one process: what the supervisor did with it, and what the test wants it to do. */
export class SimulatedChild implements ChildHandle {
  readonly settings: ProcessSettings;
  readonly logfiles = { stdout: undefined, stderr: undefined };
  readonly dropped = 0;
  output: RunOutput = {};
  /** Of each spawn. */
  readonly occasions: (Occasion | undefined)[] = [];
  /** What the next spawns do; `undefined`: succeed. */
  spawnFailure: string | undefined;
  resolution: CommandResolution = { type: 'found', path: '/bin/true', argv: ['true'] };
  /** What sending a signal does; `sent` unless set. */
  killFailure: string | undefined;
  /** Called for `finish`, so that a test can make it throw. */
  onFinish: () => void = () => undefined;
  /** Whether a signal ends the child at once, and how; by default SIGTERM and SIGKILL do. */
  onSignal: (signal: number) => ExitStatus | undefined = obey;
  pid: number | undefined;
  /** Others of its tree live on when the child ends, until {@link SimulatedHost.endTree}. */
  hasTree = false;
  onTreeGone: (() => void) | undefined;
  finished = 0;
  reopened = 0;
  cleared = 0;
  disposed = false;
  left = false;
  readonly stdin: Uint8Array[] = [];
  /** What writing to stdin meets with while there is a child. */
  stdinState: 'open' | 'closed' | 'full' = 'open';
  /** Whether what was written is there at once; otherwise when `onTaken` is called. */
  isStdinSlow = false;
  onTaken: () => void = () => undefined;
  /** Whether another daemon could tell what was written. */
  marksTell = true;
  /** How much of an event an earlier daemon has put into stdin, if there is a way to know. */
  takenUpTo: number | undefined;
  /** Who wants to know when stdin has room again. */
  onDrained: () => void = () => undefined;
  readonly #host: SimulatedHost;

  constructor(host: SimulatedHost, settings: ProcessSettings) {
    this.#host = host;
    this.settings = settings;
  }

  resolveCommand(): CommandResolution {
    return this.resolution;
  }

  spawn(occasion?: Occasion): SpawnResult {
    this.occasions.push(occasion);
    return this.#host.spawn(this);
  }

  adopt(pid: number): void {
    if (pid !== 0) this.#host.adopt(this, pid);
  }

  finish(): void {
    this.finished += 1;
    this.#host.happenings.push(`finish ${this.settings.name}`);
    this.onFinish();
  }

  kill(pid: number, signal: number, to: 'process' | 'group' | 'tree'): KillResult {
    const result = this.#host.kill(pid, signal, to);
    if (to !== 'tree' || !this.hasTree) return result;
    if (signal === 9) this.#host.endTree(this.settings.name);
    return result.type === 'gone' ? { type: 'sent' } : result;
  }

  onceTreeGone(gone: () => void): void {
    if (this.hasTree) this.onTreeGone = gone;
    else gone();
  }

  writeStdin(bytes: Uint8Array, progress?: StdinProgress): 'queued' | 'closed' | 'full' {
    if (this.pid === undefined) return 'closed';
    if (this.stdinState !== 'open') return this.stdinState;
    const from = progress?.first.from ?? 0;
    progress?.writing({ from, isMarked: this.marksTell });
    this.stdin.push(bytes.subarray(from));
    if (this.isStdinSlow) this.onTaken = () => progress?.written();
    else progress?.written();
    return 'queued';
  }

  stdinTakenUpTo(): number | undefined {
    return this.takenUpTo;
  }

  onceStdinDrained(drained: () => void): void {
    this.onDrained = drained;
  }

  reopenLogs(): void {
    this.reopened += 1;
  }

  clearLogs(): void {
    this.cleared += 1;
  }

  dispose(): void {
    this.disposed = true;
  }

  takeOver(): void {}

  leave(): void {
    this.left = true;
  }
}

function obey(signal: number): ExitStatus | undefined {
  return signal === 9 || signal === 15 ? signalStatus(signal) : undefined;
}

/** What a stubborn child does: only SIGKILL ends it. */
export function ignoreAllButKill(signal: number): ExitStatus | undefined {
  return signal === 9 ? signalStatus(9) : undefined;
}

/**
 * An operating system of objects. Children live until the test or a signal ends them; an exit is told to
 * the listener by {@link exit}, or, for deaths by signal, by {@link reap}.
 */
export class SimulatedHost implements Host {
  readonly clock = new SimulatedClock();
  /** Every child ever prepared, by process name; of the same name the latest. */
  readonly children = new Map<string, SimulatedChild>();
  /** Living children, unreaped ones included. */
  readonly live = new Map<number, SimulatedChild>();
  readonly signals: SentSignal[] = [];
  /** Names in the order they were spawned. */
  readonly spawned: string[] = [];
  /** Spawns, signals and drained pipes in order, as `spawn web`, `kill web 15`, `finish web`. */
  readonly happenings: string[] = [];
  /** Children of an earlier daemon that still live. */
  readonly survivors = new Set<number>();
  /** Consulted when a child is prepared; may throw. */
  onPrepare: (child: SimulatedChild) => void = () => undefined;
  /** Consulted at each spawn; may throw. */
  onSpawn: (child: SimulatedChild) => void = () => undefined;
  readonly #zombies: ChildExit[] = [];
  readonly #listeners: ((exit: ChildExit) => void)[] = [];
  #nextPid = 100;

  prepareChild(settings: ProcessSettings): ChildHandle {
    const child = new SimulatedChild(this, settings);
    this.onPrepare(child);
    this.children.set(settings.name, child);
    return child;
  }

  onExit(listener: (exit: ChildExit) => void): void {
    this.#listeners.push(listener);
  }

  kill(pid: number, signal: number, to: 'process' | 'group' | 'tree'): KillResult {
    const child = this.live.get(pid);
    const name = child?.settings.name ?? '';
    this.signals.push({ name, pid, signal, to });
    this.happenings.push(`kill ${name} ${signal}`);
    if (child === undefined) return { type: 'gone' };
    if (child.killFailure !== undefined) return { type: 'failed', reason: child.killFailure };
    const status = child.onSignal(signal);
    if (status !== undefined && !this.#zombies.some((zombie) => zombie.pid === pid)) {
      this.#zombies.push({ pid, status });
    }
    return { type: 'sent' };
  }

  watch(pid: number): 'watched' | 'gone' {
    if (this.survivors.has(pid)) return 'watched';
    this.live.delete(pid);
    return 'gone';
  }

  /** For {@link SimulatedChild.adopt}. */
  adopt(child: SimulatedChild, pid: number): void {
    child.pid = pid;
    this.live.set(pid, child);
    this.happenings.push(`adopt ${child.settings.name} ${pid}`);
  }

  /** For {@link SimulatedChild.spawn}. */
  spawn(child: SimulatedChild): SpawnResult {
    this.onSpawn(child);
    if (child.spawnFailure !== undefined) return { type: 'failed', reason: child.spawnFailure };
    const pid = this.#nextPid++;
    child.pid = pid;
    this.live.set(pid, child);
    this.spawned.push(child.settings.name);
    this.happenings.push(`spawn ${child.settings.name}`);
    return { type: 'spawned', pid, birth: { from: pid, to: pid } };
  }

  /** The child of the process named so far. */
  child(name: string): SimulatedChild {
    const child = this.children.get(name);
    if (child === undefined) throw new Error(`No simulated child ${name}`);
    return child;
  }

  /** The living child of a process ends and is reaped. Does nothing if it has none. */
  exit(name: string, status: ExitStatus = exitStatus(0)): void {
    const { pid } = this.child(name);
    if (pid !== undefined) this.exitPid(pid, status);
  }

  /** The others of a process' tree end. */
  endTree(name: string): void {
    const child = this.child(name);
    child.hasTree = false;
    child.onTreeGone?.();
    child.onTreeGone = undefined;
  }

  /** Any pid ends and is reaped, a child of ours or not. */
  exitPid(pid: number, status: ExitStatus): void {
    const child = this.live.get(pid);
    const zombie = this.#zombies.findIndex((other) => other.pid === pid);
    if (zombie !== -1) this.#zombies.splice(zombie, 1);
    this.live.delete(pid);
    if (child?.pid === pid) child.pid = undefined;
    for (const listener of this.#listeners) listener({ pid, status });
  }

  /** Reaps the children that signals have ended, in that order; how many there were. */
  reap(): number {
    const zombies = [...this.#zombies];
    for (const { pid, status } of zombies) this.exitPid(pid, status);
    return zombies.length;
  }
}
