/** What the library throws, as clients are told of it. */
import { ScheduleError } from './control.ts';
import { messageOf } from './roster.ts';

const refusals: ReadonlyMap<string, ScheduleError['refusal']> = new Map([
  ['ConflictingIdError', 'conflict'],
  ['JobLookupError', 'unknown-job'],
  ['RunLookupError', 'unknown-run'],
  ['MaxInstancesReachedError', 'max-instances'],
  ['JobStoreError', 'unavailable'],
  ['SchedulerPausedError', 'unavailable'],
  ['SchedulerNotRunningError', 'shutting-down'],
]);

export function refusalOf(error: unknown): ScheduleError {
  if (error instanceof ScheduleError) return error;
  const refusal = error instanceof Error ? refusals.get(error.name) : undefined;
  return new ScheduleError(refusal ?? 'invalid', messageOf(error));
}

/** For the end of a promise. @throws {ScheduleError} */
export function refuse(error: unknown): never {
  throw refusalOf(error);
}

/** @throws {ScheduleError} */
export function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    refuse(error);
  }
}

/** In APScheduler's words. */
export function conflict(id: string): ScheduleError {
  return new ScheduleError('conflict', `Job identifier (${id}) conflicts with an existing job`);
}
