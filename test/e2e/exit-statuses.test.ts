/** Daemons that end by themselves, and the exit statuses that others see. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeAsRoot } from '../support/as-root.ts';
import { BackgroundDaemon } from '../support/background-daemon.ts';
import { type Daemon, type DaemonOptions, startDaemon } from '../support/daemons.ts';
import { stdoutOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');
const stays = 'command=/bin/sleep 1000\nstartsecs=0\n';

/** A program that ends when {@link tell} says so. */
function endsWhenTold(name: string, status: number, lines = ''): string {
  return `[program:${name}]\ncommand=${programs}/ends-when-told ${status}\nstartsecs=0\n${lines}`;
}

async function tell(daemon: Daemon, name: string): Promise<void> {
  await daemon.rpc('supervisor.sendProcessStdin', name, 'end\n');
}

/** Runs a daemon until it has ended by itself. */
async function statusOf(configuration: string, options: Partial<DaemonOptions> = {}) {
  await using daemon = await startDaemon({ implementation: 'ours', configuration, ...options });
  const exitCode = await daemon.ended();
  return { exitCode, log: daemon.logText() };
}

describe('a daemon with an essential program', () => {
  it('stops the others and ends with the status of the program', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[program:db]\npriority=1\n${stays}${endsWhenTold('web', 3, 'on_exit=shutdown\nautorestart=true\n')}`,
    });
    await waitForState(daemon, 'db', 'RUNNING');
    await daemon.rpc('supervisor.stopProcess', 'web');
    await daemon.rpc('supervisor.startProcess', 'web');
    await tell(daemon, 'web');
    expect(await daemon.ended()).toBe(3);
    expect(daemon.logText()).toMatch(
      /WARN exited: web \(exit status 3; not expected\)\n.* INFO shutting down: 'web' exited \(on_exit=shutdown\)\n.* INFO waiting for db to die\n.* WARN stopped: db \(terminated by SIGTERM\)\n.* INFO exiting with status 3\n$/,
    );
    for (const path of [daemon.socket, daemon.pidfile, `${daemon.socket}.d`])
      expect(existsSync(path)).toBe(false);
  });

  it('ends with 128 and the number of the signal that killed the program', async () => {
    const { exitCode } = await statusOf(
      `[program:web]\ncommand=${programs}/kills-itself SEGV\nstartsecs=0\non_exit=shutdown_unexpected\n`,
    );
    expect(exitCode).toBe(139);
  });

  it('ends with 127 when the program cannot be started', async () => {
    const { exitCode, log } = await statusOf(
      `[program:db]\n${stays}[program:web]\ncommand=/no/such/program\nstartretries=0\non_fatal=shutdown\n`,
    );
    expect(exitCode).toBe(127);
    expect(log).toContain(` INFO shutting down: 'web' entered FATAL state (on_fatal=shutdown)\n`);
  });

  it('keeps the status through signals that come while it shuts down', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[program:a]\ncommand=${programs}/ignores-term\nstartsecs=0\nstopwaitsecs=2\n${endsWhenTold('web', 3, 'on_exit=shutdown\n')}`,
    });
    await waitForState(daemon, 'a', 'RUNNING');
    await waitFor(async () => (await stdoutOf(daemon, 'a')).includes('ready'), { what: 'a to be ready' });
    await tell(daemon, 'web');
    await waitForLog(daemon, 'INFO shutting down: ');
    daemon.kill('SIGTERM');
    daemon.kill('SIGHUP');
    await waitForLog(daemon, 'ignored SIGHUP indicating restart request (shutdown in progress)');
    expect(await daemon.ended()).toBe(3);
  });

  it('ends in the background too', async () => {
    await using daemon = new BackgroundDaemon(
      `[program:web]\ncommand=${programs}/exits-with-status 3\nstartsecs=0\non_exit=shutdown\n`,
    );
    expect((await daemon.start()).exitCode).toBe(0);
    await waitFor(() => daemon.logText().endsWith(' INFO exiting with status 3\n'), { what: 'the end' });
    await waitFor(() => !existsSync(daemon.pidfile), { what: 'the pidfile to go' });
  });
});

