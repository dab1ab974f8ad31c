import {
  after,
  type Clock,
  type EpochSeconds,
  type Instant,
  type Now,
  type Timer,
} from '../../daemon/host/clock.ts';

interface PendingTimer {
  readonly at: Instant;
  readonly wake: () => void;
}

/** A clock that stands still until the test moves it. Both of its clocks start at round values. */
export class SimulatedClock implements Clock {
  #instant = 1_000;
  #epoch = 1_700_000_000;
  /** How many timers have fired. */
  wakes = 0;
  readonly #timers = new Set<PendingTimer>();

  /** Timers waiting to fire; 0: nothing would ever wake the daemon by itself. */
  get armedTimers(): number {
    return this.#timers.size;
  }

  /** When the next timer fires, or `undefined`. */
  get nextTimer(): Instant | undefined {
    return this.#earliest()?.at;
  }

  now(): Now {
    return { instant: this.#instant as Instant, epoch: this.#epoch as EpochSeconds };
  }

  setTimer(at: Instant, wake: () => void): Timer {
    const timer = { at, wake };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Lets `seconds` pass; each timer that comes due meanwhile fires at its own moment. */
  advance(seconds: number): void {
    const end = after(this.#instant as Instant, seconds);
    for (let timer = this.#earliest(); timer !== undefined && timer.at <= end; timer = this.#earliest()) {
      this.#moveTo(Math.max(timer.at, this.#instant));
      this.#timers.delete(timer);
      this.wakes += 1;
      timer.wake();
    }
    this.#moveTo(Math.max(end, this.#instant));
  }

  /** Lets time pass up to the next timer and fires it; `false` if there is none. */
  advanceToNextTimer(): boolean {
    const timer = this.#earliest();
    if (timer === undefined) return false;
    this.advance(Math.max(0, timer.at - this.#instant));
    return true;
  }

  /** Something takes `seconds` to do: time passes, and no timer gets the chance to fire. */
  work(seconds: number): void {
    this.#moveTo(this.#instant + seconds);
  }

  /** Somebody sets the system clock: wall time jumps, monotonic time does not. */
  stepWallClock(seconds: number): void {
    this.#epoch += seconds;
  }

  #moveTo(instant: number): void {
    this.#epoch += instant - this.#instant;
    this.#instant = instant;
  }

  #earliest(): PendingTimer | undefined {
    let earliest: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.at < earliest.at) earliest = timer;
    }
    return earliest;
  }
}
