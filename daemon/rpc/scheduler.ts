/** Methods about schedules, under `scheduler`. Their names are APScheduler's, where it has them. */
import { RpcFault } from '../../rpc/faults.ts';
import type { Encodable } from '../../rpc/xmlrpc.ts';
import type { Run } from '../../schedule/run.ts';
import type { JobView, SchedulerControl } from '../schedule/control.ts';
import { type CallContext, method } from './method.ts';
import { boolean, integer, optional, type Parameter, string } from './parameter.ts';
import { askScheduler } from './schedule-fault.ts';
import { channel, filter, instant, jobOrKeys, keys, namedKeys } from './schedule-parameters.ts';

/** Most run records in one answer. */
const mostRuns = 10_000;

/** Most fire times in one answer. */
const mostFireTimes = 1000;

/** Most bytes of output in one answer. */
const pageBytes = 1024 * 1024;

/** How many fire times `validate` answers. */
const previewed = 5;

const fireTimes = optional(between(1, mostFireTimes), 10);
const offset = between(0, Number.MAX_SAFE_INTEGER);

/** A double, since 32 bits do not hold 2 GiB. */
const bytes: Parameter<number> = { ...offset, type: 'double' };

/** `scheduler.addJob(job)`. @throws {RpcFault} `ALREADY_ADDED`, `BAD_ARGUMENTS`, `FAILED` */
export const addJob = method({
  parameters: [namedKeys],
  parameterNames: 'job',
  returns: 'struct',
  help: 'Makes a job that is kept in the store: a struct of its id and the keys of a [schedule:x]. Answers the job.',
  call(context, { id, keys: given }) {
    refuseAnybody(context);
    return answerJob(context, (scheduler) => scheduler.addJob(needed(id), given));
  },
});

/** `scheduler.removeJob(id)`: always `true`; the records of its runs stay. @throws {RpcFault} `BAD_NAME`, `FAILED` */
export const removeJob = method({
  parameters: [string],
  parameterNames: 'id',
  returns: 'boolean',
  help: 'Removes a job that a client has made.',
  call: (context, id) => done(context, (scheduler) => scheduler.removeJob(id)),
});

/** `scheduler.removeAllJobs()`. @returns how many there were */
export const removeAllJobs = method({
  parameters: [],
  returns: 'int',
  help: 'Removes all jobs that clients have made. Answers how many there were.',
  call: (context) => askScheduler(context, (scheduler) => scheduler.removeAllJobs()),
});

/** `scheduler.getJob(id)`: a struct, with its keys. @throws {RpcFault} `BAD_NAME` */
export const getJob = method({
  parameters: [string],
  parameterNames: 'id',
  returns: 'struct',
  help: 'What a job is, when it runs next, how its last run has ended, and its keys with where each comes from.',
  call: (context, id) => answerJob(context, (scheduler) => scheduler.getJob(id)),
});

/** `scheduler.getAllJobs()`: structs without keys, by next run time, then id; those without one last. */
export const getAllJobs = method({
  parameters: [],
  returns: 'array',
  help: 'All jobs, by next run time: what getJob answers of each, without its keys.',
  async call(context) {
    const jobs = await askScheduler(context, (scheduler) => scheduler.getJobs());
    const { jobStruct } = await structs();
    const now = context.now();
    return jobs.map((job) => jobStruct(job, now));
  },
});

/** `scheduler.modifyJob(id, keys)`. @throws {RpcFault} `BAD_NAME`, `BAD_ARGUMENTS`, `FAILED`: it is from a file */
export const modifyJob = method({
  parameters: [string, keys],
  parameterNames: 'id, keys',
  returns: 'struct',
  help: 'Changes keys of a job that a client has made; an empty value takes one back to its default. Answers the job.',
  call(context, id, given) {
    refuseAnybody(context);
    return answerJob(context, (scheduler) => scheduler.modifyJob(id, given));
  },
});

/** `scheduler.rescheduleJob(id, keys)`. @throws {RpcFault} `BAD_NAME`, `BAD_ARGUMENTS`, `FAILED`: it is from a file */
export const rescheduleJob = method({
  parameters: [string, keys],
  parameterNames: 'id, keys',
  returns: 'struct',
  help: 'Replaces all keys that say when a job runs, of one that a client has made; it goes on if it was paused. Answers the job.',
  call(context, id, given) {
    refuseAnybody(context);
    return answerJob(context, (scheduler) => scheduler.rescheduleJob(id, given));
  },
});

