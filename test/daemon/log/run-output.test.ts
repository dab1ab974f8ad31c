import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EpochSeconds } from '../../../daemon/host/clock.ts';
import { LogFile } from '../../../daemon/log/log-file.ts';
import { type LogPosition, logPosition } from '../../../daemon/log/log-position.ts';
import { RunOutputReader } from '../../../daemon/log/run-output.ts';

let directory: string;
let path: string;
let log: LogFile;
const never = { maxbytes: 0, backups: 0 };
const longAgo = 0 as EpochSeconds;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'run-output-'));
  path = join(directory, 'nightly.log');
  log = new LogFile(path, { mode: 0o600, log: () => {} });
  log.hold();
});
afterEach(() => {
  log.unhold();
  rmSync(directory, { recursive: true, force: true });
});

function here(): LogPosition {
  const end = log.end();
  if (end === undefined) throw new Error('There is no log');
  return logPosition(end);
}

function write(text: string, rotation = never): void {
  log.write(Buffer.from(text), rotation);
}

function read(from: LogPosition, to?: LogPosition): { text: string; isTruncated: boolean } {
  using reader = new RunOutputReader(to === undefined ? { from } : { from, to }, longAgo);
  const text = reader.read(0, reader.size).toString();
  return { text, isTruncated: reader.isTruncated };
}

it('is what was written between two moments, and nothing of before or after', () => {
  write('before\n');
  const from = here();
  write('one\ntwo\n');
  const to = here();
  write('after\n');
  expect(read(from, to)).toEqual({ text: 'one\ntwo\n', isTruncated: false });
});

it('goes on to the end of the log while the run does', () => {
  write('before\n');
  const from = here();
  write('one\n');
  expect(read(from).text).toBe('one\n');
  write('two\n');
  expect(read(from).text).toBe('one\ntwo\n');
});

it('can be read in parts', () => {
  const from = here();
  write('0123456789');
  using reader = new RunOutputReader({ from }, longAgo);
  expect([reader.size, reader.read(3, 4).toString(), reader.read(8, 100).toString()]).toEqual([
    10,
    '3456',
    '89',
  ]);
  expect(reader.read(10, 5)).toHaveLength(0);
});

it('is found in the backups when the log has been rotated meanwhile, and later', () => {
  const rotation = { maxbytes: 10, backups: 9 };
  write('before', rotation);
  const from = here();
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'five\n']) write(line, rotation);
  const to = here();
  for (const line of ['after\n', 'after\n', 'after\n']) write(line, rotation);
  expect(read(from, to)).toEqual({ text: 'one\ntwo\nthree\nfour\nfive\n', isTruncated: false });
});

it('lacks its beginning, and says so, when that has been rotated away', () => {
  const rotation = { maxbytes: 10, backups: 2 };
  write('before', rotation);
  const from = here();
  for (let line = 0; line < 20; line += 1) write(`line ${line}\n`, rotation);
  const to = here();
  const { text, isTruncated } = read(from, to);
  expect(isTruncated).toBe(true);
  expect(text.endsWith('line 18\nline 19\n')).toBe(true);
  expect(text).not.toContain('before');
});

it('is gone, and never what others wrote, when the log was emptied after it', () => {
  write('before\n');
  const from = here();
  write('one\n');
  const to = here();
  log.clear();
  write('what others write is at least as long\n');
  expect(read(from, to)).toEqual({ text: '', isTruncated: true });
});

it('is what came after the log was emptied in between', () => {
  write('before\n');
  const from = here();
  write('one\n');
  truncateSync(path);
  write('two\n');
  const to = here();
  expect(read(from, to)).toEqual({ text: 'two\n', isTruncated: true });
  write('after\n');
  expect(read(from, to).text).toBe('two\n');
});

it('is found when others have moved the log away by the name of a backup', () => {
  const from = here();
  write('one\n');
  renameSync(path, `${path}.1`);
  log.reopen();
  write('two\n');
  const to = here();
  expect(read(from, to)).toEqual({ text: 'one\ntwo\n', isTruncated: false });
});

it('is nothing, and whole, for a run that wrote nothing', () => {
  write('before\n');
  const from = here();
  expect(read(from, here())).toEqual({ text: '', isTruncated: false });
  using reader = new RunOutputReader({ from, to: here() }, (Date.now() / 1000 + 3600) as EpochSeconds);
  expect(reader.isTruncated).toBe(false);
});

it('takes no backup for its own that nobody has written to since', () => {
  const from = here();
  write('one\n');
  rmSync(path);
  log.reopen();
  write('two\n');
  writeFileSync(`${path}.1`, 'of before\n');
  using reader = new RunOutputReader({ from }, (Date.now() / 1000 + 60) as EpochSeconds);
  expect(reader.size).toBe(0);
});

it('is never anything but a part of the run, whatever happens to the log', () => {
  const happening = fc.oneof(
    { weight: 6, arbitrary: fc.constant('write' as const) },
    fc.constantFrom('clear' as const, 'remove' as const, 'move' as const),
  );
  fc.assert(
    fc.property(fc.array(happening), fc.array(happening), fc.nat(3), (during, later, backups) => {
      rmSync(path, { force: true });
      for (let number = 1; number < 20; number += 1) rmSync(`${path}.${number}`, { force: true });
      log.reopen();
      const rotation = { maxbytes: 60, backups };
      let count = 0;
      const play = (whose: string) => (what: 'write' | 'clear' | 'remove' | 'move') => {
        count += 1;
        if (what === 'write') write(`${whose} ${count}\n`, rotation);
        else if (what === 'clear') log.clear();
        else {
          if (what === 'remove') rmSync(path, { force: true });
          else renameSync(path, join(directory, 'elsewhere'));
          log.reopen();
        }
      };
      write('before\n', rotation);
      const from = here();
      for (const what of during) play('run')(what);
      const to = here();
      for (const what of later) play('after')(what);
      expect(read(from, to).text).not.toMatch(/before|after/);
    }),
  );
});
