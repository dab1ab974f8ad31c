import type { EpochSeconds, WallAlarm, WallClock } from '../../daemon/host/clock.ts';

/** A wall clock that stands still until the test moves or sets it. */
export class SimulatedWallClock implements WallClock {
  #now = 1_700_000_000;
  readonly #alarms = new Map<WallAlarm, { at: number | undefined; readonly wake: () => void }>();
  /** How often an alarm has gone off. */
  wakes = 0;

  get openAlarms(): number {
    return this.#alarms.size;
  }

  now(): EpochSeconds {
    return this.#now as EpochSeconds;
  }

  openAlarm(wake: () => void): WallAlarm {
    const state = { at: undefined as number | undefined, wake };
    const alarm = {
      set: (at: EpochSeconds) => {
        state.at = at;
      },
      close: () => void this.#alarms.delete(alarm),
    };
    this.#alarms.set(alarm, state);
    return alarm;
  }

  /** Lets time pass; alarms go off on the way, each at its moment. */
  advance(seconds: number): void {
    const end = this.#now + seconds;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at);
      this.#goOff(next.state);
    }
    this.#now = end;
  }

  /** Somebody sets the clock, which all alarms notice. */
  step(seconds: number): void {
    this.#now += seconds;
    for (const state of this.#alarms.values()) this.#goOff(state);
  }

  #goOff(state: { at: number | undefined; readonly wake: () => void }): void {
    state.at = undefined;
    this.wakes += 1;
    state.wake();
  }

  #next() {
    return [...this.#alarms.values()]
      .flatMap((state) => (state.at === undefined ? [] : [{ at: state.at, state }]))
      .sort((one, other) => one.at - other.at)[0];
  }
}
