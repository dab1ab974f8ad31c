import { formatInstant } from '../wall-clock/date-text.ts';
import { hostTimeZone } from '../wall-clock/host-time-zone.ts';
import { type DateOption, readInstant, specOf, zoneOf } from './options.ts';
import type { DueTimes, Trigger, TriggerBinding, TriggerSpec } from './trigger.ts';

/** What a date trigger is made of. */
export interface DateOptions {
  /** The only fire time; by default the moment at which the trigger is bound. */
  readonly runDate?: DateOption | undefined;
  readonly timezone?: string | undefined;
}

/**
 * Fires once, also if that is past already: whether it is too late is for others to say.
 *
 * @see apscheduler/triggers/date.py
 */
export class DateTrigger implements Trigger {
  readonly jitter = 0;
  readonly timezone: string | undefined;
  readonly #options: DateOptions;
  readonly #runDate: number | undefined;

  /** @throws {TriggerError} an option is not what it has to be */
  constructor(options: DateOptions = {}) {
    this.#options = options;
    this.timezone = options.timezone;
    this.#runDate = readInstant(options.runDate, zoneOf(options.timezone), 'run_date');
  }

  getNextFireTime(previous: Date | undefined, now: Date): Date | undefined {
    return previous === undefined ? new Date(this.#runDate ?? now.getTime()) : undefined;
  }

  getDueTimes(first: Date): DueTimes {
    return { last: first, count: 1 };
  }

  bind({ timezone, now }: TriggerBinding): DateTrigger {
    if (this.timezone !== undefined && this.#runDate !== undefined) return this;
    return new DateTrigger({ runDate: this.#options.runDate ?? now, timezone: this.timezone ?? timezone });
  }

  toJSON(): TriggerSpec {
    const { runDate, timezone } = this.#options;
    return specOf('date', { runDate, timezone });
  }

  toString(): string {
    if (this.#runDate === undefined) return 'date[now]';
    return `date[${formatInstant(new Date(this.#runDate), this.timezone ?? hostTimeZone())}]`;
  }
}
