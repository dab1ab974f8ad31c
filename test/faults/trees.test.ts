import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { errorCode } from '../../conf/error-code.ts';
import { lackingCgroups } from '../support/cgroups.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { itWhereKernelCan } from '../support/kernel.ts';
import { program } from '../support/real-host.ts';
import { fullLog, isAlive, pidOf, stateOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

/** A daemon with one program, `web`, which has its file `%(here)s/pid`. */
async function withProgram(
  fixture: string,
  lines: readonly string[] = [],
  prefix: readonly string[] = [],
): Promise<Daemon> {
  const [name = '', ...words] = fixture.split(' ');
  const command = [program(name), '%(here)s/pid', ...words].join(' ');
  const configuration = ['[program:web]', `command=${command}`, 'startsecs=0', ...lines, ''].join('\n');
  return await startDaemon({ implementation: 'ours', configuration, prefix });
}

/** The pid that the program has put into its file. */
async function pidIn(daemon: Daemon): Promise<number> {
  const file = join(daemon.dir, 'pid');
  await waitFor(() => existsSync(file), { what: 'the pid of a descendant' });
  return Number(readFileSync(file, 'utf8'));
}

/** Opens a FIFO as soon as it is there, without waiting for somebody who writes to it. */
async function openFifo(file: string): Promise<number> {
  await waitFor(() => existsSync(file), { what: 'a FIFO' });
  return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Whether a process has an empty FIFO open for writing. A zombie has not, however late somebody takes notice of it. */
function hasWriter(fifo: number): boolean {
  try {
    return readSync(fifo, Buffer.alloc(1)) !== 0;
  } catch (error) {
    return errorCode(error) === 'EAGAIN';
  }
}

fault('a program is stopped, and a process that it has started is not', async () => {
  await using daemon = await withProgram('waits-for-a-session');
  const descendant = await pidIn(daemon);
  expect(await daemon.rpc('supervisor.stopProcess', 'web')).toBe(true);
  await waitForLog(daemon, 'left processes behind');
  expect(isAlive(descendant)).toBe(true);
  const log = await fullLog(daemon);
  expect(log).toContain(`'web' left processes behind: ${descendant} (`);
  kill(descendant, 'SIGKILL');
  return log;
});

fault('a process of a program with killmode=tree has begun a session of its own', async () => {
  await using daemon = await withProgram('waits-for-a-session', ['killmode=tree']);
  const descendant = await pidIn(daemon);
  expect(await daemon.rpc('supervisor.stopProcess', 'web')).toBe(true);
  expect(isAlive(descendant)).toBe(false);
  expect(await stateOf(daemon, 'web')).toBe('STOPPED');
  return await fullLog(daemon);
});

fault('a program with killmode=tree runs its server through shells that hand no signal on', async () => {
  await using daemon = await withProgram('runs-through-shells', ['killmode=tree', 'stopwaitsecs=60']);
  const server = await pidIn(daemon);
  expect(await daemon.rpc('supervisor.stopProcess', 'web')).toBe(true);
  expect(isAlive(server)).toBe(false);
  return readFileSync(join(daemon.dir, 'pid.told'), 'utf8') + (await fullLog(daemon));
});

fault('a process of a program with killmode=tree does not heed the stop signal', async () => {
  await using daemon = await withProgram('waits-for-a-session ignore', ['killmode=tree', 'stopwaitsecs=1']);
  const [child, descendant] = [await pidOf(daemon, 'web'), await pidIn(daemon)];
  const stopped = daemon.rpc('supervisor.stopProcess', 'web');
  await waitFor(() => !isAlive(child), { what: 'the end of the child' });
  if (isAlive(descendant)) expect(await stateOf(daemon, 'web')).toBe('STOPPING');
  expect(await stopped).toBe(true);
  expect(isAlive(descendant)).toBe(false);
  return await fullLog(daemon);
});

fault('a process of a program with killmode=tree forks while it is killed', async () => {
  await using daemon = await withProgram('forks-away', ['killmode=tree', 'stopwaitsecs=1']);
  const held = await openFifo(join(daemon.dir, 'pid.held'));
  try {
    await pidIn(daemon);
    expect(hasWriter(held)).toBe(true);
    expect(await daemon.rpc('supervisor.stopProcess', 'web')).toBe(true);
    expect(hasWriter(held)).toBe(false);
    return await fullLog(daemon);
  } finally {
    closeSync(held);
  }
});

fault(
  'a process of a program with killmode=cgroup has cut all ties',
  async () => {
    await using daemon = await withProgram('leaves-an-orphan', ['killmode=cgroup']);
    const descendant = await pidIn(daemon);
    expect(await daemon.rpc('supervisor.stopProcess', 'web')).toBe(true);
    expect(isAlive(descendant)).toBe(false);
    return await fullLog(daemon);
  },
  { lacking: lackingCgroups() },
);

fault(
  'there are no control groups for killmode=cgroup',
  async () => {
    const withoutCgroups = 'umount --all --lazy --types cgroup2; exec "$@"';
    const prefix = ['unshare', '--mount', 'sh', '-c', withoutCgroups, 'sh'];
    await using daemon = await withProgram('waits-for-a-session', ['killmode=cgroup'], prefix);
    const descendant = await pidIn(daemon);
    expect(await daemon.rpc('supervisor.stopProcess', 'web')).toBe(true);
    expect(isAlive(descendant)).toBe(false);
    return await fullLog(daemon);
  },
  { needsRoot: true },
);

/** Kills a daemon, and starts the next one in its place. */
async function replace(daemon: Daemon): Promise<void> {
  daemon.kill('SIGKILL');
  await daemon.ended();
  await daemon.start();
}

describe('the next daemon', () => {
  const cases: readonly { killmode: string; fixture: string; lacking?: string | undefined }[] = [
    { killmode: 'tree', fixture: 'waits-for-a-session' },
    { killmode: 'cgroup', fixture: 'leaves-an-orphan', lacking: lackingCgroups() },
  ];
  for (const { killmode, fixture, lacking } of cases) {
    itWhereKernelCan(
      lacking,
      `stops the whole of what it has adopted, with killmode=${killmode}`,
      async () => {
        await using daemon = await withProgram(fixture, [`killmode=${killmode}`]);
        const [child, descendant] = [await pidOf(daemon, 'web'), await pidIn(daemon)];
        await replace(daemon);
        expect(await pidOf(daemon, 'web')).toBe(child);
        expect(await daemon.rpc('supervisor.stopProcess', 'web')).toBe(true);
        expect([child, descendant].map(isAlive)).toEqual([false, false]);
      },
    );
  }

  it('goes on stopping a tree whose first process has ended already', async () => {
    await using daemon = await withProgram('waits-for-a-session ignore', ['killmode=tree', 'stopwaitsecs=8']);
    const descendant = await pidIn(daemon);
    await daemon.rpc('supervisor.stopProcess', 'web', false);
    await waitForLog(daemon, "waiting for processes left by 'web'");
    await replace(daemon);
    expect([await stateOf(daemon, 'web'), isAlive(descendant)]).toEqual(['STOPPING', true]);
    await waitForState(daemon, 'web', 'STOPPED');
    expect(isAlive(descendant)).toBe(false);
  });
});
