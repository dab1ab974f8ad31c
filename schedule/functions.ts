import type { JobFunction } from './executor.ts';

/**
 * Functions by the names under which job stores keep them. A function that has no name of its own is given one that
 * is good for as long as its job is there.
 */
export class Functions {
  readonly #byName = new Map<string, JobFunction>();
  readonly #names = new Map<JobFunction, string>();
  #held = 0;

  register(name: string, fn: JobFunction): void {
    this.#byName.set(name, fn);
    this.#names.set(fn, name);
  }

  get(name: string): JobFunction | undefined {
    return this.#byName.get(name);
  }

  nameOf(fn: JobFunction): string | undefined {
    return this.#names.get(fn);
  }

  /** A name for one job, whatever else is called so. */
  hold(fn: JobFunction): string {
    this.#held += 1;
    const name = `${heldMark}${this.#held}:${fn.name}`;
    this.#byName.set(name, fn);
    return name;
  }

  /** The job is gone. Functions that were registered stay. */
  release(name: string): void {
    if (this.isHeld(name)) this.#byName.delete(name);
  }

  /** Whether it is a name that means nothing to another program. */
  isHeld(name: string): boolean {
    return name.startsWith(heldMark);
  }
}

/** Nobody can mean such a function by its name. */
const heldMark = '#';
