import { isStoreShared } from '../../conf/schedule-settings.ts';
import type { Run } from '../../schedule/run.ts';
import { Scheduler } from '../../schedule/scheduler.ts';
import type { OutcomeHook } from '../../schedule/surroundings.ts';
import type { Occasion } from '../process/occasion.ts';
import { ExtraInstances } from './extra-instances.ts';
import { executorName, jitterOf } from './job-of-schedule.ts';
import { libraryClock } from './library-clock.ts';
import { messageOf, Roster } from './roster.ts';
import type { ServiceOptions } from './service.ts';
import { createStore } from './stores.ts';
import { SupervisorExecutor } from './supervisor-executor.ts';

/** The library with its store, and what there is to be in it. */
export interface OpenScheduler {
  readonly scheduler: Scheduler;
  readonly roster: Roster;
  readonly extraInstances: ExtraInstances;
}

export interface SchedulerHooks {
  readonly occasionOf: (run: Run) => Promise<Occasion>;
  readonly onOutcome: OutcomeHook;
}

/** Puts the library together with what the daemon has for it. @throws {JobStoreError} what its store needs is missing */
export async function createScheduler(
  { settings, supervisor, clock, wallClock, configuration, language, log }: ServiceOptions,
  { occasionOf, onOutcome }: SchedulerHooks,
): Promise<OpenScheduler> {
  const ownClock = libraryClock(wallClock, clock);
  const extraInstances = new ExtraInstances({ supervisor, log });
  const scheduler: Scheduler = new Scheduler({
    ...(settings.timezone !== undefined && { timezone: settings.timezone }),
    node: settings.node,
    jobStores: { default: await createStore(settings) },
    executors: {
      [executorName]: new SupervisorExecutor({
        supervisor,
        extraInstances,
        scheduleOf: (job) => roster.scheduleOf(job),
        occasionOf,
        log,
      }),
    },
    clock: ownClock,
    maxRuns: settings.max_runs,
    keepFinished: true,
    onOutcome,
    random: (job) => jitterOf(job, settings.node),
    logsRuns: false,
    logger: {
      info: (text) => log('info', text),
      warn: (text) => log('warn', text),
      error: (text, error) => log('error', error === undefined ? text : `${text}: ${messageOf(error)}`),
    },
  });
  const roster: Roster = new Roster({
    scheduler,
    supervisor,
    isShared: isStoreShared(settings),
    language,
    configuredGroups: () => configuration().groups,
    now: () => ownClock.now(),
    log,
  });
  return { scheduler, roster, extraInstances };
}
