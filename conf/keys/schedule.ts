import { duration, timeLimit } from '../durations.ts';
import { action, failureThreshold, onLost, overlap, retries } from '../schedule-values.ts';
import { boolean, list, string } from '../values.ts';
import type { KeyTable } from './key.ts';
import { programKeys } from './program.ts';
import { scheduleDefaultKeys } from './scheduler.ts';
import { triggerKeys } from './trigger.ts';

/** Keys of a schedule about what surrounds its runs. */
const runKeys = {
  jitter: {
    read: duration,
    default: '0',
    unit: 'seconds',
    doc: 'A run starts late by chance, by up to so much. The fire times themselves do not move.',
  },
  jitter_fixed: {
    read: boolean,
    default: 'false',
    doc: 'The delay is always the same, another one on each node and for each schedule.',
  },
  ...withDefaultsOfScheduler(scheduleDefaultKeys),
  overlap: {
    read: overlap,
    default: 'skip',
    doc: 'What becomes of a fire when `max_instances` runs are under way: `skip` it; `queue`, it waits, and ages against `misfire_grace_time`; `replace`, the oldest run is stopped for it.',
  },
  timeout: {
    read: timeLimit,
    default: '0',
    doc: 'How long a run may take before it is stopped, as `stopsignal` and `stopwaitsecs` say; its outcome is TIMEOUT. 0 or `none`: as long as it likes.',
  },
  retries: {
    read: retries,
    default: '0',
    unit: 'attempts',
    doc: 'How often a run that has FAILED, or could not be started, is tried again.',
  },
  retry_delay: { read: duration, default: '10s', doc: 'How long after a failure the next attempt starts.' },
  run_on_start: {
    read: boolean,
    default: 'false',
    doc: 'Run once when the schedule is first loaded, whatever the time.',
  },
  on_success: {
    read: string,
    default: undefined,
    absent: 'nothing',
    sample: 'schedule:theschedulename',
    doc: 'What is started after a run that ended well: `program:NAME` or `schedule:NAME`.',
  },
  on_failure: {
    read: string,
    default: undefined,
    absent: 'nothing',
    sample: 'program:theprogramname',
    doc: 'The same after a run that did not, once there are no retries left.',
  },
  failure_threshold: {
    read: failureThreshold,
    default: '1',
    unit: 'failures',
    doc: 'How many failures in a row it takes for `on_failure`.',
  },
  on_lost: {
    read: onLost,
    default: 'fail',
    doc: 'What becomes of a run of which nobody knows how it ended, because its daemon is gone: `fail`, it is recorded as LOST; `rerun`, and also run again.',
  },
  hosts: {
    read: list,
    default: undefined,
    absent: 'any',
    sample: 'node1,node2',
    doc: 'Names of the nodes that may run it; see `node` in `[scheduler]`.',
  },
  paused: { read: boolean, default: 'false', doc: 'The schedule is paused when it is first loaded.' },
} satisfies KeyTable;

/** Keys of `[schedule:x]`, without those of the program. */
export const scheduleKeys = {
  program: {
    read: string,
    default: undefined,
    absent: 'needed, unless there is a `command`',
    sample: 'theprogramname',
    doc: 'The `[program:x]` that is run. With another `action`, the program, group or `group:process` that it is about.',
  },
  action: {
    read: action,
    default: 'run',
    doc: '`run`: a fresh process of the program, or of `command`. `start`, `stop`, `restart` or `signal:NAME`: what is done with the long-running processes of `program`.',
  },
  ...triggerKeys,
  timezone: { ...triggerKeys.timezone, absent: 'that of `[scheduler]`, or of the host' },
  triggers: {
    read: list,
    default: undefined,
    sample: 'first_trigger,second_trigger',
    doc: 'Names of `[trigger:x]` sections, in place of all keys above that say when; it runs at the times of any of them.',
  },
  ...runKeys,
  command: { ...programKeys.command, absent: 'needed, unless there is a `program`' },
} satisfies KeyTable;

/** All keys of `[schedule:x]`. */
export const scheduleSectionKeys = { ...programKeys, ...scheduleKeys } satisfies KeyTable;

/** Keys of a schedule that `cron=` in a program may have too, as `cron_timezone` for `timezone`. */
const cronCompanions = [
  'start_date',
  'end_date',
  'timezone',
  'dst',
  'jitter',
  'jitter_fixed',
  'misfire_grace_time',
  'coalesce',
  'retries',
  'retry_delay',
  'run_on_start',
  'on_success',
  'on_failure',
  'failure_threshold',
  'on_lost',
  'hosts',
  'history_limit',
  'history_max_age',
  'paused',
] as const satisfies readonly (keyof typeof scheduleKeys)[];

/** What a key of a schedule is called in a `[program:x]` with `cron`. */
export function cronKey(key: string): string {
  return key === 'cron' ? key : `cron_${key}`;
}

/** Keys of `[program:x]` that make a schedule of its own for it. */
export const cronKeys: KeyTable = {
  cron: {
    ...scheduleKeys.cron,
    doc: `${scheduleKeys.cron.doc} The program is started then, unless it runs.`,
  },
  ...Object.fromEntries(
    cronCompanions.map((key) => [
      cronKey(key),
      { ...scheduleKeys[key], doc: `With \`cron\`, the \`${key}\` of its [schedule](schedule.md).` },
    ]),
  ),
};

function withDefaultsOfScheduler<Table extends KeyTable>(table: Table) {
  return Object.fromEntries(
    Object.entries(table).map(([key, entry]) => [
      key,
      { ...entry, default: undefined, absent: 'that of `[scheduler]`', sample: entry.default },
    ]),
  ) as { readonly [K in keyof Table]: Omit<Table[K], 'default'> & { readonly default: undefined } };
}
