import { existsSync } from 'node:fs';
import process from 'node:process';
import { describe, it } from '@jest/globals';

/** Where Debian's package `supervisor` puts its programs. */
export const realSupervisord = '/usr/bin/supervisord';
export const realSupervisorctl = '/usr/bin/supervisorctl';

/**
 * A `describe` for tests that need the real supervisord. Without it they are skipped, with the reason in
 * their name; on a build server they fail, since there it has to be installed.
 */
export function describeWithRealSupervisord(name: string, tests: () => void): void {
  if (existsSync(realSupervisord) && existsSync(realSupervisorctl)) {
    describe(name, tests);
    return;
  }
  if (process.env['CI'] === undefined) {
    describe.skip(`${name} (needs ${realSupervisord}: apt install supervisor)`, tests);
    return;
  }
  describe(name, () => {
    it(`has ${realSupervisord} to compare with`, () => {
      throw new Error(`${realSupervisord} is not installed, and CI is set`);
    });
  });
}
