import { chmodSync } from 'node:fs';
import { resolve } from 'node:path';
import { kill } from 'node:process';
import { expect, it } from '@jest/globals';
import type { XmlRpcValue } from '../../rpc/xmlrpc.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { Daemon, type DaemonOptions, startDaemon } from '../support/daemons.ts';
import { childrenOf, pidOf, procStatus, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');

const orphans = `[program:parent]
command=${programs}/leaves-orphans 20
startsecs=0
autorestart=false
`;

const stays = `[program:stays]
command=/bin/sleep 1000
startsecs=0
`;

/** Words that begin a pid namespace. It ends when `unshare` is signalled itself. */
const inNamespace = ['unshare', '--pid', '--fork', '--kill-child=SIGTERM', '--mount-proc', '--'];

function container(configuration: string, options: Partial<DaemonOptions> = {}): Daemon {
  return new Daemon({ implementation: 'ours', configuration, prefix: inNamespace, ...options });
}

/** The pid of PID 1 as it is out here. */
function pid1Of(daemon: Daemon): number {
  return found(childrenOf(daemon.pid)[0]);
}

function daemonOf(pid1: number): number {
  return found(childrenOf(pid1).find((pid) => procStatus(pid, 'Name')?.startsWith('supervisord')));
}

/** No pid must not become a number: `kill` would take 0 and -1 for many. */
function found(pid: number | undefined): number {
  if (pid === undefined) throw new Error('There is no such process');
  return pid;
}

/** As it says itself; `undefined` while none answers. */
async function ownPid(daemon: Daemon): Promise<XmlRpcValue | undefined> {
  try {
    return await daemon.rpc('supervisor.getPID');
  } catch {
    return undefined;
  }
}

describeAsRoot('as PID 1', () => {
  it('reaps the orphans of its programs, and ends in order', async () => {
    await using daemon = container(orphans + stays);
    await daemon.start();
    await waitForState(daemon, 'parent', 'EXITED');
    const pid1 = pid1Of(daemon);
    expect(procStatus(pid1, 'NSpid')).toBe(`${pid1}\t1`);
    await waitFor(() => childrenOf(pid1).length === 1, { what: 'all orphans to be reaped' });
    const [program = 0, ...others] = childrenOf(daemonOf(pid1));
    expect(procStatus(program, 'NSpid')).toBe(`${program}\t${await pidOf(daemon, 'stays')}`);
    expect(others).toEqual([]);
    kill(pid1, 'SIGTERM');
    expect(await daemon.ended()).toBe(0);
    expect(daemon.logText()).toMatch(/WARN stopped: stays \(terminated by SIGTERM\)\n$/);
  });

  it('is there again when the daemon is killed', async () => {
    await using daemon = container('');
    await daemon.start();
    const before = await ownPid(daemon);
    const pid1 = pid1Of(daemon);
    kill(daemonOf(pid1), 'SIGKILL');
    await waitFor(async () => ![before, undefined].includes(await ownPid(daemon)), {
      what: 'another daemon to answer',
    });
    expect(daemon.output).toContain(
      'supervisord: the daemon was killed by signal 9; starting it again now\n',
    );
    kill(pid1, 'SIGTERM');
    expect(await daemon.ended()).toBe(0);
  });

  it('stops its programs in order when it is told to end while the daemon is dead', async () => {
    await using daemon = container(stays);
    await daemon.start();
    const pid1 = pid1Of(daemon);
    kill(pid1, 'SIGSTOP');
    kill(daemonOf(pid1), 'SIGKILL');
    kill(pid1, 'SIGTERM');
    kill(pid1, 'SIGCONT');
    expect(await daemon.ended()).toBe(0);
    expect(daemon.logText()).toMatch(/WARN stopped: stays \(terminated by SIGTERM\)\n$/);
  });

  it('hands on SIGHUP and SIGUSR2, also with a user of its own', async () => {
    await using daemon = container('', { supervisord: 'user=nobody' });
    chmodSync(daemon.dir, 0o777);
    await daemon.start();
    const pid1 = pid1Of(daemon);
    kill(pid1, 'SIGUSR2');
    await waitForLog(daemon, 'received SIGUSR2 indicating log reopen request');
    kill(pid1, 'SIGHUP');
    await waitForLog(daemon, 'received SIGHUP indicating restart request');
    kill(pid1, 'SIGTERM');
    expect(await daemon.ended()).toBe(0);
  });

  it('ends with the status of a daemon that cannot start', async () => {
    await using daemon = container('[program:broken]\n');
    await daemon.start();
    expect(await daemon.ended()).toBe(2);
  });

  it('stays in the foreground whatever the configuration says', async () => {
    const withoutNodaemon = ['/bin/sh', '-c', 'exec "$0" -c "$3"'];
    await using daemon = container('', { prefix: [...inNamespace, ...withoutNodaemon] });
    await daemon.start();
    await waitForLog(daemon, ' INFO Staying in the foreground: PID 1 ends with its daemon\n');
    await waitFor(() => daemon.output.includes(' INFO supervisord started with pid '));
    kill(pid1Of(daemon), 'SIGTERM');
    expect(await daemon.ended()).toBe(0);
  });
});

it('leaves orphans to PID 1 when it is not that, and no zombie either way', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: orphans + stays });
  await waitForState(daemon, 'parent', 'EXITED');
  await waitFor(() => childrenOf(daemon.pid).length === 1);
  expect(daemon.logText()).not.toContain('reaped unknown pid');
});
