/** A daemon that nobody can talk to but by signals. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { bin } from '../support/run-supervisord.ts';
import { waitFor } from '../support/wait-for.ts';

it('stays when none of its programs can be started, restarts at SIGHUP, and ends in order at SIGTERM', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'no-server-'));
  try {
    writeFileSync(
      join(dir, 'supervisord.conf'),
      `[supervisord]\nlogfile=${dir}/log\npidfile=${dir}/pid\nchildlogdir=${dir}
[program:missing]\ncommand=/no/such/program\nstartretries=0\n`,
    );
    const log = join(dir, 'log');
    // A pipe as stdout would keep a daemon going that has nothing else.
    const daemon = execa(join(bin, 'supervisord'), ['-n', '-s', '-c', join(dir, 'supervisord.conf')], {
      reject: false,
      stdio: 'ignore',
    });
    const givesUp = (times: number) => () =>
      existsSync(log) && readFileSync(log, 'utf8').split('gave up: missing').length > times;
    await waitFor(givesUp(1), { what: 'the end of its attempts' });
    daemon.kill('SIGHUP');
    await waitFor(givesUp(2), { what: 'the same after a restart' });
    daemon.kill('SIGTERM');
    const { exitCode } = await daemon;
    expect(exitCode).toBe(0);
    expect(readFileSync(log, 'utf8')).toMatch(/WARN received SIGTERM indicating exit request\n$/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
