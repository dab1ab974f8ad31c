/** What clients may ask of schedules, and what they are refused. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { originsOf } from '../../conf/schedule-origins.ts';
import type { SchedulerSettings, ScheduleSettings } from '../../conf/schedule-settings.ts';
import type { GroupSettings } from '../../conf/settings.ts';
import type { StoredScheduleResult, valuesOf, withoutTrigger } from '../../conf/stored-schedule.ts';
import type { RunQuery } from '../../schedule/job-store.ts';
import { isActive, type Run } from '../../schedule/run.ts';
import type { ScheduledJob } from '../../schedule/scheduled-job.ts';
import { STATE_PAUSED, STATE_RUNNING } from '../../schedule/scheduler.ts';
import { triggerFromSpec } from '../../schedule/triggers/trigger-types.ts';
import { hostTimeZone } from '../../schedule/wall-clock/host-time-zone.ts';
import type { Channel } from '../host/host.ts';
import type { SupervisorControl } from '../process/control.ts';
import {
  type JobView,
  type KeyOrigin,
  type RunLogPage,
  ScheduleError,
  type ScheduleKeys,
  type SchedulerControl,
  type SchedulerView,
  type TriggerPreview,
} from './control.ts';
import type { OpenScheduler } from './create-scheduler.ts';
import { mostExtraInstances, tooMany } from './extra-instances.ts';
import { jobDataOf } from './job-of-schedule.ts';
import { jobView, originOf } from './job-views.ts';
import { preview } from './preview.ts';
import { attempt, conflict, refusalOf, refuse } from './refusals.ts';
import { dataOfForced } from './run-data.ts';
import { readRunLog } from './run-logs.ts';
import { endedOutcomes } from './statuses.ts';
import { storeName } from './stores.ts';

/** What the configuration language knows of schedules. It is handed in, because the daemon has it loaded already. */
export interface ScheduleLanguage {
  /** Reads what a client has given, by the configuration that was read last. */
  readonly readStored: (
    name: string,
    keys: ReadonlyMap<string, string>,
    stored: Iterable<string>,
  ) => StoredScheduleResult;
  readonly valuesOf: typeof valuesOf;
  readonly withoutTrigger: typeof withoutTrigger;
  readonly originsOf: typeof originsOf;
}

export interface ClientsOptions {
  readonly settings: SchedulerSettings;
  readonly supervisor: SupervisorControl;
  readonly language: ScheduleLanguage;
  /** @throws {ScheduleError} it cannot be used now */
  readonly use: () => OpenScheduler;
  /** Opens the store if it is not, as it has not been while there were no schedules. */
  readonly begin: () => Promise<void>;
  readonly opened: () => OpenScheduler | undefined;
  readonly problem: () => string | undefined;
  readonly setPaused: (isPaused: boolean) => void;
  /** Has an action be the only one that changes which schedules there are. */
  readonly exclusively: <T>(action: () => Promise<T>) => Promise<T>;
  readonly whenSettled: (runId: string) => Promise<void>;
}

/** Fire times that a validation shows. */
const previewed = 5;
/** How many jobs are looked at before others have their turn. */
const turn = 50;

export class Clients implements SchedulerControl {
  readonly #options: ClientsOptions;

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  async view(): Promise<SchedulerView> {
    const { settings, opened, problem } = this.#options;
    const scheduler = opened()?.scheduler;
    const jobs = scheduler === undefined ? [] : await scheduler.getJobs();
    const active = scheduler === undefined ? [] : await scheduler.getRuns({ states: ['active'] });
    return {
      state: stateName(scheduler?.state, problem()),
      problem: problem(),
      node: settings.node,
      timezone: scheduler?.timezone ?? settings.timezone ?? hostTimeZone(),
      store: storeName(settings),
      jobs: jobs.length,
      activeRuns: active.length,
    };
  }

