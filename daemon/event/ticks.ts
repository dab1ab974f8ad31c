import type { EpochSeconds, WallAlarm, WallClock } from '../host/clock.ts';
import type { TickEvent } from './event.ts';

/** Seconds between the events of each type. Each period is a multiple of those before it. */
const periods = { TICK_5: 5, TICK_60: 60, TICK_3600: 3600 } as const satisfies {
  readonly [T in TickEvent['type']]: number;
};
const tickTypes = Object.keys(periods) as TickEvent['type'][];

export interface TickDependencies {
  readonly clock: WallClock;
  /** Whether anybody receives such events. */
  readonly isWanted: (type: TickEvent['type']) => boolean;
  readonly emit: (event: TickEvent) => void;
}

/**
 * Tells of each new slice of wall-clock time, as long as somebody wants to know; else there is no alarm, and
 * nothing wakes the daemon. One event for each change: periods that passed unseen are not made up for, and a
 * clock that is set back makes a change too.
 *
 * @see supervisor/supervisord.py, `Supervisor.tick`
 */
export class Ticks {
  readonly #dependencies: TickDependencies;
  /** Start of the present period of each wanted type. */
  readonly #slices = new Map<TickEvent['type'], EpochSeconds>();
  #alarm: WallAlarm | undefined;

  constructor(dependencies: TickDependencies) {
    this.#dependencies = dependencies;
  }

  /** Somebody has begun or ceased to want ticks. */
  wantedTypesChanged(): void {
    const { clock, isWanted } = this.#dependencies;
    const now = clock.now();
    for (const type of tickTypes) {
      if (!isWanted(type)) this.#slices.delete(type);
      else if (!this.#slices.has(type)) this.#slices.set(type, sliceStart(type, now));
    }
    this.#arm(now);
  }

  /** Ends the alarm. */
  [Symbol.dispose](): void {
    this.#alarm?.close();
    this.#alarm = undefined;
    this.#slices.clear();
  }

  #wake(): void {
    const now = this.#dependencies.clock.now();
    for (const type of tickTypes) {
      const last = this.#slices.get(type);
      const when = sliceStart(type, now);
      if (last === undefined || last === when) continue;
      this.#slices.set(type, when);
      this.#dependencies.emit({ type, when });
    }
    this.#arm(now);
  }

  /** The shortest wanted period ends first, since the longer ones are multiples of it. */
  #arm(now: EpochSeconds): void {
    const shortest = tickTypes.find((type) => this.#slices.has(type));
    if (shortest === undefined) {
      this[Symbol.dispose]();
      return;
    }
    this.#alarm ??= this.#dependencies.clock.openAlarm(() => this.#wake());
    this.#alarm.set((sliceStart(shortest, now) + periods[shortest]) as EpochSeconds);
  }
}

function sliceStart(type: TickEvent['type'], now: EpochSeconds): EpochSeconds {
  return (Math.floor(now / periods[type]) * periods[type]) as EpochSeconds;
}
