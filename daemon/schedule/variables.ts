/** What the processes of a run are told, and those that are started because of one. */
import { createHash } from 'node:crypto';
import type { Environment } from '../../conf/settings.ts';
import type { Json } from '../../schedule/json.ts';
import type { Run } from '../../schedule/run.ts';
import { formatInstant } from '../../schedule/wall-clock/date-text.ts';
import type { Occasion } from '../process/occasion.ts';

/** Variables of a run that another one has led to, as they are kept with it. */
export type Cause = readonly (readonly [name: string, value: string])[];

/** The start of a process that is a part of a run. @param cause of the run that has led to this one */
export function occasionOfRun(run: Run, timezone: string, cause: Cause): Occasion {
  const { id, attempt, jobId, fireTime } = run;
  const scheduled = formatInstant(fireTime, timezone);
  const environment: Environment = new Map([
    ['SUPERVISOR_SCHEDULE', jobId],
    ['SUPERVISOR_RUN_ID', id],
    ['SUPERVISOR_SCHEDULED', scheduled],
    ['SUPERVISOR_ATTEMPT', String(attempt)],
    ['SUPERVISOR_RUN_CAUSE', run.cause],
    ...cause,
  ]);
  return { runId: id, attempt, names: { run_id: id, scheduled }, environment };
}

/** The start of a process that follows a run. */
export function occasionAfter(run: Run, timezone: string): Occasion {
  const { id, attempt } = run;
  return { runId: id, attempt, names: undefined, environment: new Map(causeOf(run, timezone)) };
}

/** What follows a run is told of it. */
export function causeOf(run: Run, timezone: string): Cause {
  const { id, jobId, fireTime, state, exitStatus, signal } = run;
  return [
    ['SUPERVISOR_CAUSE_SCHEDULE', jobId],
    ['SUPERVISOR_CAUSE_RUN_ID', id],
    ['SUPERVISOR_CAUSE_SCHEDULED', formatInstant(fireTime, timezone)],
    ['SUPERVISOR_CAUSE_OUTCOME', state],
    ...(exitStatus === undefined ? [] : [['SUPERVISOR_CAUSE_EXITSTATUS', String(exitStatus)] as const]),
    ...(signal === undefined ? [] : [['SUPERVISOR_CAUSE_SIGNAL', String(signal)] as const]),
  ];
}

/** Kept with a run that follows another. */
export function dataOfCause(cause: Cause): Json {
  return { cause };
}

/** The run, if any, that has led to one: of its first attempt, which all share. */
export function causeIn(data: Json): Cause {
  const { cause } = (data ?? {}) as { readonly cause?: Cause };
  return Array.isArray(cause) ? cause : [];
}

/** Crockford's base 32, as in the ids that the library makes. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The id of the run that follows another: always the same, so that there is never a second one, whoever is killed in
 * between. It sorts by the time at which it is asked for first, like others.
 */
export function idOfFollower({ id, attempt, ended }: Run, schedule: string): string {
  const bytes = createHash('sha256').update(`${id}\0${attempt}\0${schedule}`).digest().subarray(0, 16);
  const rest = Array.from(bytes, (byte) => digits[byte % digits.length]).join('');
  return timeDigits(ended ?? new Date(0)) + rest;
}

function timeDigits(time: Date): string {
  let text = '';
  for (let rest = BigInt(time.getTime()); text.length < 10; rest >>= 5n) {
    text = digits[Number(rest & 31n)] + text;
  }
  return text;
}
