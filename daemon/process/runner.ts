import type { ProcessSettings } from '../../conf/settings.ts';
import type { ChildExit, Host, KillResult } from '../host/host.ts';
import type { Activity } from './activity.ts';
import type { Deadlines } from './deadlines.ts';
import type { ProcessEntry } from './entry.ts';
import { exitText } from './exit-text.ts';
import type { Occasion } from './occasion.ts';
import type { RecoveredProcess, StateRecorder } from './recovery.ts';
import { signalName } from './signal-names.ts';
import { pidOf } from './state.ts';
import type { Effect, Input } from './step.ts';
import { deadlineOf, transition } from './transition.ts';

/** What the clock wakes the supervisor for. */
export type Wake =
  | ProcessEntry['tick']
  | ProcessEntry['stopReport']
  | { readonly type: 'shutdown report' }
  | { readonly type: 'last deliveries' }
  | { readonly type: 'last runs' };

export interface RunnerDependencies {
  readonly host: Host;
  readonly activity: Activity;
  readonly deadlines: Deadlines<Wake>;
  /** False while the daemon shuts down. */
  readonly maySpawn: () => boolean;
  /** Queues an input that comes from outside. */
  readonly dispatch: (entry: ProcessEntry, input: Input) => void;
  /** Told of a process that is in another state, when all that follows at once is done. */
  readonly onMoved: (entry: ProcessEntry) => void;
  readonly recorder: StateRecorder;
  /** Told of each process whose child an earlier daemon has started, before anything else happens to it. */
  readonly adopted: (process: ProcessSettings) => void;
}

/** Puts inputs through the state machine and carries out what follows, in order. */
export class Runner {
  readonly #host: Host;
  readonly #activity: Activity;
  readonly #deadlines: Deadlines<Wake>;
  readonly #maySpawn: () => boolean;
  readonly #dispatch: (entry: ProcessEntry, input: Input) => void;
  readonly #onMoved: (entry: ProcessEntry) => void;
  readonly #recorder: StateRecorder;
  readonly #adopted: (process: ProcessSettings) => void;
  readonly #pids = new Map<number, ProcessEntry>();

  constructor({
    host,
    activity,
    deadlines,
    maySpawn,
    dispatch,
    onMoved,
    recorder,
    adopted,
  }: RunnerDependencies) {
    this.#host = host;
    this.#activity = activity;
    this.#deadlines = deadlines;
    this.#maySpawn = maySpawn;
    this.#dispatch = dispatch;
    this.#onMoved = onMoved;
    this.#recorder = recorder;
    this.#adopted = adopted;
  }

