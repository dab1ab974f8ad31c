/**
 * Schedules, as the rest of the daemon knows them. What does the work is loaded when there are schedules, or when
 * somebody asks for one: a daemon without any has no more of them than this.
 */
import { existsSync } from 'node:fs';
import type { LoadContext } from '../../conf/load-context.ts';
import { originsOf } from '../../conf/schedule-origins.ts';
import { schedulesOf } from '../../conf/schedule-settings.ts';
import type { GroupSettings, LogLevel, ProcessSettings, Settings } from '../../conf/settings.ts';
import { readStoredSchedule, valuesOf, withoutTrigger } from '../../conf/stored-schedule.ts';
import type { ScheduleEvent } from '../event/event.ts';
import type { Clock, WallClock } from '../host/clock.ts';
import type { StartOutcome, SupervisorControl } from '../process/control.ts';
import type { ScheduleLanguage } from './clients.ts';
import type { SchedulerControl } from './control.ts';
import type { ScheduleService } from './service.ts';
import type { ProcessSchedule } from './status.ts';

export interface SchedulingOptions {
  /** Those the daemon has started with. */
  readonly settings: Settings;
  readonly loadContext: LoadContext;
  readonly runtimeDirectory: string;
  readonly clock: Clock;
  readonly wallClock: WallClock;
}

/** What there is only when the daemon is put together. */
export interface SchedulingParts {
  readonly supervisor: SupervisorControl;
  /** As it was read last. */
  readonly configuration: () => Settings;
  readonly emit: (event: ScheduleEvent) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

export class Scheduling {
  /** For clients. */
  readonly control: SchedulerControl;
  readonly #options: SchedulingOptions;
  #parts: SchedulingParts | undefined;
  #loading: Promise<ScheduleService> | undefined;
  #service: ScheduleService | undefined;
  #isUsed = false;

  constructor(options: SchedulingOptions) {
    this.#options = options;
    this.control = delegating(async () => (await this.#load()).control);
  }

  /** The other parts of the daemon, before anything happens. */
  connect(parts: SchedulingParts): void {
    this.#parts = parts;
  }

  /**
   * Loads what is needed, if it is.
   *
   * @returns groups beside those of the configuration: of schedules that clients have made
   */
  async prepare(): Promise<readonly GroupSettings[]> {
    const { settings } = this.#options;
    this.#isUsed = isUsed(settings);
    if (!this.#isUsed) return [];
    try {
      const { readStoredGroups } = await import('./service.ts');
      return await readStoredGroups({
        ...this.#options,
        settings: settings.scheduler,
        language: this.#language,
      });
    } catch {
      // There is no log as yet; `begin` will say it.
      return [];
    }
  }

  /** All groups have been activated. */
  begin(): void {
    if (this.#isUsed) this.#beginService();
  }

  /** A group has become active, is no longer, or has other settings. */
  groupChanged(): void {
    if (this.#service !== undefined) this.#service.groupsChanged();
    else if (!this.#isUsed && this.#hasSchedules()) this.#beginService();
  }

  /** Where the schedule stands that starts a process; `undefined`: none does. */
  scheduleOf(process: ProcessSettings): ProcessSchedule | undefined {
    return this.#service?.scheduleOf(process);
  }

  /** Looks at what other daemons have done for the schedules of a shared store. `undefined`: there is nothing to look at. */
  catchUp(): Promise<void> | undefined {
    return this.#service?.catchUp();
  }

  async askForRun(name: string): Promise<StartOutcome> {
    return await (await this.#load()).askForRun(name);
  }

  /** The daemon shuts down: nothing is started any more. */
  stopClaiming(): void {
    this.#service?.stopClaiming();
  }

  /** From `ScheduleService`. */
  async close(options: { readonly leaves: boolean }): Promise<void> {
    const service = await this.#loading?.catch(() => undefined);
    await service?.close(options);
  }

  #beginService(): void {
    this.#isUsed = true;
    this.#load()
      .then((service) => service.begin())
      .catch((error) => this.#parts?.log('error', `cannot run schedules: ${error}`));
  }

  #hasSchedules(): boolean {
    const groups = [...(this.#parts?.supervisor.groups.values() ?? [])];
    return schedulesOf(groups.map(({ settings }) => settings)).length > 0;
  }

  #load(): Promise<ScheduleService> {
    this.#loading ??= this.#create();
    return this.#loading;
  }

  async #create(): Promise<ScheduleService> {
    const parts = this.#parts;
    if (parts === undefined) throw new Error('Schedules are asked for before the daemon is put together');
    const { Service } = await import('./service.ts');
    this.#service = new Service({
      ...this.#options,
      ...parts,
      settings: this.#options.settings.scheduler,
      language: this.#language,
    });
    return this.#service;
  }

  get #language(): ScheduleLanguage {
    const { settings, loadContext: context } = this.#options;
    return {
      readStored: (name, keys, stored) =>
        readStoredSchedule(name, keys, {
          settings: this.#parts?.configuration() ?? settings,
          context,
          stored,
        }),
      valuesOf,
      withoutTrigger,
      originsOf,
    };
  }
}

/** Whether there are schedules, or may be some that clients have made. */
function isUsed({ groups, scheduler }: Settings): boolean {
  if (scheduler.written.size > 0 || schedulesOf(groups).length > 0) return true;
  return scheduler.jobstore === 'sqlite' && existsSync(scheduler.jobstore_path);
}

/** Everything is asked of what is loaded then. */
function delegating(load: () => Promise<SchedulerControl>): SchedulerControl {
  return {
    view: async () => (await load()).view(),
    getJobs: async () => (await load()).getJobs(),
    getJob: async (...args) => (await load()).getJob(...args),
    addJob: async (...args) => (await load()).addJob(...args),
    modifyJob: async (...args) => (await load()).modifyJob(...args),
    rescheduleJob: async (...args) => (await load()).rescheduleJob(...args),
    removeJob: async (...args) => (await load()).removeJob(...args),
    removeAllJobs: async () => (await load()).removeAllJobs(),
    pauseJob: async (...args) => (await load()).pauseJob(...args),
    resumeJob: async (...args) => (await load()).resumeJob(...args),
    runJob: async (...args) => (await load()).runJob(...args),
    stopRun: async (...args) => (await load()).stopRun(...args),
    getRun: async (...args) => (await load()).getRun(...args),
    getRuns: async (...args) => (await load()).getRuns(...args),
    zonesOf: async (...args) => (await load()).zonesOf(...args),
    waitForRun: async (...args) => (await load()).waitForRun(...args),
    readRunLog: async (...args) => (await load()).readRunLog(...args),
    getNextFireTimes: async (...args) => (await load()).getNextFireTimes(...args),
    validate: async (...args) => (await load()).validate(...args),
    pause: async () => (await load()).pause(),
    resume: async () => (await load()).resume(),
  };
}
