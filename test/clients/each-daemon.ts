import type { Implementation } from '../support/daemons.ts';
import { describeWithPeer, type NeededFile } from '../support/peer.ts';

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
  describeWithPeer(`${name}, with ours`, () => tests('ours'), needed);
}