  async getJobs(): Promise<readonly JobView[]> {
    if (this.#isUnused) return [];
    const { scheduler } = this.#options.use();
    const active = Map.groupBy(await scheduler.getRuns({ states: ['active'] }), ({ jobId }) => jobId);
    const views: JobView[] = [];
    for (const job of await scheduler.getJobs()) {
      views.push(await this.#viewOf(job, active.get(job.id) ?? []));
      if (views.length % turn === 0) await nextTurn();
    }
    return views;
  }

  async getJob(id: string): Promise<JobView> {
    const scheduled = await this.#find(id);
    const { scheduler, roster } = this.#options.use();
    const view = await this.#viewOf(scheduled, await scheduler.getRuns({ jobId: id, states: ['active'] }));
    const schedule = roster.get(id);
    return schedule === undefined ? view : { ...view, keys: this.#keysOf(schedule) };
  }

  async addJob(id: string, keys: ScheduleKeys): Promise<JobView> {
    await this.#options.begin();
    await this.#options.exclusively(() => this.#add(id, keys));
    return await this.getJob(id);
  }

  async #add(id: string, keys: ScheduleKeys): Promise<void> {
    const { scheduler, roster } = this.#options.use();
    const { supervisor } = this.#options;
    if (roster.get(id) !== undefined || (await scheduler.getJob(id)) !== undefined) throw conflict(id);
    const { schedule, group } = await this.#read(id, keys);
    if (supervisor.groups.has(id)) throw new ScheduleError('conflict', `there is a group named ${id}`);
    attempt(() => supervisor.addGroup(group));
    try {
      await roster.put(schedule, undefined, [...keys]);
    } catch (error) {
      roster.forget(id);
      supervisor.removeGroup(id);
      throw refusalOf(error);
    }
  }

  async modifyJob(id: string, keys: ScheduleKeys): Promise<JobView> {
    return await this.#replace(id, (values) => overlaid(values, keys));
  }

  async rescheduleJob(id: string, keys: ScheduleKeys): Promise<JobView> {
    const { withoutTrigger } = this.#options.language;
    const view = await this.#replace(id, (values) => overlaid(withoutTrigger(values), keys));
    return view.isPaused ? await this.resumeJob(id) : view;
  }

  async removeJob(id: string): Promise<void> {
    await this.#options.exclusively(async () => {
      await this.#keysOfClient(id);
      const { scheduler, roster } = this.#options.use();
      await scheduler.removeJob(id).catch(refuse);
      roster.forget(id);
    });
    void this.#removeGroup(id);
  }

