import { closeSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Epoll } from '../../../daemon/host/epoll.ts';
import { openPidfd } from '../../../daemon/host/libc/pidfd.ts';
import { EPOLLIN } from '../../../daemon/host/libc/readiness.ts';
import { RealHost } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
beforeEach(() => {
  world = new RealHost();
});
afterEach(async () => world.close());

function pidfdOf(pid: number): number {
  const fd = openPidfd(pid);
  if (fd === undefined) throw new Error(`no process ${pid}`);
  return fd;
}

it('is closed on exec', () => {
  const fd = pidfdOf(process.pid);
  const [, flags = ''] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
  expect(Number.parseInt(flags, 8) & 0o2000000).not.toBe(0);
  closeSync(fd);
});

it('tells the end of a process', async () => {
  const pid = world.start(world.prepare('sleep 60'));
  const fd = pidfdOf(pid);
  const epoll = new Epoll({ pauseMs: 0, onError: () => undefined });
  let isOver = false;
  epoll.add(fd, EPOLLIN, {
    ready: () => {
      isOver = true;
      epoll.remove(fd);
      return 'quiet';
    },
  });
  world.host.kill(pid, 9, 'process');
  await waitFor(() => isOver, { what: 'the end' });
  epoll.close();
  closeSync(fd);
});

it('is nothing when there is no such process', async () => {
  const pid = world.start(world.prepare('true'));
  await world.exitOf(pid);
  expect(openPidfd(pid)).toBeUndefined();
});

it('is refused for a pid that no process can have', () => {
  expect(() => openPidfd(0)).toThrow('EINVAL');
});
