import type { SchedulerEvent } from './events.ts';
import type { Logger } from './logger.ts';

/** Hears of what happens. What it throws is logged, and does no harm. */
export type Listener = (event: SchedulerEvent) => unknown;

/** Who hears of what. @see apscheduler/schedulers/base.py, `_dispatch_event` */
export class Listeners {
  readonly #masks: { readonly listener: Listener; readonly mask: number }[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(listener: Listener, mask: number): void {
    this.#masks.push({ listener, mask });
  }

  /** As often as it was added, it is to be removed. */
  remove(listener: Listener): void {
    const index = this.#masks.findIndex((entry) => entry.listener === listener);
    if (index >= 0) this.#masks.splice(index, 1);
  }

  tell(event: SchedulerEvent): void {
    for (const { listener, mask } of [...this.#masks]) {
      if ((mask & event.code) === 0) continue;
      try {
        const answer = listener(event);
        if (answer instanceof Promise) answer.catch((error) => this.#blame(error));
      } catch (error) {
        this.#blame(error);
      }
    }
  }

  #blame(error: unknown): void {
    this.#logger.error('Error notifying listener', error);
  }
}
