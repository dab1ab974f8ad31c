/** Jobs as clients are told of them. */
import type { ScheduleSettings, ScheduleTarget } from '../../conf/schedule-settings.ts';
import type { Run } from '../../schedule/run.ts';
import type { ScheduledJob } from '../../schedule/scheduled-job.ts';
import type { SupervisedProcess } from '../process/control.ts';
import { signalName } from '../process/signal-names.ts';
import { targetName } from './actions.ts';
import type { JobView } from './control.ts';

export interface JobViewParts {
  readonly scheduled: ScheduledJob;
  /** `undefined`: what the client has given cannot be read any more. */
  readonly schedule: ScheduleSettings | undefined;
  readonly timezone: string;
  /** A process of its runs; `undefined`: it has none. */
  readonly process: SupervisedProcess | undefined;
  readonly lastRun: Run | undefined;
  readonly activeRuns: readonly Run[];
}

export function jobView(parts: JobViewParts): JobView {
  const { scheduled, schedule, timezone, process, lastRun, activeRuns } = parts;
  const { job, trigger, id } = scheduled;
  return {
    id,
    source: job.source,
    origin: originOf(schedule, job.source),
    spec: job,
    action: actionText(schedule, process),
    trigger: trigger.toString(),
    timezone,
    state: stateOf(parts),
    isPaused: job.isPaused,
    nextRunTime: job.nextRunTime,
    dueTime: job.dueTime,
    lastRun,
    activeRuns,
  };
}

/** Where a schedule is written. */
export function originOf(schedule: ScheduleSettings | undefined, source: string): string {
  return schedule?.source === 'file' ? `${schedule.file}:${schedule.line}` : source;
}

function stateOf({ scheduled: { job }, activeRuns }: JobViewParts): JobView['state'] {
  if (activeRuns.length > 0) return 'RUNNING';
  if (job.isPaused) return 'PAUSED';
  return job.nextRunTime === undefined ? 'FINISHED' : 'WAITING';
}

function actionText(schedule: ScheduleSettings | undefined, process: SupervisedProcess | undefined): string {
  if (schedule === undefined) return '';
  const { action } = schedule;
  if (action.type === 'run') return process?.settings.command ?? '';
  const target = targetText(action.target);
  return action.type === 'signal'
    ? `signal ${signalName(action.signal)} ${target}`
    : `${action.type} ${target}`;
}

function targetText(target: ScheduleTarget): string {
  const name = targetName(target);
  const [group, process] = name.split(':');
  return group === process ? name.slice(0, name.indexOf(':')) : name;
}
