import { performance } from 'node:perf_hooks';
import { hrtime } from 'node:process';
import type { Clock, EpochSeconds, Instant, Now, Timer } from './clock.ts';

/** The most `setTimeout` can wait; with more it fires at once. */
const longestWait = 2 ** 31 - 1;

/** Milliseconds on the monotonic clock at which `performance.now()` was 0. It is the same clock, read faster. */
const origin = Number(hrtime.bigint()) / 1e6 - performance.now();

/** The clocks of the machine. Instants mean the same to the next daemon, as long as the machine runs. */
export const systemClock: Clock = {
  now: systemNow,
  setTimer(at: Instant, wake: () => void): Timer {
    let timeout: NodeJS.Timeout;
    wait();
    return { cancel: () => clearTimeout(timeout) };

    function wait(): void {
      // Rounded up: Node's timers may fire a fraction of a millisecond early.
      const milliseconds = Math.ceil((at - systemNow().instant) * 1000);
      timeout = setTimeout(check, Math.min(Math.max(milliseconds, 0), longestWait));
    }

    function check(): void {
      if (systemNow().instant >= at) wake();
      else wait();
    }
  },
};

function systemNow(): Now {
  return {
    instant: ((origin + performance.now()) / 1000) as Instant,
    epoch: (Date.now() / 1000) as EpochSeconds,
  };
}
