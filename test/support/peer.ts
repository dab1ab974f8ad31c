import { existsSync } from 'node:fs';
import process from 'node:process';
import { describe, it } from '@jest/globals';

/** Where Debian's package `supervisor` puts its daemon. */
const realSupervisord = '/usr/bin/supervisord';

/**
 * A `describe` for tests that compare with Debian's supervisord. Where it is missing they are skipped, with
 * the reason in their name; where everything must be shown (`CI` is set) that is a failure.
 */
export function describeWithPeer(name: string, tests: () => void): void {
  if (existsSync(realSupervisord)) {
    describe(name, tests);
    return;
  }
  if (process.env['CI'] === undefined) {
    describe.skip(`${name} (skipped: the Debian package supervisor is not installed)`, tests);
    return;
  }
  describe(name, () => {
    it(`has ${realSupervisord} to compare with`, () => {
      throw new Error('The Debian package supervisor is not installed, and CI is set');
    });
  });
}
