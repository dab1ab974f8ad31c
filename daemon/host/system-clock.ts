import { performance } from 'node:perf_hooks';
import type { Clock, EpochSeconds, Instant, Now, Timer } from './clock.ts';

/** The most `setTimeout` can wait; with more it fires at once. */
const longestWait = 2 ** 31 - 1;

/** The clocks of the machine. */
export const systemClock: Clock = {
  now: systemNow,
  setTimer(at: Instant, wake: () => void): Timer {
    let timeout: NodeJS.Timeout;
    wait();
    return { cancel: () => clearTimeout(timeout) };

    function wait(): void {
      // Rounded up: Node's timers may fire a fraction of a millisecond early.
      const milliseconds = Math.ceil(at * 1000 - performance.now());
      timeout = setTimeout(check, Math.min(Math.max(milliseconds, 0), longestWait));
    }

    function check(): void {
      if (performance.now() >= at * 1000) wake();
      else wait();
    }
  },
};

function systemNow(): Now {
  return {
    instant: (performance.now() / 1000) as Instant,
    epoch: (Date.now() / 1000) as EpochSeconds,
  };
}
