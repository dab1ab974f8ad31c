import { setImmediate } from 'node:timers/promises';
import type { Alarm, Clock } from '../../../schedule/clock.ts';

/** A clock that stands still until the test moves or sets it. */
export class ManualClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #alarms = new Map<Alarm, { at: number | undefined; readonly wake: () => void }>();
  /** How often an alarm has gone off. */
  wakes = 0;

  constructor(now: string | Date = '2026-01-05T00:00:00Z') {
    this.#now = new Date(now).getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  elapsed(): number {
    return this.#elapsed;
  }

  openAlarm(wake: () => void): Alarm {
    const state = { at: undefined as number | undefined, wake };
    const alarm: Alarm = {
      set: (at) => {
        state.at = at?.getTime();
      },
      close: () => void this.#alarms.delete(alarm),
    };
    this.#alarms.set(alarm, state);
    return alarm;
  }

  /** When the next alarm goes off; `undefined`: nobody wants to be woken. */
  get alarm(): Date | undefined {
    const at = this.#next()?.at;
    return at === undefined ? undefined : new Date(at);
  }

  /** Lets time pass; alarms go off on the way, each at its moment. */
  async advance(seconds: number): Promise<void> {
    await quiet();
    const end = this.#now + seconds * 1000;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#moveTo(Math.max(this.#now, next.at));
      await this.#goOff(next.state);
    }
    this.#moveTo(end);
  }

  /** Somebody sets the clock, or the machine wakes up, which all alarms notice. */
  async setTo(now: string | Date): Promise<void> {
    await quiet();
    this.#now = new Date(now).getTime();
    for (const state of this.#alarms.values()) await this.#goOff(state);
  }

  #moveTo(now: number): void {
    this.#elapsed += now - this.#now;
    this.#now = now;
  }

  async #goOff(state: { at: number | undefined; readonly wake: () => void }): Promise<void> {
    state.at = undefined;
    this.wakes += 1;
    state.wake();
    await quiet();
  }

  #next() {
    return [...this.#alarms.values()]
      .flatMap((state) => (state.at === undefined ? [] : [{ at: state.at, state }]))
      .sort((one, other) => one.at - other.at)[0];
  }
}

/** Resolves when everything that does not wait for time or for the machine has been done. */
export async function quiet(): Promise<void> {
  await setImmediate();
}
