/**
 * What other daemons do with the schedules of a store that is shared. Nobody is woken up to be told of it; it is looked
 * at when somebody asks for the status.
 */
import { isActive, type Run } from '../../schedule/run.ts';
import type { Scheduler } from '../../schedule/scheduler.ts';
import { after, type Clock, type EpochSeconds } from '../host/clock.ts';
import { endedOutcomes, type Statuses } from './statuses.ts';

/** Seconds that whoever asks waits for the store at most; then it is told what was known before. */
const patienceSecs = 1;

export interface OtherNodesOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly statuses: Statuses;
  readonly scheduler: () => Pick<Scheduler, 'getRuns'> | undefined;
  /** Notes where the job of that name stands; does not reject. */
  readonly look: (name: string) => Promise<void>;
}

export class OtherNodes {
  readonly #options: OtherNodesOptions;
  /** Schedules of which another node has a run under way. */
  readonly #running = new Set<string>();
  #looking: Promise<void> | undefined;

  constructor(options: OtherNodesOptions) {
    this.#options = options;
  }

  /** A run, as the store has it now. */
  note(run: Run): void {
    const { node, statuses } = this.#options;
    if (isActive(run) && run.node !== node) this.#running.add(run.jobId);
    else this.#running.delete(run.jobId);
    if (run.state === 'RUNNING' || !isActive(run)) statuses.noteRun(run);
  }

  /** Looks at what others may have changed since. `undefined`: that is nothing, as far as is known. */
  catchUp(now: EpochSeconds): Promise<void> | undefined {
    if (this.#looking !== undefined) return this.#looking;
    const names = new Set([...this.#running, ...this.#options.statuses.overdue(now)]);
    if (names.size === 0) return undefined;
    this.#looking = this.#lookAt(names).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookAt(names: ReadonlySet<string>): Promise<void> {
    const { clock } = this.#options;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = clock.setTimer(after(clock.now().instant, patienceSecs), resolve);
    await Promise.race([Promise.all(Array.from(names, (name) => this.#lookAtOne(name))), late]);
    timer.cancel();
  }

  async #lookAtOne(name: string): Promise<void> {
    const { look, scheduler, statuses } = this.#options;
    await look(name);
    try {
      const [last] = (await scheduler()?.getRuns({ jobId: name, states: endedOutcomes, limit: 1 })) ?? [];
      // Meanwhile one of this node may have ended.
      const known = statuses.of(name).lastRun;
      if (last !== undefined && (known === undefined || known.id < last.id)) this.note(last);
      const [active] = (await scheduler()?.getRuns({ jobId: name, states: ['active'], limit: 1 })) ?? [];
      if (active === undefined) this.#running.delete(name);
      else this.note(active);
    } catch {
      // The scheduler says that its store fails; what was known before is told.
    }
  }
}
