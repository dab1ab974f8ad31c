import { describe } from '@jest/globals';
import type { Implementation } from '../support/daemons.ts';
import { describeWithPeer, type NeededFile } from '../support/peer.ts';

/** Suites that only supervisord passes, since they need what ours does not do yet. */
const notYet: ReadonlySet<string> = new Set([
  'listeners written with supervisor.childutils',
  'listeners to what programs write',
  'listeners that answer FAIL with supervisor.childutils',
  'listeners that call the daemon while they handle an event',
  'the list of methods',
]);

/**
 * Declares the tests of a client twice: with Debian's supervisord, which shows that the client works and the
 * test is right, and with ours, which has to be the same to it.
 *
 * @param needed what the client comes with, other than the package of supervisord
 */
export function describeEachDaemon(
  name: string,
  tests: (implementation: Implementation) => void,
  needed: readonly NeededFile[] = [],
): void {
  describeWithPeer(`${name}, with supervisord`, () => tests('real'), needed);
  if (notYet.has(name)) describe.skip(`${name}, with ours (not yet)`, () => tests('ours'));
  else describeWithPeer(`${name}, with ours`, () => tests('ours'), needed);
}
