import type { Alarm, Clock as LibraryClock } from '../../schedule/clock.ts';
import type { Clock, EpochSeconds, WallAlarm, WallClock } from '../host/clock.ts';

/**
 * The daemon's clocks as schedules need them. An alarm that is not set takes nothing, and one that is set does not
 * wake the daemon before its time, be that years away; unless somebody sets the clock.
 */
export function libraryClock(wallClock: WallClock, clock: Clock): LibraryClock {
  return {
    now: () => new Date(Math.floor(wallClock.now() * 1000)),
    elapsed: () => clock.now().instant * 1000,
    openAlarm: (wake) => new OptionalAlarm(wallClock, wake),
  };
}

class OptionalAlarm implements Alarm {
  readonly #wallClock: WallClock;
  readonly #wake: () => void;
  #alarm: WallAlarm | undefined;

  constructor(wallClock: WallClock, wake: () => void) {
    this.#wallClock = wallClock;
    this.#wake = wake;
  }

  set(at: Date | undefined): void {
    if (at === undefined) {
      this.close();
      return;
    }
    this.#alarm ??= this.#wallClock.openAlarm(this.#wake);
    this.#alarm.set((at.getTime() / 1000) as EpochSeconds);
  }

  close(): void {
    this.#alarm?.close();
    this.#alarm = undefined;
  }
}
