import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from '@jest/globals';
import { startDaemon } from '../support/daemons.ts';
import { InstalledVersion } from '../support/installed-version.ts';
import { fullLog, pidOf, waitForLog } from '../support/supervised.ts';
import { fault } from './fault.ts';

const configuration = '[program:counts]\ncommand=/bin/sleep 1000\nstartsecs=0\n';

/** Asks a daemon to upgrade to a version that cannot, and returns its log when its program has been found as before. */
async function upgradeTo(launcher: string, { until }: { readonly until: string }): Promise<string> {
  using installed = new InstalledVersion();
  await using daemon = await startDaemon({
    implementation: 'ours',
    command: installed.command,
    configuration,
  });
  const pid = await pidOf(daemon, 'counts');
  installed.leadTo(resolve('test/fixtures/launchers', launcher));
  daemon.kill('SIGUSR1');
  await waitForLog(daemon, until);
  expect(await pidOf(daemon, 'counts')).toBe(pid);
  return await fullLog(daemon);
}

fault('the installed version cannot start when an upgrade is asked for', () =>
  upgradeTo('fails', { until: 'Cannot upgrade' }),
);

fault('the installed version cannot be executed after all', () =>
  upgradeTo('answers-what-is-not-there', { until: 'Cannot upgrade' }),
);

fault('the configuration differs from what runs when an upgrade is asked for', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration });
  const pid = await pidOf(daemon, 'counts');
  const text = readFileSync(daemon.configurationFile, 'utf8');
  writeFileSync(daemon.configurationFile, text.replace('sleep 1000', 'sleep 999'));
  const { stdout, exitCode } = await daemon.ctl('ours', ['upgrade']);
  expect(exitCode).toBe(1);
  expect(await pidOf(daemon, 'counts')).toBe(pid);
  return stdout;
});
