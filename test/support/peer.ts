import { existsSync } from 'node:fs';
import process from 'node:process';
import { describe, it } from '@jest/globals';

/** Something that tests need of the machine. */
export interface NeededFile {
  readonly file: string;
  /** The Debian package that it comes with. */
  readonly package: string;
}

/** It brings supervisor's Python library too. */
const realSupervisord: NeededFile = { file: '/usr/bin/supervisord', package: 'supervisor' };

/**
 * A `describe` for tests that compare with Debian's supervisord, and may need more of the machine.
 *
 * @param others what the tests need besides
 */
export function describeWithPeer(name: string, tests: () => void, others: readonly NeededFile[] = []): void {
  describeWithFiles(name, tests, [realSupervisord, ...others]);
}

/**
 * A `describe` for tests that need something of the machine. Where that is missing they are skipped, with the
 * reason in their name; where everything must be shown (`CI` is set) that is a failure.
 */
export function describeWithFiles(name: string, tests: () => void, needed: readonly NeededFile[]): void {
  const missing = needed.find(({ file }) => !existsSync(file));
  if (missing === undefined) {
    describe(name, tests);
    return;
  }
  if (process.env['CI'] === undefined) {
    describe.skip(`${name} (skipped: the Debian package ${missing.package} is not installed)`, tests);
    return;
  }
  describe(name, () => {
    it(`has ${missing.file}`, () => {
      throw new Error(`The Debian package ${missing.package} is not installed, and CI is set`);
    });
  });
}
