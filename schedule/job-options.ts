import type { JobFunction } from './executor.ts';
import type { Coalesce, Job, JobSource, JobSpec, OnLost, Overlap } from './job.ts';
import type { Json } from './json.ts';

/** What can be said of a job, also later. */
export interface JobAttributes {
  readonly name?: string;
  readonly args?: readonly Json[];
  readonly executor?: string;
  /** Seconds by which a run may start late; `null`: any time. */
  readonly misfireGraceTime?: number | null;
  /** `true` is `latest`, `false` is `all`. */
  readonly coalesce?: Coalesce | boolean;
  readonly maxInstances?: number;
  readonly overlap?: Overlap;
  /** `null`: paused. */
  readonly nextRunTime?: Date | null;
  /** Seconds after which a run is ended; `null`: never. */
  readonly timeout?: number | null;
  readonly retries?: number;
  /** Seconds from a failure to the next try. */
  readonly retryDelay?: number;
  readonly onLost?: OnLost;
  readonly hosts?: readonly string[] | null;
  readonly historyLimit?: number;
  /** Seconds; `null`: for ever. */
  readonly historyMaxAge?: number | null;
  readonly source?: JobSource;
  readonly data?: Json;
}

/** What is said of a job when it is added. */
export interface JobOptions extends JobAttributes {
  /** By default 32 hexadecimal digits by chance. */
  readonly id?: string;
  readonly jobStore?: string;
  /** A job of that id is replaced; if its trigger is the same, it goes on where it stands. */
  readonly replaceExisting?: boolean;
}

/** What a job has unless it says otherwise. */
export type JobDefaults = Omit<JobAttributes, 'name' | 'args' | 'nextRunTime' | 'data'>;

/** What can be changed about a job with `modifyJob`. */
export interface JobChanges extends JobAttributes {
  readonly func?: string | JobFunction;
}

/** The attributes of a spec that are options by the same name, and what they are if nobody says anything. */
const defaults = {
  executor: 'default',
  misfireGraceTime: 1,
  coalesce: 'latest',
  maxInstances: 1,
  overlap: 'skip',
  timeout: null,
  retries: 0,
  retryDelay: 10,
  onLost: 'fail',
  hosts: null,
  historyLimit: 10,
  historyMaxAge: null,
  source: 'api',
} satisfies Partial<JobSpec>;

type Defaulted = keyof typeof defaults;

const attributeNames = [...Object.keys(defaults), 'name', 'args', 'nextRunTime', 'data'];
const optionNames = [...attributeNames, 'id', 'jobStore', 'replaceExisting'];

/** Parts options of a job from those of its trigger, which may stand among them. */
export function partOptions(options: object): { own: JobOptions; ofTrigger: Record<string, unknown> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  const isOwn = ([key]: [string, unknown]) => optionNames.includes(key);
  return {
    own: Object.fromEntries(entries.filter(isOwn)),
    ofTrigger: Object.fromEntries(entries.filter((entry) => !isOwn(entry))),
  };
}

/** The part of a spec that has defaults. @throws an attribute is not what it has to be, with APScheduler's text */
export function specOf(options: JobAttributes, jobDefaults: JobDefaults): Pick<JobSpec, Defaulted> {
  return { ...defaults, ...checked({ ...jobDefaults, ...options }) };
}

/**
 * What is to change about a job.
 *
 * @throws an attribute is not what it has to be, or none that can be changed, with APScheduler's text
 * @see apscheduler/job.py, `_modify`
 */
export function changesOf(changes: object): Partial<JobSpec> {
  const others = Object.keys(changes).filter((key) => !attributeNames.includes(key));
  if (others.includes('id')) throw new Error('The job ID may not be changed');
  if (others.length > 0) {
    throw new Error(`The following are not modifiable attributes of Job: ${others.join(', ')}`);
  }
  return checked(changes);
}

/** Whether two triggers are given in the same words. */
export function isSameTrigger(one: Job['givenTrigger'], other: Job['givenTrigger']): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

function checked(attributes: JobAttributes): Partial<JobSpec> {
  const { coalesce, nextRunTime: _, ...others } = attributes;
  for (const [name, isValid, text] of rules) {
    const value: unknown = Reflect.get(others, name);
    if (value !== undefined && !isValid(value)) throw new Error(text);
  }
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  return coalesce === undefined ? given : { ...given, coalesce: readCoalesce(coalesce) };
}

function readCoalesce(coalesce: Coalesce | boolean): Coalesce {
  if (typeof coalesce === 'boolean') return coalesce ? 'latest' : 'all';
  if (['latest', 'earliest', 'all'].includes(coalesce)) return coalesce;
  throw new Error('coalesce must be a boolean, latest, earliest or all');
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isSeconds = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;

const rules: readonly [keyof JobAttributes, (value: unknown) => boolean, string][] = [
  ['name', isText, 'name must be a nonempty string'],
  ['executor', isText, 'executor must be a string'],
  ['args', Array.isArray, 'args must be a non-string iterable'],
  [
    'misfireGraceTime',
    (value) => value === null || (isSeconds(value) && value !== 0),
    'misfire_grace_time must be either None or a positive integer',
  ],
  ['maxInstances', (value) => isCount(value) && value !== 0, 'max_instances must be a positive integer'],
  [
    'overlap',
    (value) => value === 'skip' || value === 'queue' || value === 'replace',
    'overlap must be skip, queue or replace',
  ],
  [
    'timeout',
    (value) => value === null || (isSeconds(value) && value !== 0),
    'timeout must be either null or a positive number of seconds',
  ],
  ['retries', isCount, 'retries must be an integer, 0 or more'],
  ['retryDelay', isSeconds, 'retryDelay must be a number of seconds, 0 or more'],
  ['onLost', (value) => value === 'fail' || value === 'rerun', 'onLost must be fail or rerun'],
  [
    'hosts',
    (value) => value === null || Array.isArray(value),
    'hosts must be either null or a list of nodes',
  ],
  ['historyLimit', isCount, 'historyLimit must be an integer, 0 or more'],
  [
    'historyMaxAge',
    (value) => value === null || isSeconds(value),
    'historyMaxAge must be either null or a number of seconds, 0 or more',
  ],
];
