import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureFifo, openForDaemon, openForInput } from '../../../daemon/host/fifo.ts';
import { pidsOfCommand, pipeHolders } from '../../../daemon/host/pipe-holders.ts';
import { describeAsRoot } from '../../support/as-root.ts';
import { waitFor } from '../../support/wait-for.ts';

let directory: string;
let path: string;
let children: ChildProcess[];

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'holders-')));
  path = join(directory, 'web:web.stdout');
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    const ended = once(child, 'exit');
    if (child.kill('SIGKILL')) await ended;
  }
  rmSync(directory, { recursive: true, force: true });
});

/** A process that has what is at `path` as its stdout. */
async function holder({ uid }: { readonly uid?: number } = {}): Promise<number> {
  const fd = openSync(path, 'r+');
  const child = spawn('sleep', ['1000'], {
    stdio: ['ignore', fd, 'ignore'],
    ...(uid !== undefined && { uid }),
  });
  closeSync(fd);
  children.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}

function pids(): number[] {
  return pipeHolders(directory).map(({ pid }) => pid);
}

describe('a process that has one of our FIFOs', () => {
  it('is found, also when somebody has removed the FIFO', async () => {
    ensureFifo(path, undefined);
    const pid = await holder();
    expect(pipeHolders(directory)).toMatchObject([{ pid, fifos: new Set(['web:web.stdout']) }]);
    unlinkSync(path);
    expect(pipeHolders(directory)).toMatchObject([{ pid, fifos: new Set(['web:web.stdout']) }]);
    ensureFifo(path, undefined);
    expect(pids()).toEqual([pid]);
  });

  it('is none whose file only has the name of one', async () => {
    writeFileSync(path, '');
    await holder();
    expect(pids()).toEqual([]);
  });

  it('gives nobody a way to something else in its place', async () => {
    ensureFifo(path, undefined);
    const held = `/proc/${await holder()}/fd/1`;
    expect(() => openForInput(held)).toThrow('ENXIO');
    unlinkSync(path);
    closeSync(openForDaemon(held));
    closeSync(openForInput(held));
    writeFileSync(path, '');
    const other = `/proc/${await holder()}/fd/1`;
    expect(() => openForDaemon(other)).toThrow('ENXIO');
  });
});

describeAsRoot('a process of somebody else', () => {
  it('is none of ours when it has the FIFO of another user', async () => {
    ensureFifo(path, undefined);
    chownSync(path, 65533, 65533);
    await holder({ uid: 65534 });
    const own = await holder({ uid: 65533 });
    expect(pids()).toEqual([own]);
  });

  it('may have become that user from being ours', async () => {
    ensureFifo(path, undefined);
    const pid = await holder({ uid: 65534 });
    expect(pids()).toEqual([pid]);
  });

  it('is not taken for one of ours because of its command line', async () => {
    const words = ['sleep', '1000.25'] as const;
    const both = [65534, 0].map((uid) => spawn(words[0], [words[1]], { uid, stdio: 'ignore' }));
    children.push(...both);
    const isThere = (pid = 0): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words[1]);
    await waitFor(() => both.every(({ pid }) => isThere(pid)), { what: 'both processes' });
    expect(pidsOfCommand(words)).toEqual([both[1]?.pid]);
  });
});
