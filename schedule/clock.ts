/** Wall time, and somebody to wake the scheduler at one. Tests move one by hand. */
export interface Clock {
  now(): Date;
  /** Milliseconds since any one moment, on a clock that nobody sets. Timeouts and leases go by it. */
  elapsed(): number;
  /** @param wake called whenever the alarm goes off */
  openAlarm(wake: () => void): Alarm;
}

export interface Alarm {
  /**
   * Goes off once when it is `at` or later, and at once when somebody has set the clock; replaces what was set
   * before. `undefined`: not at all.
   */
  set(at: Date | undefined): void;
  close(): void;
}
