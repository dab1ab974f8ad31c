/** Each of these is something a caller does something about. The texts are those of APScheduler. */

/** A job of that id is in the store already. */
export class ConflictingIdError extends Error {
  override readonly name = 'ConflictingIdError';
  constructor(id: string) {
    super(`Job identifier (${id}) conflicts with an existing job`);
  }
}

/** No job has that id. */
export class JobLookupError extends Error {
  override readonly name = 'JobLookupError';
  constructor(id: string) {
    super(`No job by the id of ${id} was found`);
  }
}

/** No run has that id. */
export class RunLookupError extends Error {
  override readonly name = 'RunLookupError';
  constructor(id: string) {
    super(`No run by the id of ${id} was found`);
  }
}

/** A job may only run on other nodes. */
export class WrongNodeError extends Error {
  override readonly name = 'WrongNodeError';
  constructor(id: string, node: string) {
    super(`Job "${id}" does not run on this node (${node})`);
  }
}

/** More runs of a job are under way than it allows. */
export class MaxInstancesReachedError extends Error {
  override readonly name = 'MaxInstancesReachedError';
  constructor(id: string) {
    super(`Job "${id}" has already reached its maximum number of instances`);
  }
}

/** A store cannot be opened, read or written. */
export class JobStoreError extends Error {
  override readonly name = 'JobStoreError';
}

/** `start()` of a scheduler that runs. */
export class SchedulerAlreadyRunningError extends Error {
  override readonly name = 'SchedulerAlreadyRunningError';
  constructor() {
    super('Scheduler is already running');
  }
}

/** Something was asked of a scheduler that does not run. */
export class SchedulerNotRunningError extends Error {
  override readonly name = 'SchedulerNotRunningError';
  constructor() {
    super('Scheduler is not running');
  }
}
