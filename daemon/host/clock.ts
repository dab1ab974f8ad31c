/**
 * Two clocks, kept apart by their types. Deadlines use monotonic time, so that a stepped system clock
 * changes nothing; times that users see use wall time.
 */

/** Seconds on the monotonic clock, from an origin that stays as long as the machine runs; fractions to the microsecond. */
export type Instant = number & { readonly unit: 'Instant' };

/** Seconds since 1970-01-01T00:00:00Z, as users and clients see them; fractions to the millisecond. */
export type EpochSeconds = number & { readonly unit: 'EpochSeconds' };

/** The present moment on both clocks, read once for each input. */
export interface Now {
  readonly instant: Instant;
  readonly epoch: EpochSeconds;
}

/** A clock that can also wake its reader. Tests move one by hand. */
export interface Clock {
  now(): Now;
  /** Calls `wake` once, at or just after `at`; never before. */
  setTimer(at: Instant, wake: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** The instant `seconds` later. */
export function after(instant: Instant, seconds: number): Instant {
  return (instant + seconds) as Instant;
}

/** Wall time, for what is due at a time of day. Somebody may set it, forward or back. */
export interface WallClock {
  now(): EpochSeconds;
  /** @param wake called whenever the alarm goes off */
  openAlarm(wake: () => void): WallAlarm;
}

export interface WallAlarm {
  /** Goes off once when it is `at` or later, and at once when the clock is set; replaces what was set before. */
  set(at: EpochSeconds): void;
  close(): void;
}
