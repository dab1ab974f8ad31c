/**
 * Work that must not interrupt other work: a task begins when the one before it is done, even if it was
 * given from within that one.
 */
export class WorkQueue<T> {
  readonly #workOff: (task: T) => void;
  readonly #idle: () => void;
  #tasks: T[] = [];
  #isWorking = false;

  /**
   * @param workOff does one task; must not throw
   * @param idle called each time the last task is done
   */
  constructor(workOff: (task: T) => void, idle: () => void) {
    this.#workOff = workOff;
    this.#idle = idle;
  }

  /** Does the task, and what it leads to, before it returns; later, if called from within a task. */
  dispatch(task: T): void {
    this.#tasks.push(task);
    if (this.#isWorking) return;
    this.#isWorking = true;
    // A `for` over an array also visits what is appended on the way.
    for (const next of this.#tasks) this.#workOff(next);
    this.#tasks = [];
    this.#isWorking = false;
    this.#idle();
  }
}
