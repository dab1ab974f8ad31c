/**
 * Which schedules there are to be: those of the active groups, and those that clients have made. The jobs in the store
 * are brought in line with them, so that a schedule that says the same as before goes on where it stands.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type ScheduleSettings, schedulesOf } from '../../conf/schedule-settings.ts';
import type { GroupSettings } from '../../conf/settings.ts';
import type { StoredScheduleResult } from '../../conf/stored-schedule.ts';
import type { Job } from '../../schedule/job.ts';
import { isSameTrigger, type JobOptions } from '../../schedule/job-options.ts';
import type { ScheduledJob } from '../../schedule/scheduled-job.ts';
import type { Scheduler } from '../../schedule/scheduler.ts';
import { triggerFromSpec } from '../../schedule/triggers/trigger-types.ts';
import type { SupervisorControl } from '../process/control.ts';
import type { ScheduleLanguage } from './clients.ts';
import { type JobData, jobDataOf, jobOptionsOf } from './job-of-schedule.ts';
import { KnownSchedules } from './known-schedules.ts';

/** How many schedules are brought in line before others have their turn. */
const turn = 50;

export interface RosterOptions {
  readonly scheduler: Scheduler;
  readonly supervisor: SupervisorControl;
  /** Whether other daemons use the same store. */
  readonly isShared: boolean;
  readonly language: Pick<ScheduleLanguage, 'readStored' | 'valuesOf'>;
  /** Of the configuration that was read last. */
  readonly configuredGroups: () => readonly GroupSettings[];
  readonly now: () => Date;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

export class Roster {
  readonly #options: RosterOptions;
  #schedules = new KnownSchedules([]);
  /** Schedules of clients that cannot be read, and why, so that it is said once. */
  readonly #unreadable = new Map<string, string>();
  /** Those of files of which the store has the jobs as they say. */
  readonly #inLine = new WeakSet<ScheduleSettings>();
  /** By which those of clients were read. */
  #configuredGroups: readonly GroupSettings[] | undefined;
  #hasFailed = false;
  /**
   * Jobs that were removed with their group, while the configuration has them: supervisord's client changes a group by
   * removing and adding it, and what goes on is not to begin anew.
   */
  readonly #departed = new Map<string, Job>();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  get schedules(): KnownSchedules {
    return this.#schedules;
  }

  get(name: string): ScheduleSettings | undefined {
    return this.#schedules.get(name);
  }

  /**
   * What a job says that is about to run: in a store that is shared, a client of another daemon may have made it, or
   * changed it.
   *
   * @returns `undefined`: there is none, or it cannot be read
   */
  async scheduleOf(job: Job): Promise<ScheduleSettings | undefined> {
    const { scheduler, language, isShared } = this.#options;
    const known = this.#schedules.get(job.id);
    const { keys } = jobDataOf(job);
    if (!isShared || keys === undefined || known?.source === 'file') return known;
    if (known !== undefined && isDeepStrictEqual(language.valuesOf(known), new Map(keys))) return known;
    const jobs = await scheduler.getJobs();
    const stored = jobs.filter((each) => each.job.source === 'rpc').map(({ id }) => id);
    const result = this.readStored(job.id, job, stored);
    if (result.type === 'invalid') return undefined;
    this.#schedules.set(result.schedule);
    await this.#activate(result.group);
    return result.schedule;
  }

