/**
 * Carries out changes of active groups: each stops what has to leave, waits until that is down, and lets the
 * others in. One change of a group follows another.
 */
import { isSameGroup } from '../../conf/diff.ts';
import type { Activity } from './activity.ts';
import type { UpdateOutcome } from './control.ts';
import type { GroupEntry, ProcessEntry } from './entry.ts';
import { GroupUpdate, type UpdateRequest } from './group-update.ts';
import type { Groups } from './groups.ts';
import type { Runner } from './runner.ts';

/** What is left to do on account of an update, once the present task is done. */
export type UpdateTask =
  | { readonly type: 'autostart'; readonly entry: ProcessEntry }
  | { readonly type: 'update'; readonly request: UpdateRequest }
  | { readonly type: 'advance update'; readonly update: GroupUpdate };

export interface GroupUpdatesDependencies {
  readonly groups: Groups;
  readonly runner: Runner;
  readonly activity: Activity;
  /** False while the daemon shuts down. */
  readonly mayUpdate: () => boolean;
  readonly dispatch: (task: UpdateTask) => void;
  /** A process is being stopped, and somebody waits for that. */
  readonly reportStop: (entry: ProcessEntry) => void;
}

export class GroupUpdates {
  readonly #dependencies: GroupUpdatesDependencies;

  constructor(dependencies: GroupUpdatesDependencies) {
    this.#dependencies = dependencies;
  }

  begin(request: UpdateRequest): void {
    const { groups, mayUpdate } = this.#dependencies;
    const { settings, resolve } = request;
    const group = groups.byName.get(settings.name);
    if (!mayUpdate()) resolve({ type: 'shutting-down' });
    else if (group === undefined) resolve({ type: 'not-active' });
    else if (group.update !== undefined) group.update.followers.push(request);
    else if (isSameGroup(group.settings, settings)) resolve({ type: 'updated', departures: [] });
    else this.#change(group, request);
  }

  /** Stops what has to leave, or, if it is down, lets the others in. */
  advance(update: GroupUpdate): void {
    const { runner, mayUpdate, dispatch, reportStop } = this.#dependencies;
    // The group was removed meanwhile.
    if (update.group.update !== update) return;
    if (!mayUpdate()) {
      this.abandon(update.group, { type: 'shutting-down' });
      return;
    }
    const unstopped = update.unstopped();
    if (unstopped.length === 0) {
      this.#finish(update);
      return;
    }
    let count = unstopped.length;
    const resolve = () => {
      count -= 1;
      if (count === 0) dispatch({ type: 'advance update', update });
    };
    for (const entry of unstopped) {
      runner.handle(entry, { type: 'stop' });
      entry.await({ command: 'stop', until: 'stopped', resolve });
      reportStop(entry);
    }
  }

  /** Leaves a group as it is, if it is being changed, and tells those who wait for that. */
  abandon(group: GroupEntry, outcome: UpdateOutcome): void {
    const { update } = group;
    if (update === undefined) return;
    group.update = undefined;
    for (const entry of update.abandon()) this.#dependencies.runner.dispose(entry);
    update.request.resolve(outcome);
    this.#follow(update);
  }

  #change(group: GroupEntry, request: UpdateRequest): void {
    const { groups, activity } = this.#dependencies;
    try {
      group.update = new GroupUpdate(group, request, (processes) => groups.prepare(processes, group));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      activity.log('error', `cannot update group '${group.settings.name}': ${reason}`);
      request.resolve({ type: 'failed', reason });
      return;
    }
    this.advance(group.update);
  }

  #finish(update: GroupUpdate): void {
    const { groups, runner, activity, dispatch } = this.#dependencies;
    const { group, request } = update;
    const { departed, arrived, unused, departures } = update.exchange();
    group.update = undefined;
    groups.settingsChanged();
    // Before anything is spawned: processes of one name use the same FIFOs.
    const successors = new Map(arrived.map((entry) => [entry.settings.name, entry]));
    for (const entry of departed) {
      const successor = successors.get(entry.settings.name);
      groups.retire(entry, successor);
      if (successor !== undefined) runner.takeOver(successor);
    }
    for (const entry of unused) runner.dispose(entry);
    const groupname = group.settings.name;
    // To whoever keeps a list of processes, the group has come anew.
    activity.emit({ type: 'PROCESS_GROUP_REMOVED', groupname });
    activity.emit({ type: 'PROCESS_GROUP_ADDED', groupname });
    for (const entry of arrived) dispatch({ type: 'autostart', entry });
    request.resolve({ type: 'updated', departures });
    this.#follow(update);
  }

  /** Takes up the requests that had to wait for this one. */
  #follow({ followers }: GroupUpdate): void {
    for (const request of followers) this.#dependencies.dispatch({ type: 'update', request });
  }
}
