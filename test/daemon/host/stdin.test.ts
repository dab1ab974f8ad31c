import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { stdinCapacity } from '../../../daemon/host/child-stdin.ts';
import { program, RealHost } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
beforeEach(() => {
  world = new RealHost();
});
afterEach(async () => {
  await world.close();
});

async function end(pid: number): Promise<void> {
  world.host.kill(pid, 9, 'group');
  await world.exitOf(pid);
}

it('reaches the child, and a child that is told nothing sees no end of it', async () => {
  const handle = world.prepare('cat');
  const pid = world.start(handle);
  expect(handle.writeStdin(Buffer.from('hello\n'))).toBe('queued');
  expect(handle.writeStdin(Buffer.from('ünd\n'))).toBe('queued');
  await waitFor(() => world.read('out') === 'hello\nünd\n', { what: 'echo' });
  expect(world.exits).toEqual([]);
  await end(pid);
});

it('arrives complete and in order when it is more than a pipe holds', async () => {
  const handle = world.prepare('cat');
  const pid = world.start(handle);
  const text = Array.from({ length: 40_000 }, (_, number) => `line ${number}\n`).join('');
  for (let start = 0; start < text.length; start += 100_000) {
    expect(handle.writeStdin(Buffer.from(text.slice(start, start + 100_000)))).toBe('queued');
  }
  await waitFor(() => world.read('out').length >= text.length, { what: 'echo' });
  expect(world.read('out')).toBe(text);
  await end(pid);
});

it('reaches a listener whose first event comes after somebody tidied up the runtime directory', async () => {
  const handle = world.prepare('cat', { section: 'eventlistener:web' });
  const pid = world.start(handle);
  rmSync(world.path('run'), { recursive: true });
  expect(handle.writeStdin(Buffer.from('event\n'))).toBe('queued');
  await waitFor(() => world.read('out') === 'event\n', { what: 'echo' });
  await end(pid);
});

it('is closed without a child, and after it', async () => {
  const handle = world.prepare('cat');
  expect(handle.writeStdin(Buffer.from('x'))).toBe('closed');
  await end(world.start(handle));
  handle.finish();
  expect(handle.writeStdin(Buffer.from('x'))).toBe('closed');
});

it('is closed when the child has closed it', async () => {
  const handle = world.prepare(program('closes-stdin'));
  const pid = world.start(handle);
  await waitFor(() => existsSync(world.path('out')) && world.read('out') !== '', { what: 'closing' });
  expect(handle.writeStdin(Buffer.from('x'))).toBe('closed');
  await end(pid);
});

it('is full when the child does not read, and takes nothing more then', async () => {
  const handle = world.prepare('sleep 60');
  const pid = world.start(handle);
  const piece = Buffer.alloc(65536);
  let queued = 0;
  while (handle.writeStdin(piece) === 'queued') queued += piece.length;
  expect(handle.writeStdin(piece)).toBe('full');
  expect(queued).toBeLessThanOrEqual(stdinCapacity + 2 * 65536);
  await end(pid);
});

it('that was meant for one child is not read by the next, even if a grandchild kept it open', async () => {
  const handle = world.prepare(`${program('leaves-a-reader-of-stdin')} ${world.path('later')}`);
  const first = world.start(handle);
  await waitFor(() => existsSync(world.path('out')) && world.read('out') === 'ready\n', {
    what: 'the grandchild',
  });
  expect(handle.writeStdin(Buffer.from('for the first\n'))).toBe('queued');
  world.host.kill(first, 9, 'process');
  await world.exitOf(first);
  handle.finish();
  const second = world.start(handle);
  handle.writeStdin(Buffer.from('for the second\n'));
  await waitFor(() => world.read('out').endsWith('second\n'), { what: 'echo' });
  expect(world.read('out')).toBe('ready\nfor the second\n');
  world.host.kill(first, 9, 'group');
  await end(second);
});

it('outlives the disposal of another handle of that name that was never used', async () => {
  const handle = world.prepare('cat');
  const pid = world.start(handle);
  world.prepare('cat').dispose();
  expect(handle.writeStdin(Buffer.from('hello\n'))).toBe('queued');
  await waitFor(() => world.read('out') === 'hello\n', { what: 'echo' });
  await end(pid);
});

it('tells once when what was queued has gone, after it was full', async () => {
  const handle = world.prepare(`${program('reads-when-told')} ${world.path('go')}`);
  const pid = world.start(handle);
  const piece = Buffer.alloc(65536);
  while (handle.writeStdin(piece) === 'queued');
  let drained = 0;
  handle.onceStdinDrained(() => {
    drained += 1;
  });
  writeFileSync(world.path('go'), '');
  await waitFor(() => drained > 0, { what: 'room' });
  expect(handle.writeStdin(piece)).toBe('queued');
  await waitFor(() => world.read('out') === 'reading\n', { what: 'the reader' });
  expect(drained).toBe(1);
  await end(pid);
});
