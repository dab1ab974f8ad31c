/**
 * The one owner of process state. Commands, child exits and deadlines become tasks in one queue; each is
 * worked off completely, with the results of its effects, before the next begins. Nothing re-enters.
 */
import { extraInstance } from '../../conf/extra-instances.ts';
import type { GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import { runningStates, type SupervisorStateName, signallableStates } from '../../rpc/process-states.ts';
import { after } from '../host/clock.ts';
import type { ChildExit, Host } from '../host/host.ts';
import type { ProcessSchedule } from '../schedule/status.ts';
import { Activity, type ActivitySinks } from './activity.ts';
import type {
  EndOutcome,
  SignalOutcome,
  StartOutcome,
  StopOptions,
  StopOutcome,
  SupervisedProcess,
  SupervisorControl,
  UpdateOutcome,
} from './control.ts';
import { Deadlines } from './deadlines.ts';
import { Ending, type EndingSettings } from './ending.ts';
import { type GroupEntry, ProcessEntry } from './entry.ts';
import { GroupUpdates, type UpdateTask } from './group-updates.ts';
import { Groups } from './groups.ts';
import type { Occasion } from './occasion.ts';
import type { EndWaiter, StartWaiter, StopWaiter, Waiter } from './outcomes.ts';
import { isReplacedOnceStopped, noRecorder, type Recovery, type StateRecorder } from './recovery.ts';
import { Runner, type Wake } from './runner.ts';
import { Shutdown } from './shutdown.ts';
import { hasEnded, pidOf } from './state.ts';
import type { Input } from './step.ts';
import { problemSending } from './stopping.ts';
import { Strays } from './strays.ts';
import { WorkQueue } from './work-queue.ts';

/** Seconds between two lines `waiting for <n> to stop`. */
const stopReportSecs = 2;

/** Seconds of work on deadlines after which clients and children get their turn. */
const longestWakeSecs = 0.02;

export interface SupervisorDependencies extends ActivitySinks {
  readonly host: Host;
  /** When to end without having been asked to, and with which status; by default never, and 0. */
  readonly ending?: EndingSettings;
  /** Whether the listeners of a group are still to be told something; by default never. */
  readonly isDelivering?: (group: string) => boolean;
  /** How many events the listeners of a group have yet to handle; by default none. */
  readonly unhandledEvents?: (group: string) => number;
  /** Seconds that a shutdown waits for runs of schedules to end by themselves; by default none. */
  readonly waitForRunsSecs?: number;
  /** Writes down what the next daemon has to know; by default nobody does. */
  readonly recorder?: StateRecorder;
  /** From `RunnerDependencies`; by default nobody is told. */
  readonly adopted?: (process: ProcessSettings) => void;
  /** Asks the schedule of that name for a run, which starts its processes; must not reject. By default there is none. */
  readonly askForRun?: (schedule: string) => Promise<StartOutcome>;
  /** From `GroupsDependencies`; by default nobody knows of any. */
  readonly scheduleOf?: (process: ProcessSettings) => ProcessSchedule | undefined;
  /** Whether processes are to run on when the daemon ends; by default they are stopped. */
  readonly leavesProcesses?: () => boolean;
  /** Called once, when a shutdown or restart has stopped everything. */
  readonly onFinished: (next: 'exit' | 'restart') => void;
}

type Task =
  | { readonly type: 'input'; readonly entry: ProcessEntry; readonly input: Input }
  | {
      readonly type: 'start';
      readonly entry: ProcessEntry;
      readonly waiter: StartWaiter;
      readonly occasion: Occasion | undefined;
    }
  | { readonly type: 'await end'; readonly entry: ProcessEntry; readonly waiter: EndWaiter }
  | {
      readonly type: 'stop';
      readonly entry: ProcessEntry;
      readonly waiter: StopWaiter;
      readonly purpose: StopOptions['purpose'];
    }
  | UpdateTask
  | { readonly type: 'exit'; readonly exit: ChildExit }
  /** All that an earlier daemon has left is known, and these ends of children that nobody saw. */
  | { readonly type: 'recovered'; readonly ended: readonly ChildExit[] }
  | { readonly type: 'shut down' }
  | { readonly type: 'listeners settled' }
  | { readonly type: 'wake' };

const noEnding: EndingSettings = { exit_when_done: false, exit_code_from: undefined };

/** Runs the configured processes of a daemon. */
export class Supervisor implements SupervisorControl {
  readonly #host: Host;
  readonly #activity: Activity;
  readonly #deadlines: Deadlines<Wake>;
  readonly #runner: Runner;
  readonly #queue: WorkQueue<Task>;
  readonly #recorder: StateRecorder;
  readonly #askForRun: (schedule: string) => Promise<StartOutcome>;
  readonly #leavesProcesses: () => boolean;
  readonly #onFinished: (next: 'exit' | 'restart') => void;
  readonly #groups: Groups;
  readonly #updates: GroupUpdates;
  readonly #ending: Ending;
  readonly #strays: Strays;
  readonly #shutdown: Shutdown;
  #state: SupervisorStateName = 'RUNNING';
  /** Another daemon is about to go on. */
  #isLeaving = false;
  #isDisposed = false;

  constructor(dependencies: SupervisorDependencies) {
    const { host } = dependencies;
    this.#host = host;
    this.#activity = new Activity(dependencies);
    this.#onFinished = dependencies.onFinished;
    const recorder = dependencies.recorder ?? noRecorder;
    this.#recorder = recorder;
    this.#askForRun = dependencies.askForRun ?? (async () => ({ type: 'refused', reason: 'no scheduler' }));
    this.#leavesProcesses = dependencies.leavesProcesses ?? (() => false);
    this.#deadlines = new Deadlines(host.clock, () => {
      host.reap();
      this.#dispatch({ type: 'wake' });
    });
    this.#queue = new WorkQueue<Task>(
      (task) => this.#workOff(task),
      () => this.#deadlines.arm(),
    );
    const [activity, deadlines] = [this.#activity, this.#deadlines];
    const isRunning = () => this.#state === 'RUNNING';
    const adopted = dependencies.adopted ?? (() => undefined);
    const ending = new Ending({ settings: dependencies.ending ?? noEnding, mayDecide: isRunning });
    const onMoved = (entry: ProcessEntry) => ending.note(entry);
    const dispatch = (entry: ProcessEntry, input: Input) => this.#dispatch({ type: 'input', entry, input });
    const maySpawn = isRunning;
    const runner = new Runner({ host, activity, deadlines, maySpawn, dispatch, onMoved, recorder, adopted });
    const scheduleOf = dependencies.scheduleOf ?? (() => undefined);
    const groups = new Groups({ host, activity, deadlines, runner, recorder, scheduleOf });
    this.#runner = runner;
    this.#groups = groups;
    this.#ending = ending;
    this.#updates = new GroupUpdates({
      groups,
      runner,
      activity,
      mayUpdate: () => isRunning() && !this.#isLeaving,
      dispatch: (task) => this.#dispatch(task),
      reportStop: (entry) => this.#reportStop(entry),
    });
    this.#shutdown = new Shutdown({
      clock: host.clock,
      activity,
      deadlines,
      groups,
      isDelivering: dependencies.isDelivering ?? (() => false),
      unhandledEvents: dependencies.unhandledEvents ?? (() => 0),
      waitForRunsSecs: dependencies.waitForRunsSecs ?? 0,
      stop: (entry) => runner.handle(entry, { type: 'shutDown' }),
      onStopped: () => this.#finish(),
    });
    this.#strays = new Strays(host, activity);
    host.onExit((exit) => this.#dispatch({ type: 'exit', exit }));
  }

  get state(): SupervisorStateName {
    return this.#state;
  }

  /** Whether this is a shutdown that leaves processes to another daemon. One that a process caused stops the others. */
  get leavesProcesses(): boolean {
    return this.#state === 'SHUTDOWN' && !this.#ending.hasDecided && this.#leavesProcesses();
  }

  /** What the daemon is to exit with, should it end now. */
  get exitStatus(): number {
    return this.#ending.exitStatus;
  }

  get groups(): ReadonlyMap<string, GroupEntry> {
    return this.#groups.byName;
  }

  groupsByPriority(): readonly GroupEntry[] {
    return this.#groups.byPriority();
  }

  /**
   * Begins the daemon's work: activates the groups, goes on with what an earlier daemon has left, announces that
   * the daemon runs, then spawns the autostart processes in start order. A group that cannot be activated is
   * logged and left out.
   */
  startUp(groups: readonly GroupSettings[], recovery?: Recovery): void {
    for (const settings of groups) {
      const { name } = settings;
      if (recovery?.isRemoved(name)) {
        this.#activity.log('info', `group '${name}' had been removed, and is not activated`);
        this.#recorder.groupRemoved(name);
      } else {
        this.#activity.contain(`activating group ${name}`, () => {
          const group = this.#groups.activate(settings);
          for (const number of recovery?.extraInstances(name) ?? []) this.#groups.addInstance(group, number);
        });
      }
    }
    const ended = recovery === undefined ? [] : this.#adopt(recovery);
    if (recovery !== undefined) this.#ending.recover(this.groups.values());
    const strays = recovery?.strays ?? [];
    this.#recorder.begin(this.groups, strays);
    for (const stray of strays) this.#strays.stop(stray);
    this.#activity.emit({ type: 'SUPERVISOR_STATE_CHANGE_RUNNING' });
    this.#dispatch({ type: 'recovered', ended });
    for (const group of this.groupsByPriority()) this.#autostart(group);
  }

  /**
   * @throws {Error} if the name is taken, or if the system refuses what a process needs, such as a log file
   */
  addGroup(settings: GroupSettings): void {
    this.#autostart(this.#groups.activate(settings));
  }

  updateGroup(settings: GroupSettings): Promise<UpdateOutcome> {
    return new Promise((resolve) => this.#dispatch({ type: 'update', request: { settings, resolve } }));
  }

  /** @throws {Error} if no group of that name is active */
  removeGroup(name: string): 'removed' | 'still-running' {
    const group = this.groups.get(name);
    if (group === undefined) throw new Error(`Cannot remove group "${name}": it is not active`);
    if (group.unstopped > 0) return 'still-running';
    this.#groups.delete(name);
    // The requests that wait for the update find no group any more.
    this.#updates.abandon(group, { type: 'not-active' });
    for (const entry of group.processes.values()) this.#groups.retire(entry);
    this.#deadlines.arm();
    this.#activity.emit({ type: 'PROCESS_GROUP_REMOVED', groupname: name });
    return 'removed';
  }

  addInstance(name: string): readonly ProcessEntry[] | undefined {
    const group = this.groups.get(name);
    if (group === undefined || group.update !== undefined || this.#state !== 'RUNNING') return undefined;
    const isTaken = (number: number) =>
      extraInstance(group.settings, number).some((process) => group.processes.has(process.name));
    let number = 1;
    while (isTaken(number)) number += 1;
    return this.#groups.addInstance(group, number);
  }

  removeInstance(processes: readonly SupervisedProcess[]): void {
    for (const process of processes) {
      const entry = activeEntry(process);
      if (entry !== undefined && hasEnded(entry.process)) this.#groups.remove(entry);
    }
    this.#deadlines.arm();
  }

  start(
    process: SupervisedProcess,
    { until, occasion }: { readonly until: 'running' | 'spawned'; readonly occasion?: Occasion | undefined },
  ): Promise<StartOutcome> {
    return new Promise((resolve) => {
      const entry = activeEntry(process);
      const waiter = { command: 'start', until, resolve } as const;
      if (entry === undefined) resolve({ type: 'abnormal-termination' });
      else this.#dispatch({ type: 'start', entry, waiter, occasion });
    });
  }

  awaitEnd(process: SupervisedProcess): Promise<EndOutcome> {
    return new Promise((resolve) => {
      const entry = activeEntry(process);
      if (entry === undefined) resolve({ type: 'removed' });
      else this.#dispatch({ type: 'await end', entry, waiter: { command: 'await end', resolve } });
    });
  }

  stop(process: SupervisedProcess, { until, purpose }: StopOptions): Promise<StopOutcome> {
    return new Promise((resolve) => {
      const entry = activeEntry(process);
      const waiter = { command: 'stop', until, resolve } as const;
      if (entry === undefined) resolve({ type: 'not-running' });
      else this.#dispatch({ type: 'stop', entry, waiter, purpose });
    });
  }

  signal(process: SupervisedProcess, signal: number): SignalOutcome {
    const entry = activeEntry(process);
    if (entry === undefined || !signallableStates.has(entry.process.state)) return { type: 'not-running' };
    // Asked for from within its own spawn: there is no pid yet, and to signal pid 0 is to signal ourselves.
    if (pidOf(entry.process) === 0) return { type: 'not-running' };
    const result = this.#runner.signal(entry, signal);
    if (result.type === 'failed') {
      this.#dispatch({ type: 'input', entry, input: { type: 'signalFailed', reason: result.reason } });
      const reason = problemSending(entry.settings.name, pidOf(entry.process), result.reason);
      return { type: 'failed', reason };
    }
    return { type: 'signalled' };
  }

  shutDown(next: 'exit' | 'restart'): void {
    if (this.#state === 'RUNNING') {
      this.#state = next === 'exit' ? 'SHUTDOWN' : 'RESTARTING';
      this.#dispatch({ type: 'shut down' });
    } else if (next === 'exit') {
      this.#state = 'SHUTDOWN';
    }
  }

  /** The listeners of some group have nothing left to be told; shutdown may have waited for that. */
  listenersSettled(): void {
    if (this.#shutdown.isUnderWay) this.#dispatch({ type: 'listeners settled' });
  }

  /** Lets go of every child handle and of the clock. Children that still live go on without us. */
  [Symbol.dispose](): void {
    this.#letGo((entry) => this.#runner.dispose(entry));
    // Only now: an update that waited for this one is refused.
    for (const group of this.groups.values()) this.#updates.abandon(group, { type: 'shutting-down' });
  }

  /** From now on nobody waits for what becomes of a process: another daemon will see it. */
  prepareToLeave(): void {
    this.#isLeaving = true;
    for (const group of this.groups.values()) {
      for (const entry of group.processes.values()) entry.leaveWaiters();
    }
  }

  /**
   * Lets go of every child handle and of the clock, for another daemon that will go on with the processes. Only
   * after `shutDown` has come to nothing else, or instead of it.
   */
  leave(): void {
    this.#letGo((entry) => this.#runner.leave(entry));
  }

  #letGo(part: (entry: ProcessEntry) => void): void {
    this.#isDisposed = true;
    this.#deadlines.clear();
    this.#strays[Symbol.dispose]();
    for (const group of this.groups.values()) {
      for (const entry of group.processes.values()) {
        entry.removed = true;
        part(entry);
      }
    }
  }

  /** @returns the ends of children that nobody saw */
  #adopt(recovery: Recovery): ChildExit[] {
    const ended: ChildExit[] = [];
    for (const group of this.groups.values()) {
      for (const entry of group.processes.values()) {
        const recovered = recovery.find(group.settings.name, entry.settings.name);
        const exit = recovered && this.#runner.adopt(entry, recovered);
        if (exit !== undefined) ended.push(exit);
        if (isReplacedOnceStopped(entry.process)) this.#autostartOnceStopped(entry);
      }
    }
    return ended;
  }

  /** In configuration order: within a group, priority only orders what is asked for over RPC. */
  #autostart(group: GroupEntry): void {
    for (const entry of group.processes.values()) this.#dispatch({ type: 'autostart', entry });
  }

  #autostartOnceStopped(entry: ProcessEntry): void {
    const resolve = () => this.#dispatch({ type: 'autostart', entry });
    entry.await({ command: 'stop', until: 'stopped', resolve });
  }

  #dispatch(task: Task): void {
    if (this.#isDisposed) refuse(task);
    else this.#queue.dispatch(task);
  }

  #workOff(task: Task): void {
    if (this.#isDisposed) {
      refuse(task);
      return;
    }
    switch (task.type) {
      case 'input':
        this.#runner.handle(task.entry, task.input);
        break;
      case 'autostart':
        if (this.#state === 'RUNNING') this.#runner.handle(task.entry, { type: 'autostart' });
        break;
      case 'start':
        this.#start(task);
        break;
      case 'await end':
        if (task.entry.removed) task.waiter.resolve({ type: 'removed' });
        else this.#await(task.entry, task.waiter);
        break;
      case 'stop':
        this.#stop(task);
        break;
      case 'update':
        this.#updates.begin(task.request);
        break;
      case 'advance update':
        this.#updates.advance(task.update);
        break;
      case 'exit':
        this.#runner.reaped(task.exit);
        break;
      case 'recovered':
        this.#beginAfter(task.ended);
        break;
      case 'shut down':
        this.#beginShutdown();
        break;
      case 'wake':
        this.#wake();
        break;
      case 'listeners settled':
        break;
      default:
        task satisfies never;
    }
    this.#endByItself();
    this.#shutdown.advance();
  }

  /** The ends that nobody saw come before any signal is sent: those pids may be others' by now. */
  #beginAfter(ended: readonly ChildExit[]): void {
    // Before anything is started that would only have to be stopped.
    this.#endByItself();
    for (const exit of ended) this.#runner.reaped(exit);
  }

  /** Shuts down, if what processes did asks for it. */
  #endByItself(): void {
    const reason = this.#ending.decide(this.groups.values());
    if (reason === undefined) return;
    this.#activity.log('info', `shutting down: ${reason}`);
    this.shutDown('exit');
  }

  #start({ entry, waiter, occasion }: Extract<Task, { type: 'start' }>): void {
    const refusal = this.#refusalToStart(entry, occasion);
    if (refusal !== undefined) {
      waiter.resolve(refusal);
      return;
    }
    const { settings } = entry.group;
    if (settings.type === 'schedule' && occasion === undefined) {
      const asked = this.#activity.contain(`asking for a run of ${settings.name}`, () =>
        this.#askForRun(settings.name),
      );
      if (asked === undefined) waiter.resolve({ type: 'spawn-error' });
      else void asked.then(waiter.resolve);
      return;
    }
    this.#runner.occur(entry, occasion);
    this.#runner.handle(entry, { type: 'start' });
    this.#await(entry, waiter);
  }

  #refusalToStart(entry: ProcessEntry, occasion: Occasion | undefined): StartOutcome | undefined {
    if (entry.removed || entry.isLeaving || this.#state !== 'RUNNING') {
      return { type: 'abnormal-termination' };
    }
    const { name } = entry.settings;
    // Nobody waits for what a schedule starts: that it cannot be started is to be seen by its state.
    if (occasion === undefined) {
      const resolve = () => entry.child.resolveCommand();
      const resolution = this.#activity.contain(`resolving the command of ${name}`, resolve);
      if (resolution === undefined) return { type: 'spawn-error' };
      // First of all, as in supervisord: a bad command is told even of a process that runs.
      if (resolution.type !== 'found') return resolution;
    }
    const { state } = entry.process;
    if (runningStates.has(state)) return { type: 'already-started' };
    if (state === 'UNKNOWN') return { type: 'unknown-state' };
    if (state !== 'STOPPING') return undefined;
    this.#activity.log('warn', `process '${name}' already running`);
    return { type: 'already-started' };
  }

  #stop({ entry, waiter, purpose }: Extract<Task, { readonly type: 'stop' }>): void {
    if (entry.removed || !runningStates.has(entry.process.state)) {
      waiter.resolve({ type: 'not-running' });
      return;
    }
    this.#runner.handle(entry, { type: 'stop', purpose });
    this.#await(entry, waiter);
    this.#reportStop(entry);
  }

  #await(entry: ProcessEntry, waiter: Waiter): void {
    entry.await(waiter);
    if (this.#isLeaving) entry.leaveWaiters();
  }

  #reportStop(entry: ProcessEntry): void {
    if (!entry.isAwaitedToStop) return;
    this.#activity.log('info', `waiting for ${entry.settings.name} to stop`);
    this.#deadlines.set(entry.stopReport, after(this.#host.clock.now().instant, stopReportSecs));
  }

  #beginShutdown(): void {
    this.#activity.emit({ type: 'SUPERVISOR_STATE_CHANGE_STOPPING' });
    if (this.leavesProcesses) {
      this.#finish();
      return;
    }
    this.#recorder.stopping();
    // Nobody waits any more for the next attempt of a process in BACKOFF.
    for (const group of this.groups.values()) {
      for (const entry of group.processes.values()) this.#runner.updateDeadline(entry);
    }
    this.#shutdown.begin();
  }

  #finish(): void {
    const next = this.#state === 'RESTARTING' ? 'restart' : 'exit';
    this.#activity.contain(`finishing to ${next}`, () => this.#onFinished(next));
  }

  #wake(): void {
    const { instant } = this.#host.clock.now();
    const maySpawn = this.#state === 'RUNNING';
    // What a deadline leads to is never due again by the same moment, so this comes to an end.
    for (let due = this.#deadlines.takeDue(instant); due; due = this.#deadlines.takeDue(instant)) {
      if (due.type === 'tick') this.#runner.handle(due.entry, { type: 'tick', maySpawn });
      else if (due.type === 'stop report') this.#reportStop(due.entry);
      // The others, for the last deliveries and runs, ask for nothing: shutdown goes on after every task.
      else if (due.type === 'shutdown report') this.#shutdown.report();
      // The rest has come too, so the timer is set to a moment in the past: the event loop's next turn.
      if (this.#host.clock.now().instant - instant > longestWakeSecs) return;
    }
  }
}

/** After the end, nothing is done any more; but nobody waits for ever. */
function refuse(task: Task): void {
  if (task.type === 'start') task.waiter.resolve({ type: 'abnormal-termination' });
  else if (task.type === 'stop') task.waiter.resolve({ type: 'not-running' });
  else if (task.type === 'await end') task.waiter.resolve({ type: 'removed' });
  else if (task.type === 'update') task.request.resolve({ type: 'shutting-down' });
}

/** The entry behind what a caller holds, unless its group is no longer active. */
function activeEntry(process: SupervisedProcess): ProcessEntry | undefined {
  return process instanceof ProcessEntry && !process.removed ? process : undefined;
}
