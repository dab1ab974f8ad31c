/**
 * Does one thing at a time, for many who ask. They take turns, so that whoever asks for a lot waits for
 * himself, and is refused when too much of his is waiting.
 */
export class Turns {
  readonly #maxWaiting: number;
  /** What waits, by asker. The first asker is next; after a turn an asker goes to the end. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #isBusy = false;

  /** @param maxWaiting how many tasks of one asker may wait */
  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Runs `task` when it is its turn.
   *
   * @returns what the task returns; `undefined`: too many of the asker's are waiting
   * @throws what the task throws
   */
  take<T>(asker: string, task: () => Promise<T>): Promise<T | undefined> {
    const queue = this.#waiting.get(asker) ?? [];
    if (queue.length >= this.#maxWaiting) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      queue.push(() => task().then(resolve, reject));
      this.#waiting.set(asker, queue);
      if (!this.#isBusy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (let task = this.#next(); task !== undefined; task = this.#next()) await task();
    this.#isBusy = false;
  }

  #next(): (() => Promise<void>) | undefined {
    for (const [asker, queue] of this.#waiting) {
      this.#waiting.delete(asker);
      const task = queue.shift();
      if (queue.length > 0) this.#waiting.set(asker, queue);
      return task;
    }
    return undefined;
  }
}
