import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds; by default 60,000. */
  readonly limit?: number;
  /** What is waited for, as the error says it. */
  readonly what?: string;
}

/** Resolves once the condition holds; rejects when it has not within the limit. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  { limit = 60_000, what = 'a condition' }: WaitOptions = {},
): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${limit} ms in vain for ${what}`);
    await delay(10);
  }
}
