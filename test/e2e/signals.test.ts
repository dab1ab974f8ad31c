import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from '@jest/globals';
import { startDaemon } from '../support/daemons.ts';
import { fullLog, isAlive, pidOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  it(`stops all programs, cleans up and exits with 0 at ${signal}`, async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration:
        '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n[program:b]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
    });
    await waitForState(daemon, 'b', 'RUNNING');
    const pids = await Promise.all(['a', 'b'].map((name) => pidOf(daemon, name)));
    daemon.kill(signal);
    expect(await daemon.ended()).toBe(0);
    const log = daemon.logText();
    expect(log).toContain(`WARN received ${signal} indicating exit request\n`);
    expect(log).toMatch(/INFO waiting for a, b to die\n/);
    expect(log).toMatch(
      /WARN stopped: b \(terminated by SIGTERM\)\n.*WARN stopped: a \(terminated by SIGTERM\)\n$/s,
    );
    expect(pids.map(isAlive)).toEqual([false, false]);
    for (const path of [daemon.socket, daemon.pidfile, `${daemon.socket}.d`])
      expect(existsSync(path)).toBe(false);
    // In the foreground all of it is on stdout too.
    expect(daemon.output).toBe(log);
  });
}

it('goes on with everything when SIGHUP finds a broken configuration, and says what is wrong', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
  });
  await waitForState(daemon, 'a', 'RUNNING');
  const pid = await pidOf(daemon, 'a');
  daemon.configure('[program:a]\ncommand=/bin/sleep 1000\nstartsecs=soon\n[program:b]\n');
  daemon.kill('SIGHUP');
  await waitForLog(
    daemon,
    /WARN received SIGHUP indicating restart request\n(.*CRIT Cannot restart: .*\n){2}/,
  );
  expect(daemon.logText()).toMatch(
    /CRIT Cannot restart: \S+supervisord\.conf:\d+: \[program:a\] startsecs: "soon"/,
  );
  expect(await pidOf(daemon, 'a')).toBe(pid);
  expect(isAlive(pid)).toBe(true);
  expect(await daemon.rpc('supervisor.getState')).toEqual(
    new Map<string, unknown>([
      ['statecode', 1],
      ['statename', 'RUNNING'],
    ]),
  );
  expect(await fullLog(daemon)).not.toContain('stopped: a');
});

it('stops everything and starts with the new configuration at SIGHUP', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
  });
  await waitForState(daemon, 'a', 'RUNNING');
  const pid = await pidOf(daemon, 'a');
  daemon.configure('[program:b]\ncommand=/bin/sleep 1000\nstartsecs=0\n');
  daemon.kill('SIGHUP');
  await waitForLog(daemon, /spawned: 'b'/);
  expect(isAlive(pid)).toBe(false);
  expect(daemon.logText().split(`supervisord started with pid ${daemon.pid}\n`)).toHaveLength(3);
  await waitForState(daemon, 'b', 'RUNNING');
});

