import { readdirSync } from 'node:fs';
import { pid as ownPid } from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { UsageMeter } from '../../../daemon/host/usage-meter.ts';
import { waitFor } from '../../support/wait-for.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('measuring what processes use', () => {
  it('tells the CPU that a process has used since its start, the first time', async () => {
    const busy = execa('/bin/sh', ['-c', 'while :; do :; done'], { reject: false });
    const pid = busy.pid ?? 0;
    try {
      await waitFor(() => (new UsageMeter().measure([pid]).get(pid)?.cpu ?? 0) > 1, { what: 'some CPU' });
    } finally {
      busy.kill('SIGKILL');
      await busy;
    }
  });

  it('tells the CPU since the measurement before, the next time', async () => {
    // Busy for two seconds of its own time, then asleep.
    const tired = execa(
      '/bin/sh',
      ['-c', 'ulimit -S -t 2; trap "exec sleep 1000" XCPU; while :; do :; done'],
      {
        reject: false,
      },
    );
    const pid = tired.pid ?? 0;
    const meter = new UsageMeter();
    try {
      await waitFor(() => (meter.measure([pid]).get(pid)?.cpu ?? 0) > 1, { what: 'some CPU' });
      await waitFor(() => meter.measure([pid]).get(pid)?.cpu === 0, { what: 'no more CPU' });
      expect(new UsageMeter().measure([pid]).get(pid)?.cpu).toBeGreaterThan(1);
    } finally {
      tired.kill('SIGKILL');
      await tired;
    }
  });

  it('tells resident memory', () => {
    expect(new UsageMeter().measure([ownPid]).get(ownPid)?.memory).toBeGreaterThan(10_000_000);
  });

  it('keeps nothing open, and says nothing of processes that are gone', async () => {
    const meter = new UsageMeter();
    const before = descriptors();
    for (let round = 0; round < 5; round += 1) {
      const children = Array.from({ length: 4 }, () => execa('/bin/sleep', ['1000'], { reject: false }));
      const pids = children.map(({ pid = 0 }) => pid);
      expect([...meter.measure(pids).keys()]).toEqual(pids);
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children);
      expect(meter.measure(pids).size).toBe(0);
    }
    expect(descriptors()).toBeLessThanOrEqual(before);
  });
});
