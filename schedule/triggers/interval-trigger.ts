import { TriggerError } from '../trigger-error.ts';
import { lastYear, timeOfDayText } from '../wall-clock/civil.ts';
import { type DateOption, readInstant, readJitter, specOf, zoneOf } from './options.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/**
 * What an interval trigger is made of. The lengths add up; fractions are allowed. All 0 is one second, as in
 * APScheduler.
 */
export interface IntervalOptions {
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  readonly seconds?: number | undefined;
  /** The first point of the grid; by default one interval after the trigger is bound. */
  readonly startDate?: DateOption | undefined;
  /** The last instant that can be a fire time. */
  readonly endDate?: DateOption | undefined;
  /** The zone of dates without one. Nothing else depends on it: a day is 24 hours. */
  readonly timezone?: string | undefined;
  /** Seconds by which a start may be put off by chance. */
  readonly jitter?: number | undefined;
}

/** The end of the year 9999, as for the other triggers. */
const lastInstant = Date.UTC(lastYear + 1, 0) - 1;

const secondsIn = { weeks: 604_800, days: 86_400, hours: 3600, minutes: 60, seconds: 1 } as const;
const unitNames = Object.keys(secondsIn) as readonly (keyof typeof secondsIn)[];

/**
 * Fires each time so much time has passed.
 *
 * @see apscheduler/triggers/interval.py
 */
export class IntervalTrigger implements Trigger {
  readonly jitter: number;
  readonly timezone: string | undefined;
  readonly #options: IntervalOptions;
  /** Milliseconds from one fire time to the next. */
  readonly #interval: number;
  readonly #start: number | undefined;
  readonly #end: number;

  /** @throws {TriggerError} an option is not what it has to be, or the interval is too short or too long */
  constructor(options: IntervalOptions = {}) {
    const { startDate, endDate, timezone, jitter } = options;
    this.#options = options;
    this.jitter = readJitter(jitter);
    this.timezone = timezone;
    this.#interval = lengthOf(options);
    const zone = zoneOf(timezone);
    this.#start = readInstant(startDate, zone, 'start_date');
    this.#end = readInstant(endDate, zone, 'end_date') ?? lastInstant;
  }

  getNextFireTime(previous: Date | undefined, now: Date): Date | undefined {
    const next = previous === undefined ? this.#from(now.getTime()) : previous.getTime() + this.#interval;
    return next > this.#end ? undefined : new Date(next);
  }

  getDueTimes(first: Date, now: Date): DueTimes {
    const passed = Math.min(now.getTime(), this.#end) - first.getTime();
    const later = Math.max(0, Math.floor(passed / this.#interval));
    return { last: new Date(first.getTime() + later * this.#interval), count: later + 1 };
  }

  bind({ timezone, now }: TriggerBinding): IntervalTrigger {
    if (this.timezone !== undefined && this.#start !== undefined) return this;
    const { startDate = new Date(now.getTime() + this.#interval) } = this.#options;
    return new IntervalTrigger({ ...this.#options, startDate, timezone: this.timezone ?? timezone });
  }

  toJSON(): TriggerSpec {
    const { weeks, days, hours, minutes, seconds, startDate, endDate, timezone, jitter } = this.#options;
    const bounds = { startDate, endDate, timezone, jitter };
    return specOf('interval', { weeks, days, hours, minutes, seconds, ...bounds });
  }

  toString(): string {
    return `interval[${lengthText(this.#interval)}]`;
  }

  /** The first point of the grid at an instant or after it. */
  #from(now: number): number {
    if (this.#start === undefined) return now + this.#interval;
    const passed = Math.max(0, now - this.#start);
    return this.#start + Math.ceil(passed / this.#interval) * this.#interval;
  }
}

function lengthOf(options: IntervalOptions): number {
  let seconds = 0;
  for (const unit of unitNames) {
    const count = options[unit] ?? 0;
    if (!Number.isFinite(count)) throw new TriggerError(`${unit} must be a number`, { field: unit });
    seconds += count * secondsIn[unit];
  }
  const length = Math.round((seconds === 0 ? 1 : seconds) * 1000);
  if (length < 1) throw new TriggerError('the interval must be a millisecond or more');
  if (length > lastInstant) throw new TriggerError(`the interval reaches beyond the year ${lastYear}`);
  return length;
}

const day = 86_400_000;

/** As Python prints a `timedelta`: `1 day, 1:00:01`. */
function lengthText(milliseconds: number): string {
  const days = Math.floor(milliseconds / day);
  const time = timeOfDayText(Math.floor((milliseconds % day) / 1000)).replace(/^0/, '');
  const fraction = milliseconds % 1000;
  const fractionText = fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}000`;
  return `${days === 0 ? '' : `${days} day${days === 1 ? '' : 's'}, `}${time}${fractionText}`;
}
