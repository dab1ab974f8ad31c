import type { Trigger, TriggerSpec } from './triggers/trigger.ts';
import { type TriggerTypes, triggerFromSpec } from './triggers/trigger-types.ts';

/**
 * How many triggers are kept. One takes several times the memory of its job, and is made in some microseconds: what
 * counts is that it is not made again for each step of the same run.
 */
const size = 256;

/** Triggers by the spec that they were made of, the last ones that were asked for. */
export class TriggerCache {
  readonly #types: TriggerTypes;
  readonly #triggers = new Map<TriggerSpec, Trigger>();

  constructor(types: TriggerTypes) {
    this.#types = types;
  }

  /** @throws {TriggerError} there is no such trigger */
  get(spec: TriggerSpec): Trigger {
    const trigger = this.#triggers.get(spec) ?? triggerFromSpec(spec, this.#types);
    this.keep(spec, trigger);
    return trigger;
  }

  keep(spec: TriggerSpec, trigger: Trigger): void {
    this.#triggers.delete(spec);
    this.#triggers.set(spec, trigger);
    if (this.#triggers.size <= size) return;
    for (const oldest of this.#triggers.keys()) {
      this.#triggers.delete(oldest);
      return;
    }
  }
}
