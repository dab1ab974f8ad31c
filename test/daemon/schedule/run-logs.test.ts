import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { LogFile } from '../../../daemon/log/log-file.ts';
import { logPosition } from '../../../daemon/log/log-position.ts';
import { readRunLog, removeOwnLogs } from '../../../daemon/schedule/run-logs.ts';
import type { Run } from '../../../schedule/run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'run-logs-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const never = { maxbytes: 0, backups: 0 };

class Log {
  readonly #file: LogFile;

  constructor(name: string) {
    this.#file = new LogFile(join(directory, name), { mode: 0o600, log: () => {} });
    this.#file.hold();
  }

  write(text: string): void {
    this.#file.write(Buffer.from(text), never);
  }

  get end() {
    const end = this.#file.end();
    if (end === undefined) throw new Error('There is no log');
    return logPosition(end);
  }
}

function run(data: unknown, state: Run['state'] = 'SUCCESS'): Run {
  return { id: 'R1', attempt: 1, state, claimed: new Date(), started: new Date(), data } as Run;
}

function page(of: Run, offset: number, length: number) {
  const { bytes, ...rest } = readRunLog(of, 'stdout', { offset, length });
  return { text: bytes.toString(), ...rest };
}

it('pages through the output of a run, to its end', () => {
  const log = new Log('a');
  log.write('before');
  const from = log.end;
  log.write('0123456789');
  const ended = run({ processes: [{ name: 'a', pid: 1, output: { stdout: { from, to: log.end } } }] });
  log.write('after');
  expect(page(ended, 0, 4)).toMatchObject({ text: '0123', offset: 4, size: 10, isComplete: false });
  expect(page(ended, 4, 100)).toMatchObject({ text: '456789', offset: 10, isComplete: true });
  expect(page(ended, 10, 100)).toMatchObject({ text: '', offset: 10, isComplete: true });
});

it('goes on with one that is under way, whatever was known of its end', () => {
  const log = new Log('a');
  const from = log.end;
  const underWay = run(
    { processes: [{ name: 'a', pid: 1, output: { stdout: { from, to: from } } }] },
    'RUNNING',
  );
  log.write('one\n');
  expect(page(underWay, 0, 100)).toMatchObject({ text: 'one\n', offset: 4, isComplete: false });
  log.write('two\n');
  expect(page(underWay, 4, 100)).toMatchObject({ text: 'two\n', offset: 8, isComplete: false });
});

it('has the output of several processes one after the other', () => {
  const [one, two] = [new Log('a'), new Log('b')];
  const [fromOne, fromTwo] = [one.end, two.end];
  one.write('first ');
  two.write('second');
  const ended = run({
    processes: [
      { name: 'a', pid: 1, output: { stdout: { from: fromOne, to: one.end } } },
      { name: 'b', pid: 2, output: { stdout: { from: fromTwo, to: two.end } } },
    ],
  });
  expect(page(ended, 0, 100)).toMatchObject({ text: 'first second', isComplete: true });
  expect(page(ended, 4, 4)).toMatchObject({ text: 't se', offset: 8, isComplete: false });
});

it('says so when there is no log', () => {
  for (const data of [null, {}, { processes: [{ name: 'a', pid: 1, output: {} }] }]) {
    expect(() => readRunLog(run(data), 'stdout', { offset: 0, length: 1 })).toThrow(
      expect.objectContaining({ refusal: 'no-log' }),
    );
  }
});

it('removes the logs that were of a run alone, with their backups', () => {
  const path = join(directory, 'run-R1.log');
  for (const name of [path, `${path}.1`, `${path}.2`, join(directory, 'other')]) writeFileSync(name, '');
  const warnings: string[] = [];
  removeOwnLogs([run({ processes: [], ownLogs: [path] }), run(null)], (text) => warnings.push(text));
  expect([path, `${path}.1`, `${path}.2`].filter(existsSync)).toEqual([]);
  expect(existsSync(join(directory, 'other'))).toBe(true);
  expect(warnings).toEqual([]);
  removeOwnLogs([run({ processes: [], ownLogs: [directory] })], (text) => warnings.push(text));
  expect(warnings).toEqual([expect.stringContaining('cannot remove log')]);
});
