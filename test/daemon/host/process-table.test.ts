import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { expect, it } from '@jest/globals';
import { readProcess } from '../../../daemon/host/process-stat.ts';
import { readProcessTable } from '../../../daemon/host/process-table.ts';

it('does not look at those that are left out, and has their children', async () => {
  // The shell's child; it says so when it is there.
  const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const sleep = Number(String((await once(shell.stdout, 'data'))[0]));
  try {
    const looked: number[] = [];
    const look = ({ pid }: { readonly pid: number }) => looked.push(pid) > 0;
    const table = readProcessTable(look, (pid) => pid === shell.pid);
    expect(table.get(process.pid)?.start).toBe(readProcess(process.pid)?.start);
    expect(table.get(shell.pid ?? 0)).toBeUndefined();
    expect(table.childrenOf(shell.pid ?? 0).map(({ pid }) => pid)).toEqual([sleep]);
    expect(looked).not.toContain(shell.pid);
    // Its parent is there, so it was not taken to have got another one.
    expect(looked.filter((pid) => pid === sleep)).toEqual([sleep]);
  } finally {
    process.kill(sleep);
    shell.kill();
  }
});
