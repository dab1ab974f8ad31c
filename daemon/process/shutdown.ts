import { stoppedStates } from '../../rpc/process-states.ts';
import type { GroupEntry, ProcessEntry } from './entry.ts';

/**
 * Stops groups strictly one after another, the last of the start order first: a group gets its stop signals
 * when nothing of the one before it runs any more, and it may be stopped. An empty or stopped group takes no time.
 */
export class Shutdown {
  /** Groups yet to stop, the next one at the end. */
  readonly #groups: GroupEntry[];
  readonly #mayStop: (group: GroupEntry) => boolean;
  readonly #stop: (entry: ProcessEntry) => void;
  #signalled: GroupEntry | undefined;

  /**
   * @param mayStop `false`: not yet; `advance` will be called again
   * @param stop asks a process to stop, or gives it up if it waits for its next start
   */
  constructor(
    inStartOrder: readonly GroupEntry[],
    mayStop: (group: GroupEntry) => boolean,
    stop: (entry: ProcessEntry) => void,
  ) {
    this.#groups = [...inStartOrder];
    this.#mayStop = mayStop;
    this.#stop = stop;
  }

  /** Goes as far as possible; `true`: everything has stopped. */
  advance(): boolean {
    for (;;) {
      const group = this.#groups.at(-1);
      if (group === undefined) return true;
      if (this.#signalled !== group) {
        if (!this.#mayStop(group)) return false;
        this.#signalled = group;
        for (const entry of group.inStopOrder()) this.#stop(entry);
      }
      if (group.unstopped > 0) return false;
      this.#groups.pop();
    }
  }
}

/** The processes outside the stopped states, group by group in the order they were added. */
export function unstoppedProcesses(groups: Iterable<GroupEntry>): ProcessEntry[] {
  const unstopped: ProcessEntry[] = [];
  for (const group of groups) {
    if (group.unstopped === 0) continue;
    for (const entry of group.processes.values()) {
      if (!stoppedStates.has(entry.process.state)) unstopped.push(entry);
    }
  }
  return unstopped;
}