it('ignores SIGHUP in a shutdown, a second SIGTERM, and lets SIGTERM turn a restart into a shutdown', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:a]\ncommand=${programs}/ignores-term\nstartsecs=0\nstopwaitsecs=1\nstdout_logfile=%(here)s/a.log\n`,
  });
  const isReady = (): boolean =>
    existsSync(join(daemon.dir, 'a.log')) &&
    readFileSync(join(daemon.dir, 'a.log'), 'utf8').includes('ready');
  await waitFor(isReady);
  daemon.kill('SIGHUP');
  await waitForLog(daemon, 'WARN received SIGHUP indicating restart request\n');
  daemon.kill('SIGTERM');
  await waitForLog(daemon, 'WARN received SIGTERM indicating exit request\n');
  daemon.kill('SIGHUP');
  await waitForLog(daemon, 'WARN ignored SIGHUP indicating restart request (shutdown in progress)\n');
  daemon.kill('SIGTERM');
  expect(await daemon.ended()).toBe(0);
  const log = daemon.logText();
  expect(log).toMatch(
    /WARN killing 'a' \(\d+\) with SIGKILL\n.*WARN stopped: a \(terminated by SIGKILL\)\n(?:.*left processes behind: .*\n)?$/s,
  );
  expect(log.split('supervisord started')).toHaveLength(2);
});

it('opens its log again by name at SIGUSR2', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: '' });
  await waitForLog(daemon, 'supervisord started');
  const moved = `${daemon.logfile}.moved`;
  renameSync(daemon.logfile, moved);
  daemon.kill('SIGUSR2');
  await waitFor(() => existsSync(daemon.logfile));
  expect(readFileSync(moved, 'utf8')).toContain('INFO received SIGUSR2 indicating log reopen request\n');
  daemon.kill('SIGTERM');
  expect(await daemon.ended()).toBe(0);
  expect(daemon.logText()).toContain('WARN received SIGTERM indicating exit request\n');
  expect(readFileSync(moved, 'utf8')).not.toContain('SIGTERM');
});

it('survives restarts that are asked for faster than it can restart', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
  });
  const lives = (): number => daemon.logText().split('supervisord started with pid').length - 1;
  await waitFor(() => {
    daemon.kill('SIGHUP');
    return lives() > 5;
  });
  daemon.kill('SIGTERM');
  expect(await daemon.ended()).toBe(0);
});

it('opens no debugger at SIGUSR1', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: '' });
  const sockets = (): string[] =>
    readdirSync(`/proc/${daemon.pid}/fd`)
      .map((fd) => linkTarget(`/proc/${daemon.pid}/fd/${fd}`))
      .filter((target) => target.startsWith('socket:'))
      .sort();
  await daemon.rpc('supervisor.getPID');
  const before = new Set(sockets());
  daemon.kill('SIGUSR1');
  await waitForLog(daemon, 'INFO upgraded from version');
  await daemon.rpc('supervisor.getPID');
  await waitFor(() => isDeepStrictEqual(new Set(sockets()), before), { what: 'the sockets of before' });
  expect(daemon.output).not.toContain('Debugger');
});

it('survives SIGXFSZ: a log that has reached a limit fails a write', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'strip_ansi=true',
    prefix: ['/bin/sh', '-c', 'ulimit -f 20; exec "$@"', 'sh'],
    configuration: `[program:a]\ncommand=${programs}/numbers-lines 50000\nstartsecs=0\nautorestart=false\nstdout_logfile_maxbytes=0\n`,
  });
  await waitForLog(daemon, /ERRO cannot write output of 'a' stdout to '.*': EFBIG/);
  expect(await daemon.rpc('supervisor.getPID')).toBe(daemon.pid);
});

it('logs SIGCHLD at debug level', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'loglevel=debug',
    configuration: '[program:a]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\n',
  });
  await waitForLog(daemon, 'DEBG received SIGCHLD indicating a child quit\n');
});

it('does not stop at signals that mean nothing to it but to others: SIGPIPE and SIGWINCH', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: '' });
  for (const signal of ['SIGPIPE', 'SIGWINCH', 'SIGCONT'] as const) daemon.kill(signal);
  expect(await daemon.rpc('supervisor.getPID')).toBe(daemon.pid);
});

it('reads the file again when it is complete again', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: '[program:a]\ncommand=/bin/cat\nstartsecs=0\n',
  });
  writeFileSync(daemon.configurationFile, '');
  daemon.kill('SIGHUP');
  await waitForLog(daemon, 'CRIT Cannot restart: ');
  daemon.configure('');
  appendFileSync(daemon.configurationFile, '[program:c]\ncommand=/bin/cat\nstartsecs=0\n');
  daemon.kill('SIGHUP');
  await waitForLog(daemon, "INFO spawned: 'c'");
});

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
