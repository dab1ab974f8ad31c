/** Readers of values that only schedules have. */
import type { Coalesce, OnLost, Overlap } from '../schedule/job.ts';
import { TriggerError } from '../schedule/trigger-error.ts';
import { timeZone } from '../schedule/wall-clock/time-zone.ts';
import { InvalidValue } from './invalid-value.ts';
import { repr, strip } from './python-text.ts';
import type { Reader } from './reader.ts';
import type { SchedulerSettings } from './schedule-settings.ts';
import { signalNumber } from './signals.ts';
import { boolean, integer, oneOf } from './values.ts';

/** Where jobs are kept. */
export const jobStore: Reader<SchedulerSettings['jobstore']> = oneOf('jobstore', [
  'sqlite',
  'memory',
  'redis',
]);

/** Name of a daemon among others: a word of events, and one of a list in `hosts`. */
export const nodeName: Reader<string> = {
  type: 'name',
  read(text) {
    if (/^[^\s:,\p{Cc}]+$/u.test(text)) return text;
    throw new InvalidValue(`expected a name without blanks, colons and commas, not ${repr(text)}`);
  },
};

/** What becomes of a fire that finds too many runs under way. */
export const overlap: Reader<Overlap> = oneOf('overlap', ['skip', 'queue', 'replace']);

/** What becomes of a run whose node is gone. */
export const onLost: Reader<OnLost> = oneOf('on_lost', ['fail', 'rerun']);

/** Whether clocks that are set forward or back change how often something runs. */
export const daylightSaving: Reader<'wallclock' | 'once'> = oneOf('dst', ['wallclock', 'once']);

const coalesceWords: readonly Coalesce[] = ['latest', 'earliest', 'all'];

/** Which of several fire times that have come due are run; a boolean as in APScheduler, or a word. */
export const coalesce: Reader<Coalesce> = {
  type: 'coalesce',
  read(text, context) {
    const word = coalesceWords.find((candidate) => candidate === text.toLowerCase());
    if (word !== undefined) return word;
    try {
      return boolean.read(text, context) ? 'latest' : 'all';
    } catch {
      throw new InvalidValue(`expected true, false, latest, earliest or all, not ${repr(text)}`);
    }
  },
};

/** An integer that is at least `least`, and at most `most`. */
function integerBetween(least: number, most: number): Reader<number> {
  return {
    type: integer.type,
    read(text, context) {
      const value = integer.read(text, context);
      if (value >= least && value <= most) return value;
      const bound = value < least ? `at least ${least}` : `at most ${most}`;
      throw new InvalidValue(`expected an integer of ${bound}, not ${repr(text)}`);
    },
  };
}

/** Each instance of a schedule has processes of its own, so there is an end to it. */
export const maxInstances = integerBetween(1, 1000);
/** How many records are kept; 0: none. */
export const historyLimit = integerBetween(0, 1_000_000);
/** How often something is tried again. */
export const retries = integerBetween(0, 1_000_000);
/** How many failures in a row count. */
export const failureThreshold = integerBetween(1, 1_000_000);

/** Name of a time zone, or an offset. */
export const timezone: Reader<string> = {
  type: 'time zone',
  read(text) {
    try {
      return timeZone(strip(text)).name;
    } catch (error) {
      if (error instanceof TriggerError) throw new InvalidValue(error.reason);
      throw error;
    }
  },
};

/** A field of a cron trigger. The trigger looks into it. */
export const cronField: Reader<string> = { type: 'cron field', read: strip };

/** A line of a crontab. */
export const crontab: Reader<string> = { type: 'crontab line', read: strip };

/** A date, or a date and a time. */
export const dateText: Reader<string> = { type: 'date', read: strip };

/** What a clock on the wall shows. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** `HH:MM` or `HH:MM:SS`. */
export const timeOfDay: Reader<TimeOfDay> = {
  type: 'time of day',
  read(text) {
    const [, hour, minute, second = 0] = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(strip(text)) ?? [];
    const time = { hour: Number(hour), minute: Number(minute), second: Number(second) };
    if (time.hour <= 23 && time.minute <= 59 && time.second <= 59) return time;
    throw new InvalidValue(`expected a time of day such as 04:30 or 04:30:00, not ${repr(text)}`);
  },
};

/** What a schedule does: `signal` with the number of the signal. */
export type ActionWord =
  | { readonly type: 'run' | 'start' | 'stop' | 'restart' }
  | { readonly type: 'signal'; readonly signal: number };

const actionWords = ['run', 'start', 'stop', 'restart'] as const;

/** `run`, `start`, `stop`, `restart` or `signal:NAME`. */
export const action: Reader<ActionWord> = {
  type: 'action',
  read(text) {
    const written = strip(text);
    const lower = written.toLowerCase();
    const type = actionWords.find((word) => word === lower);
    if (type !== undefined) return { type };
    if (lower.startsWith('signal:')) return { type: 'signal', signal: signalNumber(written.slice(7)) };
    throw new InvalidValue(`expected run, start, stop, restart or signal:NAME, not ${repr(text)}`);
  },
};
