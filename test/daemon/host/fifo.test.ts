import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ensureFifo,
  isFifo,
  processFileName,
  processOfFile,
  removeFifosOfOthers,
  renewFifo,
} from '../../../daemon/host/fifo.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-fifo-'));
  path = join(directory, 'web:web.stdout');
});
afterEach(() => rmSync(directory, { recursive: true }));

const inode = (): number => statSync(path).ino;

for (const [name, make] of Object.entries({ ensureFifo, renewFifo })) {
  describe(name, () => {
    it('makes a FIFO that only its owner can open', () => {
      make(path, undefined);
      expect(isFifo(path)).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    });

    it('takes the place of a file', () => {
      writeFileSync(path, '');
      make(path, undefined);
      expect(isFifo(path)).toBe(true);
    });

    it('says why there can be none', () => {
      const code = (action: () => void): unknown => {
        try {
          action();
          return undefined;
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      };
      expect(code(() => make(join(directory, 'none', 'fifo'), undefined))).toBe('ENOENT');
      mkdirSync(path);
      expect(code(() => make(path, undefined))).toBe('EISDIR');
    });
  });
}

it('a FIFO that is there is kept, or renewed', () => {
  ensureFifo(path, undefined);
  const first = inode();
  ensureFifo(path, undefined);
  expect(inode()).toBe(first);
  // While it is open, its inode cannot be that of another one.
  const open = openSync(path, constants.O_RDWR);
  renewFifo(path, undefined);
  expect(isFifo(path)).toBe(true);
  expect(inode()).not.toBe(first);
  closeSync(open);
});

it('whose it is can be told by its name', () => {
  for (const process of [
    { group: 'a', name: 'b' },
    { group: 'nightly', name: 'w_0.stdout@12' },
    { group: '%(x)é', name: '~%41' },
  ]) {
    expect(processOfFile(`${processFileName(process)}.stderr`)).toEqual(process);
  }
  const long = { group: 'a', name: 'b'.repeat(300) };
  expect(processOfFile(`${processFileName(long)}.stdin`)).toBeUndefined();
  for (const name of ['processes', 'a:b', 'a.stdout', 'a:b.stdout.staged']) {
    expect(processOfFile(name)).toBeUndefined();
  }
});

it('what others have left is removed, also where names of processes have dots in them', () => {
  const kept = ['a:a.stdout', 'a:a.stdout.staged', 'a:b.stdin.c.stderr', 'processes'];
  const others = ['a:b.stdin', 'a:b.stdin.staged', 'other:a.stderr', 'a:aa.stdout'];
  for (const name of [...kept, ...others]) writeFileSync(join(directory, name), '');
  removeFifosOfOthers(directory, [
    { group: 'a', name: 'a' },
    { group: 'a', name: 'b.stdin.c' },
  ]);
  expect(readdirSync(directory).toSorted()).toEqual(kept.toSorted());
});
