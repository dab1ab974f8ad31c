import { performance } from 'node:perf_hooks';
import { hrtime } from 'node:process';
import { clearImmediate, setImmediate } from 'node:timers';
import type { Clock, EpochSeconds, Instant, Now, Timer } from './clock.ts';

/** The most `setTimeout` can wait; with more it fires at once. */
const longestWait = 2 ** 31 - 1;

/**
 * Milliseconds that are not waited for: the next turn of the event loop comes about as soon. `setTimeout` waits for
 * one whole millisecond at least, which is as long as it takes to start a program.
 */
const asGoodAsDue = 0.01;

/** Milliseconds on the monotonic clock at which `performance.now()` was 0. It is the same clock, read faster. */
const origin = Number(hrtime.bigint()) / 1e6 - performance.now();

/** The clocks of the machine. Instants mean the same to the next daemon, as long as the machine runs. */
export const systemClock: Clock = {
  now: systemNow,
  setTimer(at: Instant, wake: () => void): Timer {
    let cancel: () => void;
    wait();
    return { cancel: () => cancel() };

    function wait(): void {
      const milliseconds = (at - systemNow().instant) * 1000;
      if (milliseconds <= asGoodAsDue) {
        const immediate = setImmediate(check);
        cancel = () => clearImmediate(immediate);
        return;
      }
      // Rounded up: Node's timers may fire a fraction of a millisecond early.
      const timeout = setTimeout(check, Math.min(Math.ceil(milliseconds), longestWait));
      cancel = () => clearTimeout(timeout);
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
