import type { Implementation } from '../../support/daemons.ts';

/**
 * Does the same with both implementations at the same time. Both come to their end, so that a failure of
 * one leaves no daemon of the other behind.
 */
export async function inBoth<T>(
  action: (implementation: Implementation) => Promise<T>,
): Promise<{ readonly ours: T; readonly real: T }> {
  const [ours, real] = await Promise.allSettled([action('ours'), action('real')]);
  if (ours.status === 'rejected') throw ours.reason;
  if (real.status === 'rejected') throw real.reason;
  return { ours: ours.value, real: real.value };
}