  /**
   * Applies an input, then the results of its effects, then whatever is due at once (such as the restart of
   * a process that has just ended). Does nothing for a process whose group is no longer active.
   */
  handle(entry: ProcessEntry, first: Input): void {
    const before = entry.process;
    const done = this.#activity.contain(`handling ${first.type} of ${entry.settings.name}`, () => {
      const inputs = [first];
      for (const input of inputs) {
        if (!entry.removed) inputs.push(...this.#apply(entry, input));
      }
      return true;
    });
    if (entry.removed) return;
    // Before anybody is told: what somebody knows, the next daemon will know.
    if (entry.process !== before) {
      this.#noteOutput(entry);
      this.#recorder.changed(entry);
    }
    // What has gone wrong once is not tried again by itself, over and over.
    if (done) this.updateDeadline(entry);
    entry.settleWaiters();
    if (entry.process !== before) this.#onMoved(entry);
    if (!entry.isAwaitedToStop) this.#deadlines.set(entry.stopReport, undefined);
  }

  /**
   * Gives a process the state that an earlier daemon left it in, with its child if it has one.
   *
   * @returns the child's end, if it has ended meanwhile: for {@link reaped}
   */
  adopt(
    entry: ProcessEntry,
    { process, birth, isOutdated, occasion }: RecoveredProcess,
  ): ChildExit | undefined {
    const { name } = entry.settings;
    return this.#activity.contain(`adopting ${name}`, () => {
      entry.become(process);
      entry.occur(occasion);
      const pid = pidOf(process);
      if (pid === 0 || birth === undefined) {
        entry.child.adopt(0, undefined, occasion);
        entry.child.finish();
        this.updateDeadline(entry);
        // Its child had ended, and others of its tree were still to.
        if (process.state === 'STOPPING') this.#awaitTree(entry);
        return undefined;
      }
      entry.birth = birth;
      if (isOutdated) entry.markOutdated(true);
      this.#pids.set(pid, entry);
      entry.child.adopt(pid, birth, occasion);
      this.updateDeadline(entry);
      if (this.#host.watch(pid, birth) === 'gone') {
        this.#activity.log('warn', `'${name}' (pid ${pid}) ended while no supervisord was there to see it`);
        return { pid, status: { type: 'unknown' } };
      }
      this.#activity.log('info', `adopted: '${name}' with pid ${pid}`);
      this.#adopted(entry.settings);
      if (isOutdated) {
        const text = `'${name}' runs with the settings of before, which differ from the present ones; update or restart it`;
        this.#activity.log('warn', text);
      }
      return undefined;
    });
  }

  /** A process is about to be started. What the next daemon has to know of that comes before there is a child. */
  occur(entry: ProcessEntry, occasion: Occasion | undefined): void {
    entry.occur(occasion && { occasion, isBegun: false, output: {} });
    if (occasion !== undefined) this.#recorder.changed(entry);
  }

  /** Sets the deadline that the state asks for now. */
  updateDeadline(entry: ProcessEntry): void {
    this.#deadlines.set(entry.tick, deadlineOf(entry.process, entry.settings, this.#maySpawn()));
  }

  /** Has a process go on with what the one before it has left: see `ChildHandle.takeOver`. */
  takeOver(entry: ProcessEntry): void {
    this.#activity.contain(`taking over ${entry.settings.name}`, () => entry.child.takeOver());
  }

  /** A child has been reaped: its last output first, then what its end means. */
  reaped({ pid, status }: ChildExit): void {
    const entry = this.#pids.get(pid);
    this.#pids.delete(pid);
    if (entry !== undefined) {
      this.#activity.contain(`draining the output of ${entry.settings.name}`, () => entry.child.finish());
    }
    if (entry !== undefined && !entry.removed) {
      this.handle(entry, { type: 'exited', status });
      return;
    }
    this.#activity.log('info', `reaped unknown pid ${pid} (${exitText(status)})`);
    if (entry !== undefined) this.dispose(entry);
  }

  /** Leaves a process, with its child, to the next daemon. */
  leave(entry: ProcessEntry): void {
    this.#activity.contain(`leaving ${entry.settings.name}`, () => entry.child.leave());
  }

  /** Closes what the system keeps for a process, but for what a successor goes on with. */
  dispose(entry: ProcessEntry, successor?: ProcessEntry): void {
    const { name } = entry.settings;
    this.#activity.contain(`closing ${name}`, () => entry.child.dispose(successor?.settings));
  }

  /** Sends a signal to the child that is not meant to stop it; the failure to do so is left to the caller. */
  signal(entry: ProcessEntry, signal: number): KillResult {
    const { name } = entry.settings;
    const pid = pidOf(entry.process);
    this.#activity.log('debug', `sending ${name} (pid ${pid}) sig ${signalName(signal)}`);
    const result = this.#kill(pid, () => this.#host.kill(pid, signal, 'process'));
    if (result.type === 'gone') {
      const text = `unable to signal ${name} (pid ${pid}), it probably just now exited on its own: [Errno 3] No such process`;
      this.#activity.log('debug', text);
    }
    return result;
  }

  #kill(pid: number, kill: () => KillResult): KillResult {
    try {
      return kill();
    } catch (error) {
      this.#activity.exception(`signalling pid ${pid}`, error);
      return { type: 'failed', reason: String(error) };
    }
  }

  #apply(entry: ProcessEntry, input: Input): Input[] {
    const now = this.#host.clock.now();
    const maySpawn = this.#maySpawn();
    const { next, effects } = transition(entry.process, input, entry.settings, now);
    entry.become(next);
    const results: Input[] = [];
    for (const effect of effects) {
      // Somebody who heard of an event may have ended it all.
      if (entry.removed) return [];
      const result = this.#carryOut(entry, effect);
      if (result !== undefined) results.push(result);
    }
    // A deadline that has come already needs no timer. Not after a tick, so that nothing can go in circles.
    const deadline = deadlineOf(next, entry.settings, maySpawn);
    if (input.type !== 'tick' && deadline !== undefined && deadline <= now.instant) {
      results.push({ type: 'tick', maySpawn });
    }
    return results;
  }

  #carryOut(entry: ProcessEntry, effect: Effect): Input | undefined {
    switch (effect.type) {
      case 'log':
        this.#activity.log(effect.level, effect.text);
        return undefined;
      case 'event':
        this.#activity.emit(effect.event);
        return undefined;
      case 'spawn':
        return this.#spawn(entry);
      case 'kill': {
        const { pid, signal, to } = effect;
        const result = this.#kill(pid, () => entry.child.kill(pid, signal, to));
        if (result.type === 'gone') return { type: 'killGone' };
        if (result.type === 'failed') return { type: 'killFailed', reason: result.reason };
        return undefined;
      }
      case 'awaitTree':
        this.#awaitTree(entry);
        return undefined;
      default:
        return effect satisfies never;
    }
  }

  /** What a run of a schedule has written must be found later, whoever looks for it. */
  #noteOutput(entry: ProcessEntry): void {
    const record = entry.occasion;
    if (record === undefined) return;
    const { name } = entry.settings;
    const output = this.#activity.contain(`looking at the output of ${name}`, () => entry.child.output);
    entry.occur({ ...record, isBegun: true, output: output ?? record.output });
  }

  #awaitTree(entry: ProcessEntry): void {
    entry.child.onceTreeGone(() => this.#dispatch(entry, { type: 'treeGone' }));
  }

  #spawn(entry: ProcessEntry): Input {
    try {
      const result = entry.child.spawn(entry.occasion?.occasion);
      if (result.type === 'failed') return { type: 'spawnFailed', reason: result.reason };
      this.#pids.set(result.pid, entry);
      entry.birth = result.birth;
      if (entry.settings.isOutdated) entry.markOutdated(false);
      return { type: 'spawned', pid: result.pid };
    } catch (error) {
      this.#activity.exception(`spawning ${entry.settings.name}`, error);
      const { name } = entry.settings;
      return { type: 'spawnFailed', reason: `unknown error making dispatchers for '${name}': ${error}` };
    }
  }
}
