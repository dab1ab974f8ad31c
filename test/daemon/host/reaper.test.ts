import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { hasEnded, openDescriptors, program, RealHost } from '../../support/real-host.ts';
import { runHost } from '../../support/run-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
beforeEach(() => {
  world = new RealHost();
});
afterEach(async () => world.close());

it('notices each of 200 children that end at the same moment, once', async () => {
  const pids = Array.from({ length: 200 }, (_, number) =>
    world.start(world.prepare('sleep 60', { name: `p${number}`, stdout: world.channel('NONE') })),
  );
  for (const pid of pids) world.host.kill(pid, 9, 'process');
  // The process that runs the tests may have other children, left by other files.
  const ends = () => world.exits.map(({ pid }) => pid).filter((pid) => pids.includes(pid));
  await waitFor(() => ends().length >= pids.length, { what: 'all exits' });
  expect(ends().toSorted()).toEqual(pids.toSorted());
});

it('reaps orphans that it was given', async () => {
  const command = `${program('leaves-orphans')} 5`;
  // The program itself, and five times a subshell and its sleep, which the subshell reaps itself.
  expect(await runHost('reaps-orphans.ts', '6', command)).toEqual([0, 7, 7, 7, 7, 7]);
});

describe('children that Node started', () => {
  it('report their own exits while ours come and go', async () => {
    const theirs = Array.from({ length: 30 }, (_, code) => execa({ reject: false })`sh -c ${`exit ${code}`}`);
    const ours = Array.from({ length: 30 }, (_, number) =>
      world.start(world.prepare('true', { name: `p${number}` })),
    );
    const codes = (await Promise.all(theirs)).map(({ exitCode }) => exitCode);
    expect(codes).toEqual(Array.from({ length: 30 }, (_, code) => code));
    await waitFor(() => world.exits.length >= ours.length, { what: 'all of our exits' });
    expect(world.exits.map(({ pid }) => pid).toSorted()).toEqual(ours.toSorted());
  });

  it('do not hide an exit of ours behind their own', async () => {
    const theirs = spawn('sleep', ['60']);
    const exit = once(theirs, 'exit');
    const ours = world.start(world.prepare('sleep 60'));
    theirs.kill('SIGKILL');
    world.host.kill(ours, 9, 'process');
    // Both have ended, and libuv has not had its turn.
    while (!hasEnded(theirs.pid) || !hasEnded(ours));
    world.host.reap();
    expect((await exit)[1]).toBe('SIGKILL');
    expect(await world.exitOf(ours)).toEqual({ type: 'signalled', signal: 9, coreDumped: false });
    expect(world.exits).toHaveLength(1);
  });

  it('are of no concern when they could not be started', async () => {
    await expect(execa('/none/such')).rejects.toThrow();
    expect(await world.run('true')).toEqual({ type: 'exited', code: 0 });
  });
});

describe('descriptors', () => {
  it('are as many after 1,000 spawns as after the first', async () => {
    const handle = world.prepare('true');
    const once = async () => {
      await world.exitOf(world.start(handle));
      handle.finish();
      world.exits.length = 0;
    };
    await once();
    const before = openDescriptors();
    for (let count = 0; count < 1000; count += 1) await once();
    // Fewer: what jest itself had open for a while.
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  it('are at most four for a running process with two logs, and all closed at the end', async () => {
    await world.run('true', { name: 'first' });
    const before = openDescriptors();
    const handle = world.prepare('sleep 60', {
      name: 'second',
      stdout: world.channel('a'),
      stderr: world.channel('b'),
    });
    const pid = world.start(handle);
    expect(openDescriptors() - before).toBe(4);
    world.host.kill(pid, 9, 'process');
    await world.exitOf(pid);
    handle.finish();
    world.dispose(handle);
    expect(openDescriptors()).toBe(before);
  });

  it('are all closed at the end, though there is something in the place of a FIFO, which stays', async () => {
    await world.run('true', { name: 'first' });
    const before = openDescriptors();
    const handle = world.prepare('true', { name: 'second' });
    await world.exitOf(world.start(handle));
    handle.finish();
    const fifo = world.path('run/second:second.stdout');
    rmSync(fifo);
    mkdirSync(fifo);
    world.dispose(handle);
    expect(openDescriptors()).toBe(before);
    expect(readdirSync(world.path('run'))).toEqual(['keeps-pipes-open', 'second:second.stdout']);
  });

  it('that run out fail the spawn, and leave nothing open', async () => {
    expect(await runHost('runs-out-of-descriptors.ts')).toEqual({
      failure: "too many open files to spawn 'name'",
      leaked: 0,
      started: true,
    });
  });
});