  async removeAllJobs(): Promise<number> {
    if (this.#isUnused) return 0;
    const jobs = await this.#options.use().scheduler.getJobs();
    const own = jobs.filter(({ job }) => job.source === 'rpc');
    for (const { id } of own) await this.removeJob(id);
    return own.length;
  }

  async pauseJob(id: string): Promise<JobView> {
    const { isPaused } = (await this.#find(id)).job;
    if (!isPaused) await this.#options.use().scheduler.pauseJob(id).catch(refuse);
    return await this.getJob(id);
  }

  async resumeJob(id: string): Promise<JobView> {
    const { job, trigger } = await this.#find(id);
    const { scheduler } = this.#options.use();
    // The library would remove it.
    if (trigger.getNextFireTime(undefined, new Date()) === undefined) {
      throw new ScheduleError('invalid', `schedule ${id} has no fire time any more`);
    }
    if (job.isPaused) await scheduler.resumeJob(id).catch(refuse);
    return await this.getJob(id);
  }

  async runJob(id: string, { force = false }: { readonly force?: boolean } = {}): Promise<string> {
    await this.#find(id);
    const { scheduler } = this.#options.use();
    if (force) await this.#refuseTooMany(id, scheduler);
    const run = await scheduler.runJob(id, force ? { force, data: dataOfForced } : {}).catch(refuse);
    return run.id;
  }

  async stopRun(runId: string): Promise<Run> {
    await this.getRun(runId);
    const isUnderWay = await this.#options.use().scheduler.stopRun(runId);
    if (!isUnderWay) throw new ScheduleError('not-running', `run ${runId} has ended`);
    return await this.waitForRun(runId);
  }

  async getRun(runId: string): Promise<readonly Run[]> {
    const attempts = this.#isUnused ? [] : await this.#options.use().scheduler.getAttempts(runId);
    if (attempts.length === 0)
      throw new ScheduleError('unknown-run', `No run by the id of ${runId} was found`);
    return attempts;
  }

  async zonesOf(jobIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    if (this.#isUnused || jobIds.size === 0) return new Map();
    const { scheduler } = this.#options.use();
    const [first = ''] = jobIds;
    // Each question waits for its turn at the store, so that of many jobs all are asked for at once.
    const jobs = jobIds.size === 1 ? [await scheduler.getJob(first)] : await scheduler.getJobs();
    const zones = new Map([...jobIds].map((id) => [id, scheduler.timezone]));
    for (const job of jobs) {
      if (job !== undefined && jobIds.has(job.id)) zones.set(job.id, zoneOf(job, scheduler));
    }
    return zones;
  }

  async getRuns(query: RunQuery): Promise<readonly Run[]> {
    return this.#isUnused ? [] : await this.#options.use().scheduler.getRuns(query);
  }

  async waitForRun(runId: string, abortSignal?: AbortSignal): Promise<Run> {
    for (;;) {
      // Asked for before looking: it may settle in between.
      const settled = this.#options.whenSettled(runId);
      const last = (await this.getRun(runId)).at(-1);
      if (last !== undefined && !isActive(last) && last.isSettled) return last;
      await Promise.race([settled, aborted(abortSignal)]);
      abortSignal?.throwIfAborted();
    }
  }

  async readRunLog(
    runId: string,
    channel: Channel,
    { offset, length, attempt: number }: Parameters<SchedulerControl['readRunLog']>[2],
  ): Promise<RunLogPage> {
    const attempts = await this.getRun(runId);
    const run = number === undefined ? attempts.at(-1) : attempts.find(({ attempt }) => attempt === number);
    if (run === undefined) throw new ScheduleError('unknown-run', `run ${runId} has no attempt ${number}`);
    return readRunLog(run, channel, { offset, length });
  }

  async getNextFireTimes(
    of: string | ScheduleKeys,
    { count, from = new Date() }: { readonly count: number; readonly from?: Date },
  ): Promise<TriggerPreview> {
    if (typeof of === 'string') return preview((await this.#find(of)).trigger, count, from);
    // Whoever asks about a trigger has not said what it is for.
    const isWhole = ['program', 'command', 'action'].some((key) => of.has(key));
    const keys = isWhole ? of : new Map([...of, ['command', '/bin/true']]);
    return await this.#preview('a-schedule-that-is-tried', keys, count, from);
  }

  async validate(id: string, keys: ScheduleKeys): Promise<TriggerPreview> {
    return await this.#preview(id, keys, previewed, new Date());
  }

  async pause(): Promise<void> {
    await this.#options.begin();
    this.#options.setPaused(true);
  }

  async resume(): Promise<void> {
    await this.#options.begin();
    this.#options.setPaused(false);
  }

  /** There have been no schedules, so that no store has been opened. */
  get #isUnused(): boolean {
    return this.#options.opened() === undefined && this.#options.problem() === undefined;
  }

  async #preview(id: string, keys: ScheduleKeys, count: number, from: Date): Promise<TriggerPreview> {
    const { schedule } = await this.#read(id, keys);
    const timezone = this.#options.settings.timezone ?? hostTimeZone();
    return preview(triggerFromSpec(schedule.trigger).bind({ timezone, now: from }), count, from);
  }

  /** @throws {ScheduleError} `invalid` */
  async #read(
    id: string,
    keys: ScheduleKeys,
  ): Promise<{ readonly schedule: ScheduleSettings; readonly group: GroupSettings }> {
    const jobs = (await this.#options.opened()?.scheduler.getJobs()) ?? [];
    const stored = jobs.filter(({ job }) => job.source === 'rpc').map((job) => job.id);
    const result = this.#options.language.readStored(id, keys, stored);
    if (result.type === 'ok') return result;
    throw new ScheduleError('invalid', result.errors.map(({ text }) => text).join('\n'));
  }

  async #replace(
    id: string,
    change: (values: ReadonlyMap<string, string>) => ScheduleKeys,
  ): Promise<JobView> {
    await this.#options.exclusively(async () => {
      await this.#become(id, change(await this.#keysOfClient(id)));
    });
    return await this.getJob(id);
  }

