import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';

const commands = [
  { name: 'supervisord', args: ['-v'], says: /^4\.\d+\.\d+$/ },
  { name: 'supervisorctl', args: ['-h'], says: /^supervisorctl -- control applications run by supervisord/ },
  { name: 'echo_supervisord_conf', args: [], says: /^; Sample supervisor config file\./ },
  { name: 'pidproxy', args: [], says: /Usage: / },
];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'launchers-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs as on a machine with no Node on PATH at all: the pinned runtime must be found. */
async function output(
  command: string,
  args: readonly string[],
  cwd: string,
  path = '/usr/bin:/bin',
): Promise<string> {
  const env = { PATH: path, HOME: dir };
  const { stdout } = await execa(command, args, { cwd, env, extendEnv: false, reject: false });
  return stdout;
}

for (const { name, args, says } of commands) {
  const launcher = resolve('bin', name);

  describe(`bin/${name}`, () => {
    it('runs by its absolute path, from any directory', async () => {
      expect(await output(launcher, args, dir)).toMatch(says);
    });

    it('runs by a relative path', async () => {
      expect(await output(join('bin', name), args, resolve('.'))).toMatch(says);
      expect(await output(relative(dir, launcher), args, dir)).toMatch(says);
    });

    it('runs through a chain of symbolic links, relative ones among them', async () => {
      mkdirSync(join(dir, 'links'));
      symlinkSync(launcher, join(dir, 'links', 'absolute'));
      symlinkSync('links/absolute', join(dir, 'relative'));
      expect(await output(join(dir, 'relative'), args, '/')).toMatch(says);
    });

    it('runs through a symbolic link to its directory', async () => {
      symlinkSync(resolve('bin'), join(dir, 'bin'));
      expect(await output(join(dir, 'bin', name), args, dir)).toMatch(says);
    });

    it('runs when the shell finds it on PATH', async () => {
      expect(await output(name, args, dir, `${resolve('bin')}:/usr/bin:/bin`)).toMatch(says);
    });
  });
}
