import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { KeptFile } from '../../../daemon/host/kept-file.ts';
import { waitFor } from '../../support/wait-for.ts';

let dir: string;
let path: string;
let lines: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kept-file-'));
  path = join(dir, 'sub/file');
  lines = [];
  mkdirSync(join(dir, 'sub'));
  writeFileSync(path, '');
});
afterEach(() => rmSync(dir, { recursive: true }));

const keep = (restore = () => writeFileSync(path, '')) =>
  new KeptFile({
    path,
    isThere: () => existsSync(path),
    restore,
    log: (level, text) => lines.push(`${level}: ${text.replace(dir, '')}`),
  });

const madeAgain = "warn: '/sub/file' was removed, and has been made again";

it('is made again whenever it is removed, or renamed', async () => {
  using _ = keep();
  for (const remove of [() => rmSync(path), () => renameSync(path, join(dir, 'moved')), () => rmSync(path)]) {
    lines.length = 0;
    remove();
    await waitFor(() => lines.length > 0, { what: 'the file' });
    expect(existsSync(path)).toBe(true);
    expect(lines).toEqual([madeAgain]);
  }
});

it('is made again when it had gone before anybody looked after it', async () => {
  rmSync(path);
  using _ = keep();
  await waitFor(() => existsSync(path), { what: 'the file' });
});

it('is tried again when its directory has come back, with one line of complaint', async () => {
  using _ = keep();
  rmSync(join(dir, 'sub'), { recursive: true });
  await waitFor(() => lines.length > 0, { what: 'the complaint' });
  expect(lines).toEqual([
    expect.stringMatching(
      /^error: '\/sub\/file' was removed, and cannot be made again: ENOENT.*; it is tried again now and then$/,
    ),
  ]);
  mkdirSync(join(dir, 'sub'));
  await waitFor(() => lines.length > 1, { what: 'the file' });
  expect(lines[1]).toBe(madeAgain);
});

it('is left alone when nobody looks after it any more', async () => {
  const kept = keep();
  using _ = keep(() => writeFileSync(join(dir, 'noticed'), ''));
  kept[Symbol.dispose]();
  rmSync(path);
  await waitFor(() => existsSync(join(dir, 'noticed')), { what: 'the notice' });
  expect(existsSync(path)).toBe(false);
});
