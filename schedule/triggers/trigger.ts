import type { Json } from '../json.ts';

/** A trigger as plain data, of which `triggerFromSpec` makes an equal one. */
export type TriggerSpec = { readonly type: string; readonly [option: string]: Json };

/** Says when a job is to run. */
export interface Trigger {
  /** Seconds by which a start may be put off by chance; 0: none. The fire times themselves never move. */
  readonly jitter: number;
  /**
   * The next fire time, without jitter; `undefined` for none.
   *
   * @param previous the fire time before; without one the first fire time at or after `now`
   */
  getNextFireTime(previous: Date | undefined, now: Date): Date | undefined;
  /**
   * Of the fire times from `first`, which is one, to `now`: the last, and how many. Takes no longer for millions
   * than for one.
   */
  getDueTimes(first: Date, now: Date): DueTimes;
  toJSON(): TriggerSpec;
  /** As APScheduler prints it, such as `cron[hour='3', minute='*\/5']`. */
  toString(): string;
}

export interface DueTimes {
  readonly last: Date;
  readonly count: number;
}
