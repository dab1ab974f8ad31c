/**
 * The change of an active group from its settings to others. What differs is exchanged in one go, when all that
 * has to leave is down: until then a new process might want the port that an old one still has.
 */
import { unchangedProcesses } from '../../conf/diff.ts';
import { byExtraInstance, extraInstance } from '../../conf/extra-instances.ts';
import type { GroupSettings, ProcessSettings } from '../../conf/settings.ts';
import { stoppedStates } from '../../rpc/process-states.ts';
import type { Departure, UpdateOutcome } from './control.ts';
import type { GroupEntry, ProcessEntry } from './entry.ts';

/** Somebody who wants a group to be as `settings` say. */
export interface UpdateRequest {
  readonly settings: GroupSettings;
  readonly resolve: (outcome: UpdateOutcome) => void;
}

/** What {@link GroupUpdate.exchange} has done. */
export interface Exchange {
  readonly departed: readonly ProcessEntry[];
  readonly arrived: readonly ProcessEntry[];
  /** Prepared, but the process that was to make room is still there. */
  readonly unused: readonly ProcessEntry[];
  readonly departures: readonly Departure[];
}

export class GroupUpdate {
  readonly group: GroupEntry;
  readonly request: UpdateRequest;
  /** What was asked for meanwhile: for later. */
  readonly followers: UpdateRequest[] = [];
  /** Processes of extra instances that no change is for. They may end meanwhile, and be gone. */
  readonly #extra: readonly ProcessSettings[];
  readonly #leaving: readonly ProcessEntry[];
  readonly #arriving: ReadonlyMap<string, ProcessEntry>;

  /**
   * @param prepare makes entries for processes of the group: of all, or it throws
   * @throws what `prepare` does; then nothing has changed
   */
  constructor(
    group: GroupEntry,
    request: UpdateRequest,
    prepare: (processes: readonly ProcessSettings[]) => ReadonlyMap<string, ProcessEntry>,
  ) {
    const { settings } = request;
    const present = Array.from(group.processes.values(), (entry) => entry.settings);
    const numbers = [...byExtraInstance(group.processes.values()).keys()];
    const extra = numbers.flatMap((number) => extraInstance(settings, number));
    const staying = unchangedProcesses(
      { ...group.settings, processes: present },
      { ...settings, processes: [...settings.processes, ...extra] },
    );
    this.group = group;
    this.request = request;
    this.#extra = extra.filter(({ name }) => staying.has(name));
    this.#arriving = prepare(settings.processes.filter(({ name }) => !staying.has(name)));
    this.#leaving = group.inStopOrder().filter((entry) => !staying.has(entry.settings.name));
    for (const entry of this.#leaving) entry.isLeaving = true;
  }

  /** Those that have to be down before {@link exchange}, in the order in which to stop them. */
  unstopped(): readonly ProcessEntry[] {
    return this.#leaving.filter((entry) => !stoppedStates.has(entry.process.state));
  }

  /**
   * Takes over the new settings, with the processes that go with them. One whose child is out of reach stays,
   * so that there are never two.
   */
  exchange(): Exchange {
    const { group, request } = this;
    const departures = this.#leaving.map((process) => ({ process, problem: problemOf(process) }));
    const stuck = new Map(
      departures
        .filter(({ problem }) => problem !== undefined)
        .map(({ process }) => [process.settings.name, process]),
    );
    const members = new Set<ProcessEntry>();
    for (const settings of [...request.settings.processes, ...this.#extra]) {
      const { name } = settings;
      const other = stuck.get(name) ?? this.#arriving.get(name);
      const member = other ?? group.processes.get(name);
      if (member === undefined) continue;
      if (member !== other) member.reconfigure(settings);
      members.add(member);
    }
    for (const entry of stuck.values()) members.add(entry);
    group.become(request.settings, [...members]);
    this.#release();
    const arriving = [...this.#arriving.values()];
    return {
      departed: this.#leaving.filter((entry) => !members.has(entry) && !entry.removed),
      arrived: arriving.filter((entry) => members.has(entry)),
      unused: arriving.filter((entry) => !members.has(entry)),
      departures,
    };
  }

  /** Leaves the group as it is; returns the entries that are not needed after all. */
  abandon(): readonly ProcessEntry[] {
    this.#release();
    return [...this.#arriving.values()];
  }

  #release(): void {
    for (const entry of this.#leaving) entry.isLeaving = false;
  }
}

/** Of the stopped states, only UNKNOWN has a child. */
function problemOf({ process }: ProcessEntry): string | undefined {
  return process.state === 'UNKNOWN' ? process.problem : undefined;
}
