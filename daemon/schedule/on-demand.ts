/** Clients that start a process of a schedule, as if it were any other: what they get is a run of the schedule. */
import type { Run } from '../../schedule/run.ts';
import { RunIds } from '../../schedule/run-id.ts';
import type { StartOutcome } from '../process/control.ts';

export class OnDemand {
  readonly #run: (schedule: string, runId: string) => Promise<Run>;
  readonly #ids = new RunIds();
  /** Requests whose run is yet to begin: the processes of one run are asked for one by one, and are one request. */
  readonly #requests = new Map<string, Promise<StartOutcome>>();
  readonly #waiting = new Map<string, (outcome: StartOutcome) => void>();

  /** @param run claims a run of a schedule by that id; it may have begun, or ended, when that resolves */
  constructor(run: (schedule: string, runId: string) => Promise<Run>) {
    this.#run = run;
  }

  /** Never rejects. */
  ask(schedule: string): Promise<StartOutcome> {
    const request = this.#requests.get(schedule) ?? this.#request(schedule);
    this.#requests.set(schedule, request);
    return request;
  }

  /** A run has begun, or has ended, maybe without. */
  note({ id, state, error }: Run): void {
    const isBegun = state !== 'CLAIMED' && state !== 'STARTING';
    const tell = this.#waiting.get(id);
    if (!isBegun || tell === undefined) return;
    this.#waiting.delete(id);
    if (state === 'SPAWN_ERROR') tell({ type: 'spawn-error' });
    else if (state === 'MISSED' || state === 'CANCELLED')
      tell({ type: 'refused', reason: error ?? `the run is ${state}` });
    else tell({ type: 'started' });
  }

  /** Nobody waits any more: another daemon will see what comes of it. */
  leave(): void {
    for (const tell of this.#waiting.values()) tell({ type: 'left' });
    this.#waiting.clear();
  }

  async #request(schedule: string): Promise<StartOutcome> {
    const id = this.#ids.next(new Date());
    const { promise, resolve } = Promise.withResolvers<StartOutcome>();
    this.#waiting.set(id, resolve);
    try {
      await this.#run(schedule, id);
      return await promise;
    } catch (error) {
      if (error instanceof Error && error.name === 'MaxInstancesReachedError')
        return { type: 'already-started' };
      return { type: 'refused', reason: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#waiting.delete(id);
      this.#requests.delete(schedule);
    }
  }
}