  /**
   * Brings all jobs in line. One of them that cannot be is told of, and the others go on.
   *
   * @returns whether all are
   */
  async reconcile(): Promise<boolean> {
    this.#hasFailed = false;
    const { scheduler, supervisor, isShared } = this.#options;
    const groups = [...supervisor.groups.values()].map(({ settings }) => settings);
    const ofFiles = new Map(
      schedulesOf(groups)
        .filter(({ source }) => source === 'file')
        .map((schedule) => [schedule.name, schedule]),
    );
    const jobs = await scheduler.getJobs();
    const ofClients = jobs.filter(({ id, job }) => job.source === 'rpc' && !ofFiles.has(id));
    const stored = ofClients.map(({ id }) => id);
    const former = this.#schedules;
    this.#schedules = new KnownSchedules(ofFiles.values());
    const isConfigurationNew = this.#isConfigurationNew();
    for (const { id, job } of ofClients) {
      const known = former.get(id)?.source === 'rpc' ? former.get(id) : undefined;
      if (known !== undefined && !supervisor.groups.has(id)) {
        await this.#contain(`removing schedule '${id}'`, () => scheduler.removeJob(id));
        continue;
      }
      const schedule = isConfigurationNew ? undefined : known;
      const read = schedule ?? this.#readClients(id, job, stored);
      if (read !== undefined) this.#schedules.set(read);
    }
    const jobsById = new Map(jobs.map((job) => [job.id, job]));
    for (const job of jobs) {
      if (job.job.source === 'file' && !ofFiles.has(job.id)) {
        await this.#contain(`removing schedule '${job.id}'`, () => this.#forget(job));
      }
    }
    const isInLine = (schedule: ScheduleSettings): boolean =>
      !isShared && this.#inLine.has(schedule) && jobsById.has(schedule.name);
    const changed = [...ofFiles.values()].filter((schedule) => !isInLine(schedule));
    for (let first = 0; first < changed.length; first += turn) {
      // What is put there at the same time is written together.
      await Promise.all(
        changed.slice(first, first + turn).map((schedule) => {
          const existing = jobsById.get(schedule.name);
          return this.#contain(`adding schedule '${schedule.name}'`, async () => {
            await this.put(schedule, existing);
            this.#inLine.add(schedule);
          });
        }),
      );
      await nextTurn();
    }
    return !this.#hasFailed;
  }

  /** Has a job be as its schedule says. @param keys that a client has given */
  async put(
    schedule: ScheduleSettings,
    existing: ScheduledJob | undefined,
    keys?: JobData['keys'],
  ): Promise<void> {
    const { scheduler } = this.#options;
    this.#schedules.set(schedule);
    const { id, ...options } = jobOptionsOf(schedule, {
      nodes: this.#nodesOf(schedule, existing),
      ...(keys && { keys }),
    });
    if (existing !== undefined && isUnchanged(existing.job, schedule, options)) return;
    const departed = existing === undefined ? this.#departedLike(schedule) : undefined;
    await scheduler.addJob(schedule.action.type, triggerFromSpec(schedule.trigger), {
      ...options,
      id,
      replaceExisting: true,
      ...(existing === undefined && firstTime(schedule, departed, this.#options.now())),
    });
    if (existing === undefined) {
      if (schedule.run_on_start && departed === undefined) await scheduler.runJob(id, { cause: 'start' });
    } else if (jobDataOf(existing.job).isPaused !== schedule.paused) {
      // Somebody has changed the key; what was paused or resumed by hand stays so until then.
      await (schedule.paused ? scheduler.pauseJob(id) : scheduler.resumeJob(id));
    }
  }

  /** A schedule of a client is gone. */
  forget(name: string): void {
    this.#schedules.delete(name);
    this.#unreadable.delete(name);
  }

  /** @returns `undefined`: the configuration does not have what it needs any more */
  #readClients(id: string, job: Job, stored: readonly string[]): ScheduleSettings | undefined {
    const result = this.readStored(id, job, stored);
    if (result.type === 'invalid') return undefined;
    void this.#activate(result.group);
    return result.schedule;
  }

  /** Reads a schedule that a client has made, and says so if it does not make sense any more. */
  readStored(id: string, job: Job, stored: readonly string[]): StoredScheduleResult {
    const result = this.#options.language.readStored(id, new Map(jobDataOf(job).keys), stored);
    if (result.type === 'ok') {
      this.#unreadable.delete(id);
      return result;
    }
    const reason = result.errors.map(({ text }) => text).join('; ');
    if (this.#unreadable.get(id) !== reason) {
      this.#options.log('warn', `schedule '${id}', which a client has made, cannot be run: ${reason}`);
    }
    this.#unreadable.set(id, reason);
    return result;
  }

  async #activate(group: GroupSettings): Promise<void> {
    const { supervisor, log } = this.#options;
    try {
      // Nothing happens if it is the same.
      if (supervisor.groups.has(group.name)) await supervisor.updateGroup(group);
      else supervisor.addGroup(group);
    } catch (error) {
      log('warn', `cannot activate group '${group.name}': ${messageOf(error)}`);
    }
  }

  #isConfigurationNew(): boolean {
    const groups = this.#options.configuredGroups();
    const isNew = groups !== this.#configuredGroups;
    this.#configuredGroups = groups;
    return isNew;
  }

  /** In a store that is shared, only what no other daemon has in its files is gone. */
  async #forget({ id, job }: ScheduledJob): Promise<void> {
    const { scheduler, isShared, configuredGroups } = this.#options;
    const { nodes, ...data } = jobDataOf(job);
    const isConfigured = schedulesOf(configuredGroups()).some(({ name }) => name === id);
    if (isConfigured) this.#departed.set(id, job);
    const others = nodes.filter((node) => node !== scheduler.node);
    if (!isShared || others.length === 0) await scheduler.removeJob(id);
    else if (others.length < nodes.length) {
      const isOfNodes = isDeepStrictEqual(job.hosts, nodes);
      await scheduler.modifyJob(id, {
        data: { ...data, nodes: others } as never,
        ...(isOfNodes && { hosts: others }),
      });
    }
  }

  /** The one of the same name and trigger that was removed, though the configuration has it. */
  #departedLike({ name, trigger }: ScheduleSettings): Job | undefined {
    const departed = this.#departed.get(name);
    this.#departed.delete(name);
    const isSame = departed && isSameTrigger(departed.givenTrigger, triggerFromSpec(trigger).toJSON());
    return isSame ? departed : undefined;
  }

  #nodesOf({ source }: ScheduleSettings, existing: ScheduledJob | undefined): readonly string[] {
    const { scheduler, isShared } = this.#options;
    if (!isShared || source === 'rpc') return [];
    const nodes = existing === undefined ? [] : jobDataOf(existing.job).nodes;
    return nodes.includes(scheduler.node) ? nodes : [...nodes, scheduler.node];
  }

  async #contain(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#hasFailed = true;
      this.#options.log('warn', `${what} has failed: ${messageOf(error)}`);
    }
  }
}

/** Milliseconds for which a schedule may be gone and still make up for what was due. */
const shortAbsence = 60_000;

/** Where a job stands that is new, or comes back; nothing: its next time is counted from now. */
function firstTime(
  { paused }: ScheduleSettings,
  departed: Job | undefined,
  now: Date,
): { readonly nextRunTime?: Date | null } {
  if (departed === undefined) return paused ? { nextRunTime: null } : {};
  const { isPaused, nextRunTime } = departed;
  if (isPaused) return { nextRunTime: null };
  const isRecent = nextRunTime !== undefined && now.getTime() - nextRunTime.getTime() < shortAbsence;
  return isRecent ? { nextRunTime } : {};
}

function isUnchanged(job: Job, schedule: ScheduleSettings, options: Omit<JobOptions, 'id'>): boolean {
  return (
    job.func === schedule.action.type &&
    isSameTrigger(job.givenTrigger, triggerFromSpec(schedule.trigger).toJSON()) &&
    Object.entries(options).every(([key, value]) => isDeepStrictEqual(job[key as keyof Job], value))
  );
}

/** In one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
