import { closeSync, constants, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { ensureFifo } from '../../../daemon/host/fifo.ts';
import { pidsOfCommand } from '../../../daemon/host/pipe-holders.ts';
import { PipeKeeper } from '../../../daemon/host/pipe-keeper.ts';
import { waitFor } from '../../support/wait-for.ts';

const lines: string[] = [];
let directory: string;
let keeper: PipeKeeper;
let fds: number[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['performance'] });
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
function waitForKept(...numbers: readonly number[]): Promise<void> {
  return waitFor(() => String(kept()) === String(numbers), { what: `${numbers} to be kept` });
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
  keep(20);
  await waitForKept(...Array.from({ length: 20 }, () => 1));
  jest.advanceTimersByTime(1000);
  await waitForKept(20);
  keep(5);
  jest.advanceTimersByTime(1000);
  await waitForKept(20, 5);
  keep(5);
  jest.advanceTimersByTime(1000);
  await waitForKept(20, 10);
  jest.advanceTimersByTime(1000);
  await waitForKept(30);
  expect(jest.getTimerCount()).toBe(0);
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
