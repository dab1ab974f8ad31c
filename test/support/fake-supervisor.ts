/**
 * A supervisor that runs nothing: its processes are in the state a test puts them in, and what it was
 * asked is recorded.
 */
import type { GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import type { EpochSeconds } from '../../daemon/host/clock.ts';
import type { ChildHandle, ExitStatus } from '../../daemon/host/host.ts';
import type {
  EndOutcome,
  ProcessGroup,
  ProcessView,
  SignalOutcome,
  StartOutcome,
  StopOutcome,
  SupervisedProcess,
  SupervisorControl,
  UpdateOutcome,
} from '../../daemon/process/control.ts';
import { type ProcessStateName, runningStates, type SupervisorStateName } from '../../rpc/process-states.ts';

export class FakeProcess implements SupervisedProcess {
  readonly settings: ProcessSettings;
  state: ProcessStateName = 'STOPPED';
  pid = 0;
  start = 0;
  stop = 0;
  spawnerr = '';
  exitstatus = 0;
  restarts = 0;
  dropped = 0;
  lastExit: ExitStatus | undefined;
  stdin: string[] = [];
  isStdinClosed = false;
  cleared = 0;
  clearError: Error | undefined;
  logfiles: { stdout: string | undefined; stderr: string | undefined };
  startOutcome: StartOutcome | Promise<StartOutcome> = { type: 'started' };
  stopOutcome: StopOutcome | Promise<StopOutcome> = { type: 'stopped' };
  signalOutcome: SignalOutcome = { type: 'signalled' };

  constructor(settings: ProcessSettings) {
    this.settings = settings;
    this.logfiles = {
      stdout: settings.stdout.logfile.type === 'file' ? settings.stdout.logfile.path : undefined,
      stderr: settings.stderr.logfile.type === 'file' ? settings.stderr.logfile.path : undefined,
    };
  }

  get child(): ChildHandle {
    return {
      logfiles: this.logfiles,
      dropped: this.dropped,
      resolveCommand: () => ({ type: 'found', path: '/bin/cat', argv: ['cat'] }),
      spawn: () => ({ type: 'spawned', pid: 1, birth: { from: 0, to: 0 } }),
      adopt: () => {},
      leave: () => {},
      finish: () => {},
      output: {},
      kill: () => ({ type: 'sent' }),
      onceTreeGone: () => {},
      writeStdin: (bytes) => {
        if (this.isStdinClosed) return 'closed';
        this.stdin.push(Buffer.from(bytes).toString());
        return 'queued';
      },
      stdinTakenUpTo: () => undefined,
      onceStdinDrained: () => {},
      reopenLogs: () => {},
      clearLogs: () => {
        if (this.clearError !== undefined) throw this.clearError;
        this.cleared += 1;
      },
      dispose: () => {},
      takeOver: () => {},
    };
  }

  /** A running one, with a pid. */
  run(pid = 4711): this {
    this.state = 'RUNNING';
    this.pid = pid;
    return this;
  }

  view(): ProcessView {
    return {
      name: this.settings.name,
      group: this.settings.group,
      state: this.state,
      pid: this.pid,
      start: this.start as EpochSeconds,
      stop: this.stop as EpochSeconds,
      spawnerr: this.spawnerr,
      exitstatus: this.exitstatus,
      description: `about ${this.settings.name}`,
      restarts: this.restarts,
      lastExit: this.lastExit,
    };
  }
}

export interface FakeGroup extends ProcessGroup {
  readonly processes: Map<string, FakeProcess>;
}

export class FakeSupervisor implements SupervisorControl {
  state: SupervisorStateName = 'RUNNING';
  readonly groups = new Map<string, FakeGroup>();
  /** Everything asked, such as `start web until running`. */
  readonly asked: string[] = [];
  updateOutcome: UpdateOutcome | Promise<UpdateOutcome> = { type: 'updated', departures: [] };

  constructor(...groups: GroupSettings[]) {
    for (const group of groups) this.addGroup(group);
    this.asked.length = 0;
  }

  /** The process of that name in the group of that name, or in `group`. */
  process(name: string, group = name): FakeProcess {
    const found = this.groups.get(group)?.processes.get(name);
    if (found === undefined) throw new Error(`No process ${group}:${name} in this test`);
    return found;
  }

  groupsByPriority(): readonly FakeGroup[] {
    return [...this.groups.values()].sort((a, b) => a.settings.priority - b.settings.priority);
  }

  async start(process: SupervisedProcess, { until }: { until: string }): Promise<StartOutcome> {
    this.asked.push(`start ${process.settings.name} until ${until}`);
    if (runningStates.has(process.view().state)) return { type: 'already-started' };
    return await this.process(process.settings.name, process.settings.group).startOutcome;
  }

  async awaitEnd(): Promise<EndOutcome> {
    return { type: 'ended', state: 'EXITED' };
  }

  async stop(process: SupervisedProcess, { until }: { until: string }): Promise<StopOutcome> {
    this.asked.push(`stop ${process.settings.name} until ${until}`);
    if (!runningStates.has(process.view().state)) return { type: 'not-running' };
    return await this.process(process.settings.name, process.settings.group).stopOutcome;
  }

  signal(process: SupervisedProcess, signal: number): SignalOutcome {
    this.asked.push(`signal ${process.settings.name} ${signal}`);
    if (process.view().pid === 0) return { type: 'not-running' };
    return this.process(process.settings.name, process.settings.group).signalOutcome;
  }

  addGroup(settings: GroupSettings): void {
    this.asked.push(`add ${settings.name}`);
    const processes = settings.processes.map((process): [string, FakeProcess] => [
      process.name,
      new FakeProcess(process),
    ]);
    this.groups.set(settings.name, { settings, processes: new Map(processes) });
  }

  async updateGroup(settings: GroupSettings): Promise<UpdateOutcome> {
    this.asked.push(`update ${settings.name}`);
    return await this.updateOutcome;
  }

  removeGroup(name: string): 'removed' | 'still-running' {
    this.asked.push(`remove ${name}`);
    for (const process of this.groups.get(name)?.processes.values() ?? []) {
      if (process.pid !== 0) return 'still-running';
    }
    this.groups.delete(name);
    return 'removed';
  }

  addInstance(group: string): FakeProcess[] {
    this.asked.push(`add instance ${group}`);
    return [];
  }

  removeInstance(processes: readonly SupervisedProcess[]): void {
    this.asked.push(`remove instance ${processes.map(({ settings }) => settings.name)}`);
  }

  shutDown(next: 'exit' | 'restart'): void {
    this.asked.push(`shut down, then ${next}`);
    this.state = next === 'exit' ? 'SHUTDOWN' : 'RESTARTING';
  }
}
