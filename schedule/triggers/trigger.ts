/** What says when a job is to run. Each is a value: nothing about it changes once it is made. */

/** What JSON can hold. */
export type SpecValue =
  | string
  | number
  | boolean
  | null
  | readonly SpecValue[]
  | { readonly [key: string]: SpecValue };

/** A trigger as plain JSON: the name of its type, and the options it was made with. */
export interface TriggerSpec {
  /** A key of `triggerTypes`, such as `cron`. */
  readonly type: string;
  readonly [option: string]: SpecValue;
}

/** What a trigger takes from its surroundings where it was given none of its own. */
export interface TriggerBinding {
  /** Such as `Europe/Berlin`, `UTC` or `+02:00`. */
  readonly timezone: string;
  /** The moment from which an interval without a start counts. */
  readonly now: Date;
}

/**
 * When a job runs: a set of instants, its fire times. Chance has no part in them.
 *
 * @see apscheduler/triggers/base.py
 */
export interface Trigger {
  /** Seconds by which a start may be put off by chance; the grid of fire times never moves. 0 for none. */
  readonly jitter: number;

  /** The zone that its wall-clock times are of; `undefined` before it is bound to one. */
  readonly timezone: string | undefined;

  /**
   * The next nominal fire time; `undefined` if there is none. No jitter is in it.
   *
   * Without `previous` that is the first one from `now` on. With `previous` it is the one after that, even if
   * `now` is past it: catching up goes run by run. Intervals, those of the calendar too, then count from
   * `previous`, whatever `now` is. The others start again from `now` if the clock has been set back behind
   * `previous`.
   *
   * @param previous the fire time before, if there was one
   */
  getNextFireTime(previous: Date | undefined, now: Date): Date | undefined;

  /**
   * Of the fire times from `first` to `now`, both included, the last one and how many there are. `first` counts
   * in any case: it is what was due. The work hardly grows with the number of fire times.
   */
  getDueTimes(first: Date, now: Date): DueTimes;

  /**
   * A trigger with nothing left open: with the zone and the start that this one lacks, or itself if it lacks none.
   * An unbound trigger can be asked too; it takes the host's zone, and `now` of the question.
   */
  bind(to: TriggerBinding): Trigger;

  /** Plain JSON from which `triggerFromSpec` makes an equal trigger. */
  toJSON(): TriggerSpec;

  /** As APScheduler prints it: `cron[hour='3', minute='*\/5']`, `interval[1 day, 1:00:01]`. */
  toString(): string;
}

/** Fire times that are due. */
export interface DueTimes {
  readonly last: Date;
  readonly count: number;
}