/** `scheduler.pauseJob(id)`. @throws {RpcFault} `BAD_NAME` */
export const pauseJob = method({
  parameters: [string],
  parameterNames: 'id',
  returns: 'struct',
  help: 'Has a job not run by itself, until it is resumed; a run under way goes on. Answers the job.',
  call: (context, id) => answerJob(context, (scheduler) => scheduler.pauseJob(id)),
});

/** `scheduler.resumeJob(id)`: next from now. @throws {RpcFault} `BAD_NAME` */
export const resumeJob = method({
  parameters: [string],
  parameterNames: 'id',
  returns: 'struct',
  help: 'Has a paused job run again, from now on: what it has missed stays so. Answers the job.',
  call: (context, id) => answerJob(context, (scheduler) => scheduler.resumeJob(id)),
});

/**
 * `scheduler.runJob(id, wait = false, force = false)`. With `wait` the answer comes when the run has ended,
 * whichever way, its retries included.
 *
 * @returns the id of the run
 * @throws {RpcFault} `BAD_NAME`; `STILL_RUNNING`: `max_instances` are under way; with `force`, 100 more on this node
 */
export const runJob = method({
  parameters: [string, optional(boolean, false), optional(boolean, false)],
  parameterNames: 'id, wait=false, force=false',
  returns: 'string',
  help: 'Has a job run now, beside its schedule; with force at once, however many runs are under way. Answers the id of the run; with wait, when it has ended.',
  call: (context, id, wait, force) =>
    askScheduler(context, async (scheduler) => {
      const run = await scheduler.runJob(id, { force });
      if (wait) await scheduler.waitForRun(run);
      return run;
    }),
});

/** `scheduler.stopRun(run)`. @throws {RpcFault} `BAD_NAME`, `NOT_RUNNING` */
export const stopRun = method({
  parameters: [string],
  parameterNames: 'run',
  returns: 'struct',
  help: 'Ends a run, as its program is stopped. Answers it when it has ended; it is CANCELLED.',
  call: (context, id) =>
    answerRun(context, async (scheduler) => {
      await scheduler.stopRun(id);
      return scheduler.getRun(id);
    }),
});

/** `scheduler.getRun(run, wait = false)`: its last attempt, with all of them. @throws {RpcFault} `BAD_NAME` */
export const getRun = method({
  parameters: [string, optional(boolean, false)],
  parameterNames: 'run, wait=false',
  returns: 'struct',
  help: 'A run: its last attempt, and attempts, all of them. With wait, answers when it has ended.',
  call: (context, id, wait) =>
    answerRun(context, async (scheduler) => {
      if (wait) await scheduler.waitForRun(id);
      return scheduler.getRun(id);
    }),
});

/** `scheduler.getRuns(id = '', offset = 0, limit = 20, filter = {})`: newest first. */
export const getRuns = method({
  parameters: [
    optional(string, ''),
    optional(offset, 0),
    optional(between(1, mostRuns), 20),
    optional(filter, {}),
  ],
  parameterNames: "id='', offset=0, limit=20, filter={}",
  returns: 'array',
  help: 'The runs of a job, or of all, newest first. The filter is a struct of states: an array of outcomes, active, or failed.',
  call: (context, id, start, limit, states) =>
    askScheduler(context, async (scheduler) => {
      const query = { offset: start, limit, ...states };
      // Of a job that is gone there may be records yet.
      const runs = await scheduler.getRuns(id === '' ? query : { ...query, jobId: id });
      if (id !== '' && runs.length === 0) await scheduler.getJob(id);
      const { runStructs } = await structs();
      return runStructs(scheduler, runs, context.now());
    }),
});

/**
 * `scheduler.readRunLog(run, channel, offset, length, attempt = 0)`: a struct of text, the offset to go on from,
 * the size so far, whether that was all, and whether the beginning is lost. Offsets count bytes.
 *
 * @throws {RpcFault} `BAD_NAME`, `BAD_ARGUMENTS`, `NO_FILE`
 */
export const readRunLog = method({
  parameters: [string, channel, bytes, bytes, optional(offset, 0)],
  parameterNames: 'run, channel, offset, length, attempt=0',
  returns: 'struct',
  help: 'What a run has written: at most length bytes from offset on, or as much as an answer holds if length is 0; of its last attempt unless another is named.',
  call: (context, id, which, start, length, attempt) =>
    askScheduler(context, async (scheduler) => {
      const page = await scheduler.readRunLog(id, which, {
        offset: start,
        length: Math.min(length || pageBytes, pageBytes),
        ...(attempt > 0 && { attempt }),
      });
      const { pageStruct } = await structs();
      return pageStruct(page);
    }),
});