  async #become(id: string, keys: ScheduleKeys): Promise<void> {
    const { schedule, group } = await this.#read(id, keys);
    const { roster } = this.#options.use();
    const { supervisor } = this.#options;
    if (supervisor.groups.has(id)) {
      const outcome = await supervisor.updateGroup(group);
      if (outcome.type === 'failed') throw new ScheduleError('invalid', outcome.reason);
      if (outcome.type !== 'updated')
        throw new ScheduleError('shutting-down', `schedule ${id} cannot be changed now`);
    } else attempt(() => supervisor.addGroup(group));
    await roster.put(schedule, await this.#find(id), [...keys]).catch(refuse);
  }

  /** @throws {ScheduleError} `unknown-job`; `from-file`: it is for its file to say what it is */
  async #keysOfClient(id: string): Promise<ReadonlyMap<string, string>> {
    const { job } = await this.#find(id);
    const schedule = this.#options.use().roster.get(id);
    if (job.source === 'file') {
      throw new ScheduleError('from-file', `schedule ${id} is from ${originOf(schedule, job.source)}`);
    }
    return schedule === undefined ? new Map(jobDataOf(job).keys) : this.#options.language.valuesOf(schedule);
  }

  #keysOf(schedule: ScheduleSettings): ReadonlyMap<string, KeyOrigin> {
    const { language, settings } = this.#options;
    return new Map(
      language
        .originsOf(schedule, settings)
        .map(({ key, value, origin }) => [
          key,
          { value, origin: origin.type === 'file' ? `${origin.file}:${origin.line}` : origin.type },
        ]),
    );
  }

  /** @throws {ScheduleError} `unknown-job` */
  async #find(id: string): Promise<ScheduledJob> {
    const found = this.#isUnused ? undefined : await this.#options.use().scheduler.getJob(id);
    if (found === undefined) throw new ScheduleError('unknown-job', `No job by the id of ${id} was found`);
    return found;
  }

  async #viewOf(scheduled: ScheduledJob, activeRuns: readonly Run[]): Promise<JobView> {
    const { scheduler, roster } = this.#options.use();
    const { id } = scheduled;
    const [lastRun] = await scheduler.getRuns({ jobId: id, states: endedOutcomes, limit: 1 });
    const group = this.#options.supervisor.groups.get(id);
    const [process] = group?.settings.type === 'schedule' ? group.processes.values() : [];
    const timezone = zoneOf(scheduled, scheduler);
    return jobView({ scheduled, schedule: roster.get(id), timezone, process, lastRun, activeRuns });
  }

  /**
   * What cannot be started any more is refused, rather than counted as a failure of the schedule.
   *
   * @throws {ScheduleError} `max-instances`
   */
  async #refuseTooMany(id: string, scheduler: OpenScheduler['scheduler']): Promise<void> {
    const { settings, supervisor } = this.#options;
    const group = supervisor.groups.get(id)?.settings;
    if (group?.type !== 'schedule' || group.processesPerRun === 0) return;
    const active = await scheduler.getRuns({ jobId: id, states: ['active'] });
    const here = active.filter(({ node, state }) => node === settings.node && state !== 'CLAIMED');
    if (here.length < group.instances + mostExtraInstances) return;
    throw new ScheduleError('max-instances', tooMany(id));
  }

  /** When its processes have come to their end. */
  async #removeGroup(id: string): Promise<void> {
    const { supervisor } = this.#options;
    const group = supervisor.groups.get(id);
    if (group === undefined) return;
    await Promise.all([...group.processes.values()].map((process) => supervisor.awaitEnd(process)));
    if (supervisor.groups.get(id) === group) supervisor.removeGroup(id);
  }
}

function stateName(state: number | undefined, problem: string | undefined): SchedulerView['state'] {
  if (problem !== undefined) return 'UNAVAILABLE';
  if (state === STATE_RUNNING) return 'RUNNING';
  return state === STATE_PAUSED ? 'PAUSED' : 'STOPPED';
}

function overlaid(values: ReadonlyMap<string, string>, changes: ScheduleKeys): ScheduleKeys {
  return new Map([...values, ...changes].filter(([key]) => changes.get(key) !== ''));
}

function aborted(abortSignal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    abortSignal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

function zoneOf({ trigger }: ScheduledJob, scheduler: OpenScheduler['scheduler']): string {
  return trigger.timezone ?? scheduler.timezone;
}
