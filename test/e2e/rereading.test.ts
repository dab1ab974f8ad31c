/** What `reread` takes over, and what counts from a restart on. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { stdoutOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const says = (name: string, text: string): string =>
  `[program:${name}]\ncommand=/bin/echo ${text}\nstartsecs=0\nautorestart=false\n`;

function edit(daemon: Daemon, change: (text: string) => string): void {
  writeFileSync(daemon.configurationFile, change(readFileSync(daemon.configurationFile, 'utf8')));
}

it('leaves the daemon its settings until a restart, and gives new groups the new environment', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'identifier=before\nenvironment=KEPT="old",GONE="old"',
    configuration: '',
  });
  edit(daemon, (text) =>
    text
      .replace('identifier=before', 'identifier=after')
      .replace('environment=KEPT="old",GONE="old"', 'environment=KEPT="new"')
      .replace('supervisord.pid', 'other.pid')
      .concat(says('new', '%(ENV_KEPT)s')),
  );
  await daemon.rpc('supervisor.reloadConfig');
  await daemon.rpc('supervisor.addProcessGroup', 'new');
  await waitForState(daemon, 'new', 'EXITED');
  expect(await stdoutOf(daemon, 'new')).toBe('new\n');
  expect(await daemon.rpc('supervisor.getIdentification')).toBe('before');

  // A variable that is no longer set is not known any more.
  edit(daemon, (text) => text + says('newer', '%(ENV_GONE)s'));
  await expect(daemon.rpc('supervisor.reloadConfig')).rejects.toThrow(/CANT_REREAD: .*ENV_GONE/);
  expect(await daemon.rpc('supervisor.getIdentification')).toBe('before');

  edit(daemon, (text) => text.replace('ENV_GONE', 'ENV_KEPT'));
  expect(existsSync(daemon.pidfile)).toBe(true);
  daemon.kill('SIGHUP');
  await waitFor(() => existsSync(join(daemon.dir, 'other.pid')), { what: 'the restart' });
  expect(existsSync(daemon.pidfile)).toBe(false);
  await waitForState(daemon, 'newer', 'EXITED');
  expect(await daemon.rpc('supervisor.getIdentification')).toBe('after');
  expect(await daemon.stop()).toBe(0);
  expect(existsSync(join(daemon.dir, 'other.pid'))).toBe(false);
});