/** `scheduler.getNextFireTimes(job, n = 10, from = 0)`. @throws {RpcFault} `BAD_NAME`, `BAD_ARGUMENTS` */
export const getNextFireTimes = method({
  parameters: [jobOrKeys, fireTimes, optional(instant, undefined)],
  parameterNames: 'job, n=10, from=0',
  returns: 'struct',
  help: 'The next fire times of a job, given by its id, or of a struct of keys that could make one; from now on, or from a time.',
  call: (context, of, count, from) =>
    askScheduler(context, async (scheduler) => {
      const preview = await scheduler.getNextFireTimes(of, from === undefined ? { count } : { count, from });
      const { previewStruct } = await structs();
      return previewStruct(preview);
    }),
});

/** `scheduler.validate(job)`: what `addJob` would say, without making a job. @throws {RpcFault} `BAD_ARGUMENTS` */
export const validate = method({
  parameters: [namedKeys],
  parameterNames: 'job',
  returns: 'struct',
  help: 'Checks a struct as addJob does, and makes no job of it. Answers its trigger, and some fire times.',
  call: (context, { id, keys: given }) =>
    askScheduler(context, async (scheduler) => {
      const preview = await scheduler.validate(needed(id), given);
      const { previewStruct } = await structs();
      return previewStruct({ ...preview, times: preview.times.slice(0, previewed) });
    }),
});

/** `scheduler.pause()`: always `true`. */
export const pause = method({
  parameters: [],
  returns: 'boolean',
  help: 'Has no job run by itself, until the scheduler is resumed; runs under way go on.',
  call: (context) => done(context, (scheduler) => scheduler.pause()),
});

/** `scheduler.resume()`: always `true`. */
export const resume = method({
  parameters: [],
  returns: 'boolean',
  help: 'Has jobs run by themselves again; what has come due meanwhile is run as coalesce and misfire_grace_time say.',
  call: (context) => done(context, (scheduler) => scheduler.resume()),
});

/** `scheduler.getState()`. */
export const getState = method({
  parameters: [],
  returns: 'struct',
  help: 'The state of the scheduler, what is wrong with it if anything is, its node, zone and store, and how many jobs and runs there are.',
  async call(context) {
    const view = await askScheduler(context, (scheduler) => scheduler.view());
    const { schedulerStruct } = await structs();
    return schedulerStruct(view);
  },
});

/** Only who asks for schedules has use for zones and their clocks. */
function structs(): Promise<typeof import('./schedule-structs.ts')> {
  return import('./schedule-structs.ts');
}

async function answerJob(
  context: CallContext,
  question: (scheduler: SchedulerControl) => Promise<JobView>,
): Promise<Encodable> {
  const job = await askScheduler(context, question);
  const { jobStruct } = await structs();
  return jobStruct(job, context.now());
}

/** @param question answers all attempts of a run */
function answerRun(
  context: CallContext,
  question: (scheduler: SchedulerControl) => Promise<readonly Run[]>,
): Promise<Encodable> {
  return askScheduler(context, async (scheduler) => {
    const attempts = await question(scheduler);
    const { attemptsStruct } = await structs();
    return attemptsStruct(scheduler, attempts, context.now());
  });
}

async function done(
  context: CallContext,
  order: (scheduler: SchedulerControl) => Promise<void>,
): Promise<true> {
  await askScheduler(context, order);
  return true;
}

/**
 * A job is any command, as any user: who may start and stop programs without a password may not do that.
 *
 * @throws {RpcFault} `FAILED`
 */
function refuseAnybody({ isForAnybody }: CallContext): void {
  if (!isForAnybody) return;
  throw new RpcFault(
    'FAILED',
    'this server asks for no password, and so does not let clients say what is run',
  );
}

function needed(id: string): string {
  if (id !== '') return id;
  throw new RpcFault('BAD_ARGUMENTS', 'id: a job needs one');
}

function between(least: number, most: number): Parameter<number> {
  return {
    ...integer,
    read(value) {
      const number = integer.read(value);
      if (number >= least && number <= most) return number;
      throw new RpcFault('BAD_ARGUMENTS', `${number} is not between ${least} and ${most}`);
    },
  };
}
