/** What follows the outcome of a run: `on_success` and `on_failure`. */
import type { ScheduleChain, ScheduleSettings } from '../../conf/schedule-settings.ts';
import type { Run, RunOutcome } from '../../schedule/run.ts';
import type { Scheduler } from '../../schedule/scheduler.ts';
import type { Instant } from '../host/clock.ts';
import type { SupervisorControl } from '../process/control.ts';
import { isFor } from '../process/occasion.ts';
import { startAll } from './actions.ts';
import { Circles } from './circles.ts';
import { mostExtraInstances } from './extra-instances.ts';
import { causeOf, dataOfCause, idOfFollower, occasionAfter } from './variables.ts';

const failures = ['FAILED', 'TIMEOUT', 'SPAWN_ERROR', 'LOST'] as const satisfies readonly RunOutcome[];
const isFailure: ReadonlySet<string> = new Set(failures);

/** Also if there was to be another try, and nobody could start it in time. */
function hasFailed({ state, attempt }: Run): boolean {
  return isFailure.has(state) || (state === 'MISSED' && attempt > 1);
}

export interface ChainsOptions {
  readonly supervisor: SupervisorControl;
  readonly scheduler: () => Pick<Scheduler, 'getRuns' | 'runJob'>;
  readonly now: () => Instant;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

interface Following {
  readonly timezone: string;
  /** What the log is told first. */
  readonly because: string;
}

export class Chains {
  readonly #options: ChainsOptions;
  readonly #circles = new Circles();

  constructor(options: ChainsOptions) {
    this.#options = options;
  }

  /**
   * Starts what is to follow a run, once for each run: it may be asked for again by a daemon that does not know whether
   * the one before has done it.
   *
   * @param run the last attempt
   * @param timezone of the schedule, for the times that what follows is told
   */
  async follow(run: Run, schedule: ScheduleSettings, timezone: string): Promise<void> {
    if (run.state === 'SUCCESS') await this.#start('on_success', schedule.on_success, run, timezone);
    else if (hasFailed(run) && (await this.#isFailureEnough(run, schedule))) {
      await this.#start('on_failure', schedule.on_failure, run, timezone);
    }
  }

  async #isFailureEnough(run: Run, schedule: ScheduleSettings): Promise<boolean> {
    const { on_failure, failure_threshold, max_instances, retries } = schedule;
    if (on_failure === undefined || failure_threshold <= 1) return true;
    // Each may have failed several times, and others that began later may have ended before this one.
    const limit = (failure_threshold + max_instances + mostExtraInstances) * (retries + 1);
    const { jobId } = run;
    const attempts = await this.#options
      .scheduler()
      .getRuns({ jobId, states: ['SUCCESS', ...failures], limit });
    // The newest first; and of each run the last attempt.
    const runs = attempts.filter(({ id }, index) => attempts[index - 1]?.id !== id);
    const untilThen = runs.filter((other) => byEnd(other, run) >= 0).sort(byEnd);
    const success = untilThen.findIndex(({ state }) => !isFailure.has(state));
    return (success === -1 ? untilThen.length : success) >= failure_threshold;
  }

  async #start(
    key: 'on_success' | 'on_failure',
    chain: ScheduleChain | undefined,
    run: Run,
    timezone: string,
  ): Promise<void> {
    if (chain === undefined) return;
    const { log, supervisor } = this.#options;
    const what =
      chain.type === 'program'
        ? `program ${chain.section.slice('program:'.length)}`
        : `schedule ${chain.name}`;
    const because = `${key} of schedule '${run.jobId}' (run ${run.id})`;
    if (supervisor.state !== 'RUNNING') {
      log('warn', `${because}: ${what} is not started: supervisord is shutting down`);
      return;
    }
    const problem =
      chain.type === 'program'
        ? await this.#startProgram(chain.section, run, { timezone, because })
        : await this.#runSchedule(chain.name, run, { timezone, because });
    if (problem !== undefined) log('warn', `${because}: cannot start ${what}: ${problem}`);
  }

  async #startProgram(
    section: string,
    run: Run,
    { timezone, because }: Following,
  ): Promise<string | undefined> {
    const { log, supervisor } = this.#options;
    log('info', `${because}: starting program ${section.slice('program:'.length)}`);
    const isStarted = [...supervisor.groups.values()]
      .flatMap(({ processes }) => [...processes.values()])
      .some(
        ({ settings, occasion }) => settings.section === section && isFor(occasion, run) && occasion.isBegun,
      );
    if (isStarted) return undefined;
    return await startAll(supervisor, { type: 'section', section }, occasionAfter(run, timezone));
  }

  async #runSchedule(
    schedule: string,
    run: Run,
    { timezone, because }: Following,
  ): Promise<string | undefined> {
    const { log, now, scheduler } = this.#options;
    const runId = idOfFollower(run, schedule);
    const delay = this.#circles.follow(run.id, { runId, schedule }, now());
    if (delay === 0) log('info', `${because}: starting schedule ${schedule}`);
    else {
      const later = `in ${delay.toFixed(1)} s, as runs follow each other in a circle`;
      log('warn', `${because}: starting schedule ${schedule} ${later}`);
    }
    const data = dataOfCause(causeOf(run, timezone));
    try {
      await scheduler().runJob(schedule, { cause: 'chain', runId, delay, data });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** The one that has ended last first; of several at once the newest. */
function byEnd(one: Run, other: Run): number {
  const later = (other.ended?.getTime() ?? 0) - (one.ended?.getTime() ?? 0);
  if (later !== 0 || one.id === other.id) return later;
  return one.id < other.id ? 1 : -1;
}
