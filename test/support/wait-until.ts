import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds; fails when it does not within `limitMs`. */
export async function waitUntil(
  condition: () => boolean,
  what = 'condition',
  limitMs = 10_000,
): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
    await delay(5);
  }
}
