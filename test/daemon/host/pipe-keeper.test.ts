import { closeSync, constants, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { ensureFifo } from '../../../daemon/host/fifo.ts';
import { pidsOfCommand } from '../../../daemon/host/pipe-holders.ts';
import { PipeKeeper } from '../../../daemon/host/pipe-keeper.ts';

const lines: string[] = [];
let directory: string;
let keeper: PipeKeeper;
let fds: number[];

beforeEach(() => {
  jest.useFakeTimers();
  directory = mkdtempSync(join(tmpdir(), 'keeper-'));
  keeper = new PipeKeeper({
    runtimeDirectory: directory,
    serverUrl: undefined,
    log: (level, text) => lines.push(`${level}: ${text}`),
  });
  fds = [];
});
afterEach(() => {
  keeper.close();
  for (const fd of fds) closeSync(fd);
  rmSync(directory, { recursive: true });
  jest.useRealTimers();
  expect(lines.splice(0)).toEqual([]);
});

/** Numbers of FIFOs that are kept open by the processes there are, the most first. */
function kept(): number[] {
  return pidsOfCommand(['cat', join(directory, 'keeps-pipes-open')])
    .map((pid) => descriptorsOf(pid).filter((fd) => isOfDirectory(`/proc/${pid}/fd/${fd}`)).length)
    .sort((one, other) => other - one);
}

/** Who was told to end may take a moment. */
async function waitForKept(...numbers: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 1000 && String(kept()) !== String(numbers); tries += 1) await delay(10);
  expect(kept()).toEqual(numbers);
}

function isOfDirectory(link: string): boolean {
  try {
    return readlinkSync(link).startsWith(directory);
  } catch {
    // The loader has closed what it had open.
    return false;
  }
}

function descriptorsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`);
}

/** One after the other, as children are started. */
function keep(count: number): void {
  for (let nth = 0; nth < count; nth += 1) {
    const path = join(directory, `${fds.length}.stdout`);
    ensureFifo(path, undefined);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    fds.push(fd);
    keeper.add(fd);
    keeper.sync();
  }
}

it('hands on few descriptors at a time while more of them come, and then has one process for all', async () => {
  const keepUntilGathered = (count: number): void => {
    keep(count - 1);
    jest.advanceTimersByTime(900);
    keep(1);
    jest.advanceTimersByTime(100);
  };
  keep(2);
  await waitForKept(1, 1);
  keepUntilGathered(18);
  await waitForKept(20);
  keepUntilGathered(4);
  await waitForKept(20, 4);
  keepUntilGathered(2);
  await waitForKept(20, 6);
  keepUntilGathered(4);
  await waitForKept(30);
  keepUntilGathered(2);
  await waitForKept(30, 2);
  jest.advanceTimersByTime(1000);
  await waitForKept(32);
  expect(jest.getTimerCount()).toBe(0);
});

it('never has many processes', async () => {
  keep(100);
  await waitForKept(65, 32, 1, 1, 1);
});

it('lets go of all that is not wanted any more, whoever has it', async () => {
  keep(8);
  jest.advanceTimersByTime(1000);
  keep(3);
  for (const fd of [fds[0], fds[9]]) keeper.remove(fd ?? -1);
  jest.advanceTimersByTime(1000);
  await waitForKept(9);
  expect(fds.map((fd) => keeper.keeps(fd))).toEqual(fds.map((fd) => fd !== fds[0] && fd !== fds[9]));
});