describe('exit_when_done', () => {
  const supervisord = 'exit_when_done=true';
  const once = (name: string, code: number): string =>
    `[program:${name}]\ncommand=${programs}/exits-with-status ${code}\nstartsecs=0\nautorestart=false\n`;

  it('ends the daemon with 0 when all programs have done their work, though a listener runs', async () => {
    const { exitCode, log } = await statusOf(
      `[eventlistener:l]\ncommand=/bin/cat\nevents=TICK_3600\n${once('a', 0)}${once('b', 0)}`,
      { supervisord },
    );
    expect(exitCode).toBe(0);
    expect(log).toContain(' INFO shutting down: all processes have ended (exit_when_done=true)\n');
    expect(log).not.toContain('exiting with status');
  });

  it('ends with the status of a program that failed', async () => {
    const { exitCode } = await statusOf(`${once('a', 0)}${once('b', 4)}${once('c', 0)}`, { supervisord });
    expect(exitCode).toBe(4);
  });

  it('survives a restart of its only program by hand', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      supervisord,
      configuration: endsWhenTold('a', 0, 'autorestart=false\n'),
    });
    await waitForState(daemon, 'a', 'RUNNING');
    const { exitCode } = await daemon.ctl('ours', ['restart', 'a']);
    expect(exitCode).toBe(0);
    await tell(daemon, 'a');
    expect(await daemon.ended()).toBe(0);
  });
});

describe('exit_code_from', () => {
  const supervisord = 'exit_code_from=web';

  it('gives the daemon that is told to stop the status of the program it stops', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      supervisord,
      configuration: `[program:web]\n${stays}`,
    });
    await waitForState(daemon, 'web', 'RUNNING');
    daemon.kill('SIGTERM');
    expect(await daemon.ended()).toBe(143);
  });

  it('has forgotten after a restart what was before', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      supervisord,
      configuration: `[program:web]\ncommand=${programs}/exits-with-status 5\nstartsecs=0\nautorestart=false\n`,
    });
    await waitForState(daemon, 'web', 'EXITED');
    daemon.configure(`[program:web]\nautostart=false\n${stays}`);
    daemon.kill('SIGHUP');
    await waitForLog(daemon, /supervisord started(.*\n)*.*supervisord started/);
    daemon.kill('SIGTERM');
    expect(await daemon.ended()).toBe(0);
  });

  it('remembers after the daemon was killed', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      supervisord,
      configuration: `[program:web]\ncommand=${programs}/exits-with-status 5\nstartsecs=0\nautorestart=false\n`,
    });
    await waitForState(daemon, 'web', 'EXITED');
    daemon.kill('SIGKILL');
    await daemon.ended();
    await daemon.start();
    await waitForLog(daemon, 'INFO going on for an earlier supervisord');
    daemon.kill('SIGTERM');
    expect(await daemon.ended()).toBe(5);
    expect(daemon.logText().match(/spawned: 'web'/g)).toHaveLength(1);
  });

  it('is refused when there is no such program', async () => {
    await using daemon = await startDaemon({ implementation: 'ours', supervisord, configuration: '' });
    expect(await daemon.ended()).toBe(2);
    expect(daemon.output).toMatch(
      /^Error: \S+supervisord\.conf:\d+: \[supervisord\] exit_code_from: "web": no process 'web' is configured\n/,
    );
  });
});

describeAsRoot('as PID 1', () => {
  it('ends with the status of the essential program', async () => {
    const { exitCode } = await statusOf(
      `[program:db]\n${stays}[program:web]\ncommand=${programs}/exits-with-status 3\nstartsecs=0\non_exit=shutdown\n`,
      { prefix: ['unshare', '--pid', '--fork', '--kill-child=SIGTERM', '--mount-proc', '--'] },
    );
    expect(exitCode).toBe(3);
  });
});
