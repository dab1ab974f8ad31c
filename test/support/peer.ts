import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { describe } from '@jest/globals';

const realSupervisord = '/usr/bin/supervisord';

/**
 * A `describe` for tests that compare with Debian's supervisord. Where it is missing they are skipped, and
 * say so; where everything must be shown (`CI` is set) they run, and fail.
 */
export const describeWithPeer: (name: string, tests: () => void) => void =
  existsSync(realSupervisord) || env['CI'] !== undefined
    ? (name, tests) => describe(name, tests)
    : (name, tests) =>
        describe.skip(`${name} (skipped: the Debian package supervisor is not installed)`, tests);
