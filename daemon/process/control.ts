/**
 * What the rest of the daemon (RPC methods, signals, start-up) may ask of the supervisor. Nobody else
 * changes the state of a process.
 */
import type { GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import type { ProcessStateName, SupervisorStateName } from '../../rpc/process-states.ts';
import type { EpochSeconds } from '../host/clock.ts';
import type { ChildHandle, ExitStatus } from '../host/host.ts';
import type { ScheduleStatus } from '../schedule/status.ts';
import type { Occasion, OccasionRecord } from './occasion.ts';

/** A process at one moment, with the values clients are told. */
export interface ProcessView {
  readonly name: string;
  readonly group: string;
  readonly state: ProcessStateName;
  /** 0: no child. */
  readonly pid: number;
  /** Last spawn attempt; 0: never. */
  readonly start: EpochSeconds;
  /** Last reap; 0: never. */
  readonly stop: EpochSeconds;
  /** Empty: none. */
  readonly spawnerr: string;
  /** Last exit code; −1 for a death by signal; 0 when running, never run, or after a too-quick exit. */
  readonly exitstatus: number;
  /** As `supervisorctl status` shows it. */
  readonly description: string;
  /** Spawns that followed an end nobody asked for, since the group was added. */
  readonly restarts: number;
  /** How the last child ended, quick exits included. */
  readonly lastExit: ExitStatus | undefined;
  /** Of the schedule that starts it; `undefined`: none does. */
  readonly schedule?: ScheduleStatus | undefined;
}

/** A configured process of an active group. */
export interface SupervisedProcess {
  readonly settings: ProcessSettings;
  readonly child: ChildHandle;
  /** Of the last start; `undefined`: it was for its own sake. */
  readonly occasion?: OccasionRecord | undefined;
  view(): ProcessView;
}

/** An active group. */
export interface ProcessGroup {
  /** An update replaces them, and what is in `processes`: both are to be read when they are needed. */
  readonly settings: GroupSettings;
  /** By process name, in configuration order; after them those of extra instances, which are not in `settings`. */
  readonly processes: ReadonlyMap<string, SupervisedProcess>;
}

/** The daemon makes room for another version before the outcome is there. */
export interface LeftToNextDaemon {
  readonly type: 'left';
}

export type StartOutcome =
  | { readonly type: 'started' }
  | LeftToNextDaemon
  | { readonly type: 'no-file' | 'not-executable'; readonly reason: string }
  /** It is for its schedule to start it, which does not. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'already-started' | 'unknown-state' | 'spawn-error' | 'abnormal-termination' };

export type StopOutcome =
  | { readonly type: 'stopped' }
  | LeftToNextDaemon
  | { readonly type: 'not-running' }
  | { readonly type: 'failed'; readonly reason: string };

/** What has become of a process when it has no child any more, and none will come by itself. */
export type EndOutcome =
  | { readonly type: 'ended'; readonly state: 'STOPPED' | 'EXITED' | 'FATAL' }
  | LeftToNextDaemon
  /** Its group is not active any more. */
  | { readonly type: 'removed' };

export type SignalOutcome =
  | { readonly type: 'signalled' }
  | { readonly type: 'not-running' }
  | { readonly type: 'failed'; readonly reason: string };

/** A process that was to leave its group, and what became of it. */
export interface Departure {
  readonly process: SupervisedProcess;
  /** Why it could not be stopped; it stays in the group as it was. `undefined`: it has left. */
  readonly problem: string | undefined;
}

export type UpdateOutcome =
  | { readonly type: 'updated'; readonly departures: readonly Departure[] }
  /** No such group was active, or it was removed meanwhile. */
  | { readonly type: 'not-active' }
  /** The daemon ends, or began to meanwhile. */
  | { readonly type: 'shutting-down' }
  /** The system refuses what a process needs. Nothing was stopped. */
  | { readonly type: 'failed'; readonly reason: string };

/** How a process is to be stopped, and when that counts as done. */
export interface StopOptions {
  readonly until: 'stopped' | 'signalled';
  readonly purpose?: 'restart';
}

export interface SupervisorControl {
  readonly state: SupervisorStateName;
  /** Active groups by name, in the order they were added. */
  readonly groups: ReadonlyMap<string, ProcessGroup>;
  /** The same in start order: ascending by priority, equal ones in the order they were added. */
  groupsByPriority(): readonly ProcessGroup[];
  /**
   * Starts a process as `startProcess` does. `until: 'running'` resolves when it has reached RUNNING or
   * failed to; `spawned` resolves at once.
   *
   * @param options.occasion that it is started on. A process of a schedule that is started on none is asked of
   *   its schedule, as a run.
   */
  start(
    process: SupervisedProcess,
    options: { readonly until: 'running' | 'spawned'; readonly occasion?: Occasion | undefined },
  ): Promise<StartOutcome>;
  /** Resolves when a process has ended. Asked for right after {@link start}, it is the end of that child. */
  awaitEnd(process: SupervisedProcess): Promise<EndOutcome>;
  /**
   * Stops a process as `stopProcess` does. For `restart` it is as if it had never been started when it has stopped: if
   * this daemon cannot start it any more, the next one does, if it has `autostart`.
   */
  stop(process: SupervisedProcess, options: StopOptions): Promise<StopOutcome>;
  /** Signals the child itself, never its process group. */
  signal(process: SupervisedProcess, signal: number): SignalOutcome;
  /** Activates a group; its autostart processes start at once. The name must be free. */
  addGroup(settings: GroupSettings): void;
  /**
   * Brings the active group of that name in line with `settings`. Processes that are the same in both, but for
   * their order and priority, stay as they are, running or not. The others are stopped, all of them, before any
   * takes the place of another; the autostart processes among the new ones then start. One update of a group
   * follows another.
   */
  updateGroup(settings: GroupSettings): Promise<UpdateOutcome>;
  /** Deactivates a group whose processes are all in a stopped state. */
  removeGroup(name: string): 'removed' | 'still-running';
  /**
   * Makes processes for one more run of a schedule than it has processes for.
   *
   * @returns `undefined`: not now, as the group changes or the daemon shuts down
   * @throws {Error} the system refuses what they need
   */
  addInstance(group: string): readonly SupervisedProcess[] | undefined;
  /** Takes leave of processes of {@link addInstance} that have ended. Those that have left already are left alone. */
  removeInstance(processes: readonly SupervisedProcess[]): void;
  /**
   * Enters SHUTDOWN or RESTARTING and stops everything, group after group in shutdown order. Nothing is
   * spawned any more. `exit` overrides an earlier `restart`, never the other way round.
   */
  shutDown(next: 'exit' | 'restart'): void;
}
