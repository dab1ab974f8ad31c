import { channel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Compaction } from '../../daemon/memory.ts';
import { startDaemon } from '../support/daemons.ts';
import { waitFor } from '../support/wait-for.ts';

const megabyte = 1024 * 1024;

/** KiB. */
function figure(name: 'VmHWM' | 'VmRSS', pid: number): number {
  return Number(
    new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1],
  );
}

it('gives back what start-up needed, and answers', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: '[program:web]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
  });
  const { pid } = daemon;
  await waitFor(() => figure('VmRSS', pid) < figure('VmHWM', pid) / 2, {
    what: 'the memory to be given back',
  });
  expect(await daemon.ctl('ours', ['status'])).toMatchObject({ stdout: expect.stringContaining('RUNNING') });
});

describe('a daemon that is settled', () => {
  let compaction: Compaction;

  beforeEach(() => {
    jest.useFakeTimers();
    compaction = new Compaction();
    jest.advanceTimersByTime(3000);
  });
  afterEach(() => {
    compaction[Symbol.dispose]();
    jest.useRealTimers();
  });

  it('has no timer', () => {
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has none either when it has answered little', () => {
    answer();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has one when answers have let the heap grow, and none when that is given back', () => {
    const kept = grow(64 * megabyte);
    answer();
    expect(jest.getTimerCount()).toBe(1);
    kept.length = 0;
    jest.advanceTimersByTime(59_000);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1000);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('hears of no answer when it has ended', () => {
    compaction[Symbol.dispose]();
    const kept = grow(64 * megabyte);
    answer();
    expect(jest.getTimerCount()).toBe(0);
    expect(kept.length).toBeGreaterThan(0);
  });
});

function answer(): void {
  channel('http.server.response.finish').publish({});
}

function grow(bytes: number): number[][] {
  const elementBytes = 8;
  return Array.from({ length: 64 }, (_, index) =>
    Array.from({ length: bytes / 64 / elementBytes }, (__, place) => index + place / 7),
  );
}
