/** Upgrades to another version, and those that come to nothing. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { kill } from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { productVersion } from '../../rpc/version.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { InstalledVersion } from '../support/installed-version.ts';
import { fullLog, isAlive, pidOf, stdoutOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');
const launchers = resolve('test/fixtures/launchers');
const sleeps = '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n';

/** Why there is no upgrade, as a client is told. */
function refusal(daemon: Daemon): Promise<string> {
  return daemon.rpc('monitor.upgrade').then(
    () => 'begun',
    (error) => String(error),
  );
}

describe('another version that is installed', () => {
  it('takes over, and gives way to the one of before again', async () => {
    using installed = new InstalledVersion();
    await using daemon = await startDaemon({
      implementation: 'ours',
      command: installed.command,
      configuration: sleeps,
    });
    const pid = await pidOf(daemon, 'a');
    installed.install('77.1.0');
    expect(await daemon.ctl('ours', ['upgrade', '--check'])).toMatchObject({
      stdout: 'version 77.1.0 can take over\n',
      exitCode: 0,
    });
    expect(await daemon.rpc('monitor.getProductVersion')).toBe(productVersion);
    expect(await daemon.ctl('ours', ['upgrade'])).toMatchObject({
      stdout: `upgraded from ${productVersion} to 77.1.0\n`,
      exitCode: 0,
    });
    expect(await daemon.rpc('monitor.getProductVersion')).toBe('77.1.0');
    expect(await fullLog(daemon)).toContain(`INFO upgraded from version ${productVersion} to 77.1.0\n`);
    installed.install('77.0.9-rc.1');
    expect((await daemon.ctl('ours', ['upgrade'])).stdout).toBe('upgraded from 77.1.0 to 77.0.9-rc.1\n');
    expect(await pidOf(daemon, 'a')).toBe(pid);
  });

  for (const [launcher, reason] of [
    ['fails', 'the disk is full of eels'],
    ['fails-without-a-word', '<command> fails, and does not say why'],
    ['prints-garbage', '<command> answers something else: "Hello, world!"'],
  ] as const) {
    it(`changes nothing when it cannot start: one that ${launcher.replaceAll('-', ' ')}`, async () => {
      using installed = new InstalledVersion();
      await using daemon = await startDaemon({
        implementation: 'ours',
        command: installed.command,
        configuration: sleeps,
      });
      installed.leadTo(`${launchers}/${launcher}`);
      const told = reason.replace('<command>', installed.command);
      expect(await daemon.ctl('ours', ['upgrade'])).toMatchObject({
        stdout: `ERROR: ${told}\n`,
        exitCode: 1,
      });
      daemon.kill('SIGUSR1');
      await waitForLog(daemon, `ERRO Cannot upgrade: ${told}\n`);
      expect(await fullLog(daemon)).not.toContain('upgrading to version');
      // A reason that is gone stands in nobody's way.
      installed.install('77.1.0');
      expect((await daemon.ctl('ours', ['upgrade'])).exitCode).toBe(0);
    });
  }

  it('leaves the old one going in the same process when it cannot be executed after all', async () => {
    using installed = new InstalledVersion();
    await using daemon = await startDaemon({
      implementation: 'ours',
      command: installed.command,
      configuration: `${sleeps}[program:b]\ncommand=/bin/sleep 1000\nstartsecs=0\nautostart=false\n`,
    });
    const pid = await pidOf(daemon, 'a');
    installed.leadTo(`${launchers}/answers-what-is-not-there`);
    expect(await daemon.ctl('ours', ['upgrade'])).toMatchObject({
      stdout: `ERROR: version ${productVersion} still runs; see the log of supervisord\n`,
      exitCode: 1,
    });
    expect(await fullLog(daemon)).toContain('ERRO Cannot upgrade: cannot execute /no/such/runtime: ENOENT\n');
    expect(await pidOf(daemon, 'a')).toBe(pid);
    // What would have been handed over is not for programs. The kernel closes it when spawn has returned already.
    await daemon.rpc('supervisor.startProcess', 'b');
    const child = await pidOf(daemon, 'b');
    const descriptors = () => readdirSync(`/proc/${child}/fd`).sort().join();
    await waitFor(() => descriptors() === '0,1,2', { what: 'the child to have no other descriptors' });
    expect(await daemon.stop()).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves programs running when it dies after all, for the next daemon to go on with', async () => {
    using installed = new InstalledVersion();
    await using daemon = await startDaemon({
      implementation: 'ours',
      command: installed.command,
      configuration: `[program:a]\ncommand=${programs}/repeats-stdin\nstartsecs=0\n`,
    });
    const pid = await pidOf(daemon, 'a');
    installed.leadTo(`${launchers}/dies-when-it-goes-on`);
    expect(await daemon.ctl('ours', ['upgrade'])).toMatchObject({
      stdout: 'ERROR: version 9.9.9 has ended before it answered; see the log of supervisord\n',
      exitCode: 1,
    });
    expect(await daemon.ended()).toBe(1);
    expect(isAlive(pid)).toBe(true);
    installed.install('77.1.0');
    await daemon.start();
    expect(await pidOf(daemon, 'a')).toBe(pid);
    await daemon.rpc('supervisor.sendProcessStdin', 'a', 'still here\n');
    await waitFor(async () => (await stdoutOf(daemon, 'a')).includes('still here'));
  });
});

