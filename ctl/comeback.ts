import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionFailure, isFault } from './failures.ts';

/** How long a server that has died may take to come back, and how often to look: nothing tells. */
export const comebackMs = 30_000;
const lookMs = 100;

export interface Patience {
  readonly patienceMs: number;
  readonly abortSignal?: AbortSignal;
}

/**
 * Asks a server that may be on its way out or back, until it answers.
 *
 * @returns `undefined`: it does not come back
 * @throws what `ask` throws, other than that there is no connection
 */
export async function askAgain<T>(
  ask: () => Promise<T>,
  { patienceMs, abortSignal }: Patience,
): Promise<T | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isAway = error instanceof ConnectionFailure;
      if (!isAway && !isFault(error, 'SHUTDOWN_STATE')) throw error;
      // Without its socket it has ended in order.
      if ((isAway && error.code === 'ENOENT') || performance.now() >= deadline) return undefined;
    }
    await delay(lookMs, undefined, abortSignal && { signal: abortSignal });
  }
}
