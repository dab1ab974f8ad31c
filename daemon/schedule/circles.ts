/**
 * Schedules may follow each other in a circle. Where each run ends at once, that would start processes as fast as the
 * machine can. So what a chain comes back to waits, until some time has passed since it was there last.
 */
import { after, type Instant } from '../host/clock.ts';

/** Seconds from one run of a schedule to the next one that the same chain leads to. */
const pauseSecs = 1;

export interface Follower {
  readonly runId: string;
  readonly schedule: string;
}

export class Circles {
  /** By run: the schedules that its chain has led to in the last seconds, and when each was to start. */
  readonly #ways = new Map<string, ReadonlyMap<string, Instant>>();

  /**
   * A run is to be followed by another one.
   *
   * @returns seconds for which that has to wait
   */
  follow(runId: string, follower: Follower, now: Instant): number {
    const isRecent = (start: Instant): boolean => after(start, pauseSecs) > now;
    const way = [...(this.#ways.get(runId) ?? [])].filter(([, start]) => isRecent(start));
    const last = way.find(([schedule]) => schedule === follower.schedule)?.[1];
    const start = last === undefined ? now : after(last, pauseSecs);
    this.#forget(isRecent);
    this.#ways.set(follower.runId, new Map([...way, [follower.schedule, start]]));
    return start - now;
  }

  /** The oldest ones, as far as they mean nothing any more. */
  #forget(isRecent: (start: Instant) => boolean): void {
    for (const [runId, way] of this.#ways) {
      if ([...way.values()].some(isRecent)) return;
      this.#ways.delete(runId);
    }
  }
}
