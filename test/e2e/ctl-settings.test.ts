/** The keys of `[supervisorctl]`, each by what it does. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemons.ts';

describe('the section [supervisorctl]', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = new Daemon({
      implementation: 'ours',
      credentials: 'username=someone\npassword=a secret',
      // The lines go on with the section, which is the last one before them.
      configuration: 'prompt=%(ENV_PROMPT)s\nhistory_file=%(here)s/history\n',
    });
    await daemon.start();
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
  });

  const environment = { PROMPT: 'my prompt' };

  it('says where the server is, and who asks', async () => {
    const { stdout, exitCode } = await daemon.ctl('ours', ['pid'], { environment });
    expect({ stdout, exitCode }).toEqual({ stdout: `${daemon.pid}\n`, exitCode: 0 });
    const args = ['-u', 'someone', '-p', 'wrong', 'pid'];
    expect((await daemon.ctl('ours', args, { environment })).stdout).toBe('Server requires authentication\n');
  });

  it('has the prompt of the shell', async () => {
    const { stdout } = await daemon.ctl('ours', [], { input: 'version\n', environment });
    expect(stdout).toMatch(/^my prompt> [\d.]+\nmy prompt> \n$/);
  });

  it('names the file of what was typed, which the next shell reads, and -r another', async () => {
    const file = join(daemon.dir, 'history');
    writeFileSync(file, 'status\n', { mode: 0o600 });
    await daemon.ctl('ours', [], { input: 'version\n\npid\npid\n', environment });
    expect(readFileSync(file, 'utf8')).toBe('status\nversion\npid\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const other = join(daemon.dir, 'other');
    await daemon.ctl('ours', ['-r', other], { input: 'avail\n', environment });
    expect(readFileSync(other, 'utf8')).toBe('avail\n');
    expect(readFileSync(file, 'utf8')).not.toContain('avail');
  });

  it('writes no history for a single action', async () => {
    const other = join(daemon.dir, 'third');
    await daemon.ctl('ours', ['-r', other, 'pid'], { environment });
    expect(existsSync(other)).toBe(false);
  });
});
