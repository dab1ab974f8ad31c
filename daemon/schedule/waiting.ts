/** Those who wait for a run to have been seen to. */
export class Waiting {
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Resolves with the next {@link Waiting.tell} of that run. */
  until(runId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(runId, [...(this.#waiting.get(runId) ?? []), resolve]);
    });
  }

  tell(runId: string): void {
    const waiting = this.#waiting.get(runId) ?? [];
    this.#waiting.delete(runId);
    for (const resolve of waiting) resolve();
  }

  /** Nobody is to wait any more. */
  tellAll(): void {
    for (const runId of [...this.#waiting.keys()]) this.tell(runId);
  }
}