describe('an upgrade is refused, and nothing changes,', () => {
  it('while the configuration differs from what runs, or cannot be read', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `${sleeps}[program:b]\ncommand=/bin/sleep 1000\n`,
    });
    const original = readFileSync(daemon.configurationFile, 'utf8');
    const edit = (from: string, to: string) =>
      writeFileSync(daemon.configurationFile, original.replace(from, to));
    const differs = (names: string, remedy: string) =>
      `the configuration differs from what runs (${names}): undo that, or run 'supervisorctl ${remedy}' first`;

    edit('sleep 1000', 'sleep 999');
    expect(await refusal(daemon)).toContain(differs('a', 'update'));
    edit('[program:b]', '[program:c]');
    expect(await refusal(daemon)).toContain(differs('b', 'update'));
    edit('[supervisord]', '[supervisord]\nloglevel=debug');
    expect(await refusal(daemon)).toContain(differs('supervisord', 'reload'));
    edit('[unix_http_server]', '[unix_http_server]\nchmod=0777');
    expect(await refusal(daemon)).toContain(differs('unix_http_server', 'reload'));
    edit('[unix_http_server]', '[inet_http_server]\nport=127.0.0.1:1\n[unix_http_server]');
    expect(await refusal(daemon)).toContain(differs('inet_http_server', 'reload'));
    edit('startsecs=0', 'startsecs=soon');
    expect(await refusal(daemon)).toContain('[program:a] startsecs: "soon"');

    writeFileSync(daemon.configurationFile, original);
    // A group that nobody has asked for yet is no difference, and is not started.
    appendFileSync(daemon.configurationFile, '[program:new]\ncommand=/bin/sleep 1000\n');
    await daemon.upgrade();
    await expect(pidOf(daemon, 'new')).rejects.toThrow('BAD_NAME');
    expect((await fullLog(daemon)).match(/upgrading to version/g)).toHaveLength(1);
  });

  it('while a group is being updated, and while the daemon shuts down', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[program:slow]\ncommand=${programs}/ignores-term\nstartsecs=0\nstopwaitsecs=1000\n`,
    });
    await waitFor(async () => (await stdoutOf(daemon, 'slow')).includes('ready'));
    const slow = await pidOf(daemon, 'slow');
    daemon.configure('[program:slow]\ncommand=/bin/sleep 1000\n');
    await daemon.rpc('supervisor.reloadConfig');
    const updating = daemon.rpc('monitor.updateProcessGroup', 'slow').catch(() => undefined);
    await waitForState(daemon, 'slow', 'STOPPING');
    expect(await refusal(daemon)).toContain('FAILED: group slow is being updated');
    daemon.kill('SIGTERM');
    await waitForLog(daemon, 'received SIGTERM');
    expect(await refusal(daemon)).toContain('SHUTDOWN_STATE');
    kill(slow, 'SIGKILL');
    await updating;
    expect(await daemon.ended()).toBe(0);
  });
});
