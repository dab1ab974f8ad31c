import { chmodSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { askNewVersion, type Launcher } from '../../../daemon/upgrade/new-version.ts';

const question = { runtimeDirectory: '/run/s.d' };

function launcher(name: string, cwd = '/'): Launcher {
  return { path: resolve('test/fixtures/launchers', name), words: ['-n'], cwd };
}

describe('the installed version', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'new-version-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('is asked with the words of the daemon, where the daemon was started', async () => {
    expect(await askNewVersion(launcher('answers', '/usr'), question)).toEqual({
      version: '/usr',
      command: ['-n', '--check-upgrade', '/run/s.d', 'end'],
    });
  });

  it('cannot go on when it fails: what it says first is the reason', async () => {
    await expect(askNewVersion(launcher('fails'), question)).rejects.toThrow(/^the disk is full of eels$/);
  });

  it('cannot go on when it fails without a word', async () => {
    await expect(askNewVersion(launcher('fails-without-a-word'), question)).rejects.toThrow(
      /fails-without-a-word fails, and does not say why$/,
    );
  });

  it('cannot go on when it answers something else', async () => {
    await expect(askNewVersion(launcher('prints-garbage'), question)).rejects.toThrow(
      /prints-garbage answers something else: "Hello, world!"$/,
    );
  });

  for (const name of ['hangs', 'leaves-a-child-and-hangs']) {
    it(`cannot go on when it does not answer in time (${name})`, async () => {
      await expect(askNewVersion(launcher(name), { ...question, longestAnswerMs: 300 })).rejects.toThrow(
        `${name} does not answer`,
      );
    });
  }

  it('cannot go on when it is not there, cannot be executed, or has no interpreter', async () => {
    const path = join(dir, 'supervisord');
    const ask = () => askNewVersion({ path, words: [], cwd: '/' }, question);
    await expect(ask()).rejects.toThrow(`cannot execute ${path}: ENOENT`);
    writeFileSync(path, 'no program\n');
    await expect(ask()).rejects.toThrow(`cannot execute ${path}: EACCES`);
    chmodSync(path, 0o755);
    writeFileSync(path, '#!/no/such/interpreter\n');
    await expect(ask()).rejects.toThrow(`cannot execute ${path}: ENOENT`);
  });

  it('cannot be asked when the directory that the daemon was started in is gone', async () => {
    rmdirSync(dir);
    await expect(askNewVersion(launcher('answers', dir), question)).rejects.toThrow(
      `${dir}, where supervisord was started, is gone`,
    );
  });
});
