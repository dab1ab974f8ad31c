import type { Alarm, Clock } from './clock.ts';

/** Longest sleep while something is due. No timer of Node notices that the clock is set, or that the machine has slept. */
const longestSleep = 60_000;

/**
 * The clock of the machine. Somebody who sets it is noticed within a minute, by no more than looking at it; nothing
 * wakes up while nothing is due. Keeps the program running while something is.
 */
export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),

  openAlarm(wake): Alarm {
    let timer: NodeJS.Timeout | undefined;

    function sleep(until: number, setAt: number, setElapsed: number): void {
      const left = until - Date.now();
      // Above 2^31-1 ms a timer goes off at once, and a little too early at any time.
      timer = setTimeout(
        () => {
          const wasSet = Date.now() - setAt - (performance.now() - setElapsed) < -1000;
          if (Date.now() >= until || wasSet) wake();
          else sleep(until, setAt, setElapsed);
        },
        Math.min(Math.max(left, 0), longestSleep),
      );
    }

    return {
      set(at) {
        clearTimeout(timer);
        if (at !== undefined) sleep(at.getTime(), Date.now(), performance.now());
      },
      close: () => clearTimeout(timer),
    };
  },
};
