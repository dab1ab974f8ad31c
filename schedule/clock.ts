/** Wall time, and somebody to wake the scheduler at one. Tests move one by hand. */
export interface Clock {
  now(): Date;
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
