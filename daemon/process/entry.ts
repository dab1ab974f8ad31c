/** The changing side of processes and groups. Only the supervisor holds these by their own types. */
import type { GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import { stoppedStates } from '../../rpc/process-states.ts';
import type { Birth } from '../host/birth.ts';
import type { Clock } from '../host/clock.ts';
import type { ChildHandle } from '../host/host.ts';
import type { ProcessSchedule } from '../schedule/status.ts';
import type { ProcessGroup, ProcessView, SupervisedProcess } from './control.ts';
import { describe } from './description.ts';
import type { GroupUpdate } from './group-update.ts';
import type { OccasionRecord } from './occasion.ts';
import { settle, type Waiter } from './outcomes.ts';
import { newProcess, type Process, pidOf } from './state.ts';

const nobody: readonly Waiter[] = [];

/** What the processes of a group share. */
export interface EntrySurroundings {
  readonly group: GroupEntry;
  readonly clock: Clock;
  /** Where the schedule stands that starts a process; `undefined`: none does. */
  readonly scheduleOf: (process: ProcessSettings) => ProcessSchedule | undefined;
}

/** A process of an active group, and those who wait for it. */
export class ProcessEntry implements SupervisedProcess {
  readonly child: ChildHandle;
  readonly group: GroupEntry;
  /** Its group is no longer active; whatever was still on the way to it means nothing now. */
  removed = false;
  /** It is about to make room for another: nobody starts it any more. */
  isLeaving = false;
  /** Of the child, while there is one. */
  birth: Birth | undefined;
  /** What the supervisor can be woken up for on its account. */
  readonly tick = { type: 'tick', entry: this } as const;
  readonly stopReport = { type: 'stop report', entry: this } as const;
  readonly #surroundings: EntrySurroundings;
  #settings: ProcessSettings;
  #process: Process = newProcess;
  #waiters: readonly Waiter[] = nobody;
  #occasion: OccasionRecord | undefined;

  constructor(settings: ProcessSettings, child: ChildHandle, surroundings: EntrySurroundings) {
    this.#settings = settings;
    this.child = child;
    this.group = surroundings.group;
    this.#surroundings = surroundings;
  }

  get settings(): ProcessSettings {
    return this.#settings;
  }

  /** Takes over settings that need no other child: see `unchangedProcesses`. */
  reconfigure(settings: ProcessSettings): void {
    this.#settings = settings;
  }

  /** Its child has, or has not any more, been started with other settings than these. */
  markOutdated(isOutdated: boolean): void {
    const { isOutdated: _, ...settings } = this.#settings;
    this.#settings = isOutdated ? { ...settings, isOutdated } : settings;
    this.group.refresh();
  }

  get process(): Process {
    return this.#process;
  }

  get occasion(): OccasionRecord | undefined {
    return this.#occasion;
  }

  /** It is about to be started, on an occasion or on none; or was by an earlier daemon. */
  occur(record: OccasionRecord | undefined): void {
    this.#occasion = record;
  }

  /** Replaces the state; the group keeps count of those that are not stopped. */
  become(next: Process): void {
    this.group.unstopped += unstopped(next) - unstopped(this.#process);
    this.#process = next;
  }

  /** Adds somebody to those who wait, unless the outcome is there already. */
  await(waiter: Waiter): void {
    if (!settle(waiter, this.#process)) this.#waiters = [...this.#waiters, waiter];
  }

  /** Tells those who wait what the present state means to them. */
  settleWaiters(): void {
    if (this.#waiters.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !settle(waiter, this.#process));
  }

  /** It is no longer in an active group: nobody will learn here how its child ends. */
  dropWaiters(): void {
    for (const waiter of this.#waiters)
      if (waiter.command === 'await end') waiter.resolve({ type: 'removed' });
    this.#waiters = nobody;
  }

  /** Tells those who wait that it is another daemon which will see the outcome. */
  leaveWaiters(): void {
    for (const waiter of this.#waiters) waiter.resolve({ type: 'left' });
    this.#waiters = nobody;
  }

  /** Whether a client waits for the process to stop. */
  get isAwaitedToStop(): boolean {
    return this.#waiters.some((waiter) => waiter.command === 'stop');
  }

  view(): ProcessView {
    const process = this.#process;
    const { history } = process;
    const { clock, scheduleOf } = this.#surroundings;
    const schedule = scheduleOf(this.settings);
    return {
      name: this.settings.name,
      group: this.settings.group,
      state: process.state,
      pid: pidOf(process),
      start: history.start,
      stop: history.stop,
      spawnerr: history.spawnerr,
      exitstatus: history.exitstatus ?? 0,
      description: describe(this.settings.name, process, clock.now().epoch, schedule),
      restarts: history.restarts,
      lastExit: history.lastExit,
      schedule: schedule?.status,
    };
  }
}

function unstopped(process: Process): 0 | 1 {
  return stoppedStates.has(process.state) ? 0 : 1;
}

/** An active group. */
export class GroupEntry implements ProcessGroup {
  readonly processes = new Map<string, ProcessEntry>();
  /** Processes outside the stopped states. */
  unstopped = 0;
  /** The change that it is going through. */
  update: GroupUpdate | undefined;
  #settings: GroupSettings;
  /** What they say of processes is out of date. */
  #isStale = false;

  constructor(settings: GroupSettings) {
    this.#settings = settings;
  }

  /** What the configuration says of it, hence without extra instances. */
  get settings(): GroupSettings {
    if (this.#isStale) {
      this.#isStale = false;
      const processes = Array.from(this.processes.values(), ({ settings }) => settings);
      const configured = processes.filter(({ extraInstance }) => extraInstance === undefined);
      this.#settings = { ...this.#settings, processes: configured };
    }
    return this.#settings;
  }

  /** Replaces settings and members. The settings say of each process what it runs with, old or new. */
  become(settings: GroupSettings, members: readonly ProcessEntry[]): void {
    this.#settings = settings;
    this.processes.clear();
    for (const member of members) this.processes.set(member.settings.name, member);
    this.refresh();
  }

  /** The settings of a member have changed. The next who asks sees it: thousands may change, one by one. */
  refresh(): void {
    this.#isStale = true;
  }

  /** The processes in the order shutdown stops them: highest priority number first, of equals the last. */
  inStopOrder(): readonly ProcessEntry[] {
    return [...this.processes.values()]
      .sort((one, other) => one.settings.priority - other.settings.priority)
      .reverse();
  }
}
