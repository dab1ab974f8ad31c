/** Reading the configuration again while the daemon runs. */
import { isDeepStrictEqual } from 'node:util';
import type { ConfigError } from '../conf/config-error.ts';
import { diffGroups, type GroupDifference } from '../conf/diff.ts';
import type { LoadResult } from '../conf/load.ts';
import type { SchedulerSettings } from '../conf/schedule-settings.ts';
import type { GroupSettings, HttpServerSettings, Settings } from '../conf/settings.ts';
import type { SupervisorControl } from './process/control.ts';

/**
 * Holds the configuration that was read last. Only its groups are candidates to be activated; the settings
 * of the daemon itself stay those it started with, until it restarts.
 */
export class Rereading {
  readonly #active: Settings;
  readonly #load: () => LoadResult;
  readonly #supervisor: SupervisorControl;
  #latest: Settings;

  constructor(active: Settings, load: () => LoadResult, supervisor: SupervisorControl) {
    this.#active = active;
    this.#load = load;
    this.#supervisor = supervisor;
    this.#latest = active;
  }

  /** The daemon's own settings, with the groups that were read last, and what there was to say of the files. */
  get settings(): Settings {
    const { groups, notices } = this.#latest;
    return { ...this.#active, groups, notices };
  }

  /** What is wrong with the configuration as it is in the files now. */
  check(): readonly ConfigError[] {
    const result = this.#load();
    return result.type === 'invalid' ? result.errors : [];
  }

  /** What {@link reread} would find, without it being remembered; and sections that only a restart takes over. */
  compare():
    | {
        readonly type: 'compared';
        readonly difference: GroupDifference;
        readonly daemonSections: readonly string[];
      }
    | Extract<LoadResult, { type: 'invalid' }> {
    const result = this.#load();
    if (result.type === 'invalid') return result;
    const { settings } = result;
    const daemonSections = [
      ...(isDeepStrictEqual(settings.supervisord, this.#active.supervisord) ? [] : ['supervisord']),
      ...(isSameScheduler(settings.scheduler, this.#active.scheduler) ? [] : ['scheduler']),
      ...differentServers(settings.httpServers, this.#active.httpServers),
    ];
    return { type: 'compared', difference: this.#differenceTo(settings), daemonSections };
  }

  /** Reads the files. With an error everything stays as it was. */
  reread():
    | { readonly type: 'reread'; readonly difference: GroupDifference; readonly settings: Settings }
    | Extract<LoadResult, { type: 'invalid' }> {
    const result = this.#load();
    if (result.type === 'invalid') return result;
    this.#latest = result.settings;
    const { settings } = result;
    return { type: 'reread', difference: this.#differenceTo(settings), settings };
  }

  #differenceTo({ groups }: Settings): GroupDifference {
    const names = new Set(groups.map(({ name }) => name));
    const active = [...this.#supervisor.groups.values()].map((group) => group.settings);
    // What clients have made is no file's to remove.
    return diffGroups(
      active.filter((group) => !isOfClient(group) || names.has(group.name)),
      groups,
    );
  }
}

/** Whether two say the same, wherever they are written. */
function isSameScheduler(a: SchedulerSettings, b: SchedulerSettings): boolean {
  const meaning = ({ written: _, ...settings }: SchedulerSettings) => settings;
  return isDeepStrictEqual(meaning(a), meaning(b));
}

/** Whether a group is that of a schedule which a client has made. */
function isOfClient({ schedules = [] }: GroupSettings): boolean {
  return schedules.some(({ source }) => source === 'rpc');
}

/** Sections of the servers that only one side has, or has otherwise. */
function differentServers(
  servers: readonly HttpServerSettings[],
  others: readonly HttpServerSettings[],
): readonly string[] {
  const isIn = (list: readonly HttpServerSettings[]) => (server: HttpServerSettings) =>
    list.some((other) => isDeepStrictEqual(server, other));
  const different = [
    ...servers.filter((server) => !isIn(others)(server)),
    ...others.filter((server) => !isIn(servers)(server)),
  ];
  return [...new Set(different.map(({ section }) => section))];
}
