import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import fc from 'fast-check';
import { after as instantAfter } from '../../../daemon/host/clock.ts';
import { fifoPath } from '../../../daemon/host/fifo.ts';
import { getLimit } from '../../../daemon/host/libc/limits.ts';
import { raiseLimits } from '../../../daemon/host/limits.ts';
import { dropPrivileges, type Identity } from '../../../daemon/host/privileges.ts';
import { systemClock } from '../../../daemon/host/system-clock.ts';
import { groupsOf, systemUsers } from '../../../daemon/host/users.ts';
import { runHost } from '../../support/run-host.ts';

describe('the clock', () => {
  it('wakes at the instant or after it, never before', async () => {
    for (const delay of [0, 0.001, 0.0105, 0.02]) {
      const at = instantAfter(systemClock.now().instant, delay);
      await new Promise<void>((resolve) => systemClock.setTimer(at, resolve));
      expect(systemClock.now().instant).toBeGreaterThanOrEqual(at);
    }
  });

  it('does not wake at once for an instant farther away than one timer can wait', async () => {
    let woke = false;
    const timer = systemClock.setTimer(instantAfter(systemClock.now().instant, 2 ** 31), () => {
      woke = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(woke).toBe(false);
    timer.cancel();
  });
});

describe('users and groups', () => {
  it('are found by name and by id', () => {
    expect(systemUsers.userByName('root')).toEqual({ name: 'root', uid: 0, gid: 0 });
    expect(systemUsers.userByUid(0)?.name).toBe('root');
    expect(systemUsers.groupByName('root')).toBe(0);
    expect(systemUsers.groupByGid(0)).toBe(0);
    expect(systemUsers.homeOf('root')).toBe('/root');
  });

  it('are undefined when there is no such one', () => {
    for (const name of ['no-such-user', '', 'x'.repeat(5000)]) {
      expect(systemUsers.userByName(name)).toBeUndefined();
      expect(systemUsers.groupByName(name)).toBeUndefined();
    }
    for (const id of [-1, 1.5, 4_000_000_123, 2 ** 40]) {
      expect(systemUsers.userByUid(id)).toBeUndefined();
      expect(systemUsers.groupByGid(id)).toBeUndefined();
    }
  });

  it('belong together as `id` says', async () => {
    const root = systemUsers.userByName('root');
    if (root === undefined) throw new Error('unreachable');
    const { stdout } = await execa`id -G root`;
    expect(groupsOf(root).join(' ')).toBe(stdout);
  });
});

describe('dropping privileges', () => {
  const user = { name: 'daemon', uid: 1, gid: 1 };
  const identity = (uid: number, calls: string[], failing = ''): Identity => {
    const call = (name: string) => (value: unknown) => {
      if (name === failing) throw new Error('EPERM');
      calls.push(`${name} ${value}`);
    };
    return {
      getuid: () => uid,
      setgroups: call('setgroups'),
      setgid: call('setgid'),
      setuid: call('setuid'),
    };
  };

  it('sets groups, then group, then user', () => {
    const calls: string[] = [];
    expect(dropPrivileges(user, identity(0, calls))).toEqual({
      type: 'dropped',
      notice: 'Set uid to user 1 succeeded',
    });
    expect(calls).toEqual([expect.stringMatching(/^setgroups 1/), 'setgid 1', 'setuid 1']);
  });

  it('has nothing to do for the user who runs the daemon', () => {
    const calls: string[] = [];
    expect(dropPrivileges(user, identity(1, calls)).type).toBe('dropped');
    expect(calls).toEqual([]);
  });

  it.each([
    [1000, '', "Can't drop privilege as nonroot user"],
    [0, 'setgroups', 'Could not set groups of effective user'],
    [0, 'setgid', 'Could not set group id of effective user'],
    [0, 'setuid', 'Could not set user id of effective user'],
  ])('as uid %d with %p failing fails', (uid, failing, reason) => {
    expect(dropPrivileges(user, identity(uid, [], failing))).toEqual({ type: 'failed', reason });
  });
});

describe('limits', () => {
  it('that are high enough are left alone', () => {
    expect(raiseLimits({ minfds: 10, minprocs: 10, softNofile: '1024' })).toEqual({
      type: 'raised',
      notices: [],
      childNofile: 1024,
    });
  });

  it('count from what the launcher found, which Node has raised since', () => {
    const { soft } = getLimit('NOFILE');
    expect(raiseLimits({ minfds: 200, minprocs: 1, softNofile: '100' })).toEqual({
      type: 'raised',
      notices: ['Increased RLIMIT_NOFILE limit to 200'],
      childNofile: 200,
    });
    expect(getLimit('NOFILE').soft).toBe(soft);
  });

  it('that the system refuses are told with the real limit', () => {
    const result = raiseLimits({ minfds: 2 ** 40, minprocs: 1, softNofile: undefined });
    if (result.type !== 'failed') throw new Error('expected a failure');
    expect(result.reason).toContain(`process is ${2 ** 40} as per the "minfds"`);
    expect(result.reason).toContain(
      `only allow you to open ${getLimit('NOFILE').hard} file descriptors.  Either`,
    );
  });
});

it('gives any two processes different FIFOs, with names that fit', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 300 })
    .filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(name, name, name, name, (group, process, otherGroup, other) => {
      const path = fifoPath('/run', { group, name: process }, 'stdout');
      const otherPath = fifoPath('/run', { group: otherGroup, name: other }, 'stdout');
      expect(path === otherPath).toBe(group === otherGroup && process === other);
      expect(path.split('/')).toHaveLength(3);
      expect(Buffer.byteLength(path)).toBeLessThan(255);
    }),
  );
});

describe('the epoll set', () => {
  it('does not wake up while nothing happens', async () => {
    const { calls, wakeUps } = (await runHost('idles.ts')) as { calls: number; wakeUps: number };
    expect(calls).toBe(0);
    // One for the timer that ends the measurement, and perhaps one for the garbage of reading the figure.
    expect(wakeUps).toBeLessThanOrEqual(3);
  });
});
