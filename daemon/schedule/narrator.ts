/** Tells the activity log and event listeners what happens to schedules. */
import type { LogLevel } from '../../conf/settings.ts';
import * as codes from '../../schedule/events.ts';
import type { JobSource } from '../../schedule/job.ts';
import type { Run } from '../../schedule/run.ts';
import { formatInstant } from '../../schedule/wall-clock/date-text.ts';
import type { ScheduleEvent } from '../event/event.ts';
import {
  endedLine,
  jobEvent,
  type Line,
  runEvent,
  startedLine,
  stateEvent,
  unstartedLine,
} from './reports.ts';

export interface NarratorOptions {
  readonly node: string;
  readonly sourceOf: (job: string) => JobSource;
  readonly timezoneOf: (job: string) => string;
  readonly emit: (event: ScheduleEvent) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

const jobEvents: ReadonlyMap<number, Parameters<typeof jobEvent>[0]> = new Map([
  [codes.EVENT_JOB_ADDED, 'SCHEDULE_JOB_ADDED'],
  [codes.EVENT_JOB_REMOVED, 'SCHEDULE_JOB_REMOVED'],
  [codes.EVENT_JOB_MODIFIED, 'SCHEDULE_JOB_MODIFIED'],
  [codes.EVENT_JOB_PAUSED, 'SCHEDULE_JOB_PAUSED'],
  [codes.EVENT_JOB_RESUMED, 'SCHEDULE_JOB_RESUMED'],
]);

const stateEvents: ReadonlyMap<number, Parameters<typeof stateEvent>[0]> = new Map([
  [codes.EVENT_SCHEDULER_STARTED, 'SCHEDULE_STATE_STARTED'],
  [codes.EVENT_SCHEDULER_PAUSED, 'SCHEDULE_STATE_PAUSED'],
  [codes.EVENT_SCHEDULER_RESUMED, 'SCHEDULE_STATE_RESUMED'],
  [codes.EVENT_SCHEDULER_SHUTDOWN, 'SCHEDULE_STATE_SHUTDOWN'],
]);

export class Narrator {
  readonly #options: NarratorOptions;

  constructor(options: NarratorOptions) {
    this.#options = options;
  }

  /** All but the end of runs: see {@link Narrator.ended}. */
  tell(event: codes.SchedulerEvent): void {
    const { emit, node, sourceOf } = this.#options;
    const { code } = event;
    const [job, state] = [jobEvents.get(code), stateEvents.get(code)];
    if (job !== undefined && 'jobId' in event) {
      emit(jobEvent(job, { id: event.jobId, source: sourceOf(event.jobId) }, code));
    } else if (state !== undefined) {
      emit(stateEvent(state, node, code));
    } else if (code === codes.EVENT_JOB_SUBMITTED && 'runs' in event) {
      for (const run of event.runs) emit(runEvent('SCHEDULE_RUN_SUBMITTED', run, code));
    } else if (code === codes.EVENT_RUN_STARTED && 'run' in event) {
      this.#log(startedLine(event.run));
      emit(runEvent('SCHEDULE_RUN_STARTED', event.run, code));
    } else if (code === codes.EVENT_JOB_MISSED && 'run' in event) {
      this.#unstarted(event.run);
      emit(runEvent('SCHEDULE_RUN_MISSED', event.run, code));
    } else if (code === codes.EVENT_JOB_MAX_INSTANCES && 'runs' in event) {
      for (const run of event.runs) {
        this.#unstarted(run);
        emit(runEvent('SCHEDULE_RUN_MAX_INSTANCES', run, code));
      }
    } else if (code === codes.EVENT_RUN_COALESCED && 'runs' in event) {
      for (const run of event.runs) this.#unstarted(run);
    }
  }

  /** A run has ended. Told when what follows of it is seen to, which the next daemon does if this one is killed. */
  ended(run: Run): void {
    const { emit } = this.#options;
    this.#log(endedLine(run));
    for (const [type, code] of endEvents(run)) emit(runEvent(type, run, code));
  }

  #unstarted(run: Run): void {
    const zone = this.#options.timezoneOf(run.jobId);
    this.#log(unstartedLine(run, (time) => formatInstant(time, zone)));
  }

  #log({ level, text }: Line): void {
    this.#options.log(level, text);
  }
}

function endEvents({ state }: Run): readonly (readonly [Parameters<typeof runEvent>[0], number])[] {
  const error = ['SCHEDULE_RUN_ERROR', codes.EVENT_JOB_ERROR] as const;
  switch (state) {
    case 'SUCCESS':
    case 'SKIPPED':
      return [['SCHEDULE_RUN_EXECUTED', codes.EVENT_JOB_EXECUTED]];
    case 'TIMEOUT':
      return [['SCHEDULE_RUN_TIMEOUT', codes.EVENT_RUN_TIMEOUT], error];
    case 'LOST':
      return [['SCHEDULE_RUN_LOST', codes.EVENT_RUN_LOST], error];
    case 'CANCELLED':
      return [['SCHEDULE_RUN_ERROR', codes.EVENT_RUN_CANCELLED]];
    default:
      return [error];
  }
}
