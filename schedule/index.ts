/**
 * Runs functions, or whatever else an executor knows how to run, at the times that triggers say, with job stores that
 * outlive the program. The model and the names are those of APScheduler 3.
 */
export type { Alarm, Clock } from './clock.ts';
export * from './errors.ts';
export * from './events.ts';
export type { Executor, ExecutorContext, JobFunction, RunContext, RunResult } from './executor.ts';
export { type CurrentRun, currentRun, FunctionExecutor } from './executors/functions.ts';
export type { Coalesce, Job, JobSource, JobSpec, OnLost, Overlap } from './job.ts';
export type { JobAttributes, JobChanges, JobDefaults, JobOptions } from './job-options.ts';
export type { DueJob, JobChange, JobStore, JobStoreContext, RunQuery } from './job-store.ts';
export type { Json } from './json.ts';
export type { Listener } from './listeners.ts';
export type { Logger } from './logger.ts';
export {
  type ActiveRunState,
  isActive,
  type Run,
  type RunCause,
  type RunOutcome,
  type RunState,
} from './run.ts';
export type { ScheduledJob } from './scheduled-job.ts';
export { Scheduler, type SchedulerState, STATE_PAUSED, STATE_RUNNING, STATE_STOPPED } from './scheduler.ts';
export type { RunOptions, SchedulerOptions, ShutdownOptions, TriggerOptions } from './scheduler-options.ts';
export { MemoryJobStore } from './stores/memory.ts';
export { RedisJobStore, type RedisJobStoreOptions } from './stores/redis.ts';
export { SqliteJobStore, type SqliteJobStoreOptions } from './stores/sqlite.ts';
export type { OutcomeContext, OutcomeHook } from './surroundings.ts';
export { systemClock } from './system-clock.ts';
export { TriggerError } from './trigger-error.ts';
export { AndTrigger } from './triggers/and-trigger.ts';
export {
  type CalendarIntervalOptions,
  CalendarIntervalTrigger,
} from './triggers/calendar-interval-trigger.ts';
export { type CronOptions, CronTrigger, type FromCrontabOptions } from './triggers/cron-trigger.ts';
export { type CrontabOptions, parseCrontab } from './triggers/crontab.ts';
export { type DateOptions, DateTrigger } from './triggers/date-trigger.ts';
export { dueTimesByWalking } from './triggers/due-times.ts';
export { type IntervalOptions, IntervalTrigger } from './triggers/interval-trigger.ts';
export { OrTrigger } from './triggers/or-trigger.ts';
export type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './triggers/trigger.ts';
export { createTrigger, type TriggerType, triggerFromSpec, triggerTypes } from './triggers/trigger-types.ts';
