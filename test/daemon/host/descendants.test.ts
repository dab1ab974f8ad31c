import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';
import { descendantsOf, listsChildren } from '../../../daemon/host/descendants.ts';
import { type ProcessIdentity, readProcess } from '../../../daemon/host/process-stat.ts';
import { program } from '../../support/real-host.ts';

function identify(pid: number): ProcessIdentity {
  const row = readProcess(pid);
  if (row === undefined) throw new Error(`There is no process ${pid}`);
  return row;
}

(listsChildren() ? it : it.skip)('a process has its children for descendants, and theirs', async () => {
  const root = spawn(program('has-descendants'), { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface(root.stdout)[Symbol.asyncIterator]();
    const child = Number((await lines.next()).value);
    const grandchild = Number((await lines.next()).value);
    const { pid = 0 } = root;
    const found = descendantsOf([identify(pid)]).map((each) => each.pid);
    expect(found).toEqual([child, grandchild]);
    expect(descendantsOf([identify(grandchild)])).toEqual([]);
    // Another process that has the pid is not meant.
    expect(descendantsOf([{ pid, start: identify(pid).start - 1 }])).toEqual([]);
  } finally {
    root.stdin.end();
    await once(root, 'exit');
  }
});
