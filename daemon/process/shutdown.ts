import { stoppedStates } from '../../rpc/process-states.ts';
import { after, type Clock, type Instant } from '../host/clock.ts';
import type { Activity } from './activity.ts';
import type { Deadlines } from './deadlines.ts';
import type { GroupEntry, ProcessEntry } from './entry.ts';
import type { Groups } from './groups.ts';
import type { Wake } from './runner.ts';

/** Seconds between two lines `waiting for <n1>, <n2> to die`. */
const reportSecs = 3;

/**
 * Seconds that listeners get to be told of what has been stopped. supervisord stops one group a second, so its
 * listeners have about as long.
 */
const lastDeliveriesSecs = 1;

const reportWake = { type: 'shutdown report' } as const;
const lastDeliveriesWake = { type: 'last deliveries' } as const;
const lastRunsWake = { type: 'last runs' } as const;

export interface ShutdownDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly deadlines: Deadlines<Wake>;
  readonly groups: Groups;
  /** Whether the listeners of a group are still to be told something. */
  readonly isDelivering: (group: string) => boolean;
  /** How many events the listeners of a group have yet to handle, whether they can or not. */
  readonly unhandledEvents: (group: string) => number;
  /** Seconds that runs of schedules get to end by themselves. */
  readonly waitForRunsSecs: number;
  /** Asks a process to stop, or gives it up if it waits for its next start. */
  readonly stop: (entry: ProcessEntry) => void;
  /** Called once, when everything has stopped. */
  readonly onStopped: () => void;
}

/**
 * Stops groups strictly one after another, the last of the start order first: a group gets its stop signals
 * when nothing of the one before it runs any more. An empty or stopped group takes no time.
 */
export class Shutdown {
  readonly #dependencies: ShutdownDependencies;
  /** Groups yet to stop, the next one at the end; `undefined`: no shutdown is under way. */
  #groups: GroupEntry[] | undefined;
  #signalled: GroupEntry | undefined;
  /** When the pool whose turn it is to stop is stopped whatever it is still to deliver. */
  #deliveriesUntil: Instant | undefined;
  /** When runs of schedules are stopped. */
  #runsUntil: Instant | undefined;

  constructor(dependencies: ShutdownDependencies) {
    this.#dependencies = dependencies;
  }

  get isUnderWay(): boolean {
    return this.#groups !== undefined;
  }

  /** Stops what comes first. From now on {@link advance} is to be called after whatever happens. */
  begin(): void {
    const { clock, groups, waitForRunsSecs } = this.#dependencies;
    this.#groups = [...groups.byPriority()];
    this.#runsUntil = after(clock.now().instant, waitForRunsSecs);
    this.#stopGroups(this.#groups);
    this.report();
  }

  /** Goes as far as possible. */
  advance(): void {
    if (this.#groups === undefined || this.#stopGroups(this.#groups) !== 'stopped') return;
    this.#groups = undefined;
    this.#dependencies.deadlines.set(reportWake, undefined);
    this.#dependencies.onStopped();
  }

  /** Says what still lives, and sets when to say so again. */
  report(): void {
    const { activity, clock, deadlines, groups } = this.#dependencies;
    const unstopped = unstoppedProcesses(groups.byName.values());
    if (unstopped.length === 0) return;
    const names = unstopped.map((entry) => entry.settings.name);
    activity.log('info', `waiting for ${names.join(', ')} to die`);
    for (const entry of unstopped) {
      activity.log('blather', `${entry.settings.name} state: ${entry.process.state}`);
    }
    deadlines.set(reportWake, after(clock.now().instant, reportSecs));
  }

  #stopGroups(groups: GroupEntry[]): 'stopped' | 'waiting' {
    if (this.#isWaitingForRuns(groups)) return 'waiting';
    for (;;) {
      const group = groups.at(-1);
      if (group === undefined) return 'stopped';
      if (this.#signalled !== group) {
        if (!this.#mayStop(group)) return 'waiting';
        this.#signalled = group;
        for (const entry of group.inStopOrder()) this.#dependencies.stop(entry);
      }
      if (group.unstopped > 0) return 'waiting';
      groups.pop();
    }
  }

  /** Runs of schedules come to their end if they do so in time; what they need runs on meanwhile. */
  #isWaitingForRuns(groups: readonly GroupEntry[]): boolean {
    if (this.#runsUntil === undefined) return false;
    const { clock, deadlines } = this.#dependencies;
    const areRuns = groups.some(({ settings, unstopped }) => settings.type === 'schedule' && unstopped > 0);
    if (areRuns && clock.now().instant < this.#runsUntil) {
      deadlines.set(lastRunsWake, this.#runsUntil);
      return true;
    }
    this.#runsUntil = undefined;
    deadlines.set(lastRunsWake, undefined);
    return false;
  }

  /** Listeners are stopped when they know what became of the others, or have had the time to. */
  #mayStop({ settings: { name } }: GroupEntry): boolean {
    const { activity, clock, deadlines, isDelivering, unhandledEvents } = this.#dependencies;
    const look = <T>(at: (group: string) => T) => activity.contain(`looking at pool ${name}`, () => at(name));
    const { instant } = clock.now();
    if (look(isDelivering)) {
      this.#deliveriesUntil ??= after(instant, lastDeliveriesSecs);
      deadlines.set(lastDeliveriesWake, this.#deliveriesUntil);
      if (instant < this.#deliveriesUntil) return false;
      activity.log('info', `pool ${name} has not handled all events in time, and is stopped`);
    } else {
      this.#tellDiscarded(name, look(unhandledEvents) ?? 0);
    }
    this.#deliveriesUntil = undefined;
    deadlines.set(lastDeliveriesWake, undefined);
    return true;
  }

  /** Nothing of a pool outlives the daemon, and there is nobody to tell the rest. */
  #tellDiscarded(pool: string, events: number): void {
    if (events === 0) return;
    const text = `pool ${pool} has no listener to tell, discarding ${events} events that nobody has handled`;
    this.#dependencies.activity.log('info', text);
  }
}

/** The processes outside the stopped states, group by group in the order they were added. */
function unstoppedProcesses(groups: Iterable<GroupEntry>): ProcessEntry[] {
  const unstopped: ProcessEntry[] = [];
  for (const group of groups) {
    if (group.unstopped === 0) continue;
    for (const entry of group.processes.values()) {
      if (!stoppedStates.has(entry.process.state)) unstopped.push(entry);
    }
  }
  return unstopped;
}
