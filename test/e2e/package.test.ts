import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { httpRequest } from '../support/http-request.ts';
import { waitFor } from '../support/wait-for.ts';

/** `npm pack`, then `npm install -g` of the tarball into a prefix of its own. */
describe('the installed package', () => {
  let dir: string;
  let bin: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'package-'));
    await execa('npm', ['pack', '--pack-destination', dir], { cwd: resolve('.') });
    const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'));
    await execa('npm', ['install', '--global', '--prefix', join(dir, 'prefix'), join(dir, tarball ?? '')]);
    bin = join(dir, 'prefix', 'bin');
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('has the four commands, each a bundle', async () => {
    expect(readdirSync(bin).sort()).toEqual([
      'echo_supervisord_conf',
      'pidproxy',
      'supervisorctl',
      'supervisord',
    ]);
    const root = join(dir, 'prefix/lib/node_modules/supervisord-ts');
    expect(readdirSync(root)).not.toContain('daemon');
    expect(readdirSync(join(root, 'dist'))).toEqual(
      expect.arrayContaining(['supervisord.js', 'supervisorctl.js']),
    );
    expect((await execa(join(bin, 'supervisord'), ['-v'])).stdout).toMatch(/^4\./);
  });

  it('prints a sample configuration that it accepts itself', async () => {
    const sample = await execa(join(bin, 'echo_supervisord_conf'));
    const file = join(dir, 'sample.conf');
    writeFileSync(file, `${sample.stdout}\n`);
    expect((await execa(join(bin, 'supervisord'), ['--check', '-c', file])).exitCode).toBe(0);
  });

  it('runs a program, shows it, and stops it', async () => {
    const file = join(dir, 'supervisord.conf');
    writeFileSync(
      file,
      `[unix_http_server]
file=%(here)s/s.sock
[supervisord]
logfile=%(here)s/s.log
pidfile=%(here)s/s.pid
childlogdir=%(here)s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/s.sock
[program:cat]
command=/bin/cat
startsecs=0
`,
    );
    await execa(join(bin, 'supervisord'), ['-c', file]);
    const ctl = (...words: string[]) =>
      execa(join(bin, 'supervisorctl'), ['-c', file, ...words], { reject: false });
    try {
      expect((await ctl('status')).stdout).toMatch(/^cat +RUNNING +pid \d+, uptime 0:00:0\d$/);
      expect((await ctl('status', '-o', 'wide')).stdout).toMatch(/CPU/);
      for (const path of ['/', '/stylesheets/supervisor.css', '/images/icon.svg']) {
        expect((await httpRequest(join(dir, 's.sock'), path)).status).toBe(200);
      }
    } finally {
      expect((await ctl('shutdown')).stdout).toBe('Shut down');
      await waitFor(async () => (await ctl('pid')).exitCode !== 0);
    }
  });
});
