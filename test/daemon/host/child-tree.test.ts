import { existsSync, readFileSync } from 'node:fs';
import { kill } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChildHandle } from '../../../daemon/host/host.ts';
import { hasEnded, program, RealHost } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
let orphan: number | undefined;
let children: number[] = [];
beforeEach(() => {
  world = new RealHost({ serverUrl: 'unix:///run/supervisor.sock' });
});
afterEach(async () => {
  for (const pid of [orphan, ...children]) if (pid !== undefined && !hasEnded(pid)) kill(pid, 'SIGKILL');
  orphan = undefined;
  children = [];
  await world.close();
});

function start(handle: ChildHandle): number {
  const pid = world.start(handle);
  children.push(pid);
  return pid;
}

/** Starts a program, and waits until it has left an orphan with these ties to it. */
async function startWithOrphan(ties: string, killmode: 'process' | 'tree'): Promise<[ChildHandle, number]> {
  const file = world.path('pid');
  const handle = world.prepare(`${program('leaves-an-orphan')} ${file} ${ties}`, { killmode });
  const pid = start(handle);
  await waitFor(() => existsSync(file), { what: 'the pid of the orphan' });
  orphan = Number(readFileSync(file, 'utf8'));
  return [handle, pid];
}

async function stopTree(handle: ChildHandle, pid: number): Promise<void> {
  expect(handle.kill(pid, 15, 'tree')).toEqual({ type: 'sent' });
  await world.exitOf(pid);
  handle.finish();
  await new Promise<void>((resolve) => handle.onceTreeGone(resolve));
}

describe('an orphan is stopped with its program', () => {
  for (const tie of ['files', 'environment', 'group']) {
    it(`when it has nothing but its ${tie} in common with it`, async () => {
      const [handle, pid] = await startWithOrphan(tie, 'tree');
      await stopTree(handle, pid);
      expect(hasEnded(orphan)).toBe(true);
    });
  }

  it('unless it has nothing at all in common with it', async () => {
    const [handle, pid] = await startWithOrphan('', 'tree');
    await stopTree(handle, pid);
    expect(hasEnded(orphan)).toBe(false);
  });

  it('also when its program has ended by itself, and another one has been started since', async () => {
    const [handle, pid] = await startWithOrphan('group', 'tree');
    world.host.kill(pid, 9, 'process');
    await world.exitOf(pid);
    handle.finish();
    const next = start(handle);
    await stopTree(handle, next);
    expect(hasEnded(orphan)).toBe(true);
  });
});

describe('an orphan is left alone', () => {
  it('when it is that of a program of the same name of another daemon', async () => {
    const handle = world.prepare('sleep 1000', { killmode: 'tree' });
    const file = world.path('pid');
    const others = { environment: new Map([['SUPERVISOR_SERVER_URL', 'unix:///run/other.sock']]) };
    const other = world.prepare(`${program('leaves-an-orphan')} ${file} environment`, {
      ...others,
      group: 'other',
    });
    start(other);
    await waitFor(() => existsSync(file), { what: 'the pid of the orphan' });
    orphan = Number(readFileSync(file, 'utf8'));
    const pid = start(handle);
    await stopTree(handle, pid);
    expect(hasEnded(orphan)).toBe(false);
  });

  it('and named, when only the process is stopped', async () => {
    const [handle, pid] = await startWithOrphan('files', 'process');
    handle.kill(pid, 15, 'process');
    await world.exitOf(pid);
    handle.finish();
    const isNamed = () =>
      world.log.some((line) => line.startsWith(`warn 'web' left processes behind: ${orphan} (`));
    await waitFor(isNamed, { what: 'the line that names it' });
    expect(hasEnded(orphan)).toBe(false);
  });
});
