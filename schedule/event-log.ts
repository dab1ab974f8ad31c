import * as events from './events.ts';
import { type Logger, messageOf } from './logger.ts';

/** Logs what a user wants to know of without listening. @see apscheduler/executors/base.py, `run_job` */
export function logEvent(event: events.SchedulerEvent, logger: Logger): void {
  if ('scheduledRunTime' in event) logExecution(event, logger);
  else if ('scheduledRunTimes' in event && event.code === events.EVENT_JOB_MAX_INSTANCES) {
    const skipped = `Execution of job "${event.jobId}" skipped: maximum number of running instances reached`;
    logger.warn(`${skipped} (${event.scheduledRunTimes.map((time) => time.toISOString()).join(', ')})`);
  }
}

function logExecution({ code, jobId, run, exception }: events.ExecutionEvent, logger: Logger): void {
  if (code === events.EVENT_JOB_MISSED) {
    const late = ((run.ended ?? run.claimed).getTime() - run.dueTime.getTime()) / 1000;
    const times = run.count > 1 ? ` and ${run.count - 1} more` : '';
    logger.warn(`Run time of job "${jobId}", ${run.fireTime.toISOString()}${times}, was missed by ${late} s`);
  } else if (code === events.EVENT_RUN_TIMEOUT || code === events.EVENT_RUN_LOST) {
    logger.warn(`Run ${run.id} of job "${jobId}" is ${run.state}: ${run.error}`);
  } else if (code === events.EVENT_JOB_ERROR && run.state !== 'TIMEOUT' && run.state !== 'LOST') {
    if (exception instanceof Error) logger.error(`Job "${jobId}" raised an exception`, exception);
    else logger.error(`Job "${jobId}" failed: ${messageOf(exception ?? run.error ?? run.state)}`);
  }
}
