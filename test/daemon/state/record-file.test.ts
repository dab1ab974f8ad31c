import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecordFile, readRecords, setAside } from '../../../daemon/state/record-file.ts';

const format = { kind: 'things', version: 2 };
const boot = 'this-boot';
let directory: string;
let path: string;
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'record-file-'));
  path = join(directory, 'things');
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(snapshot: () => Iterable<object> = () => [], where = path): RecordFile {
  const log = (level: string, text: string) => void lines.push(`${level} ${text}`);
  return new RecordFile({ ...format, path: where, bootId: boot, snapshot, log });
}

function read() {
  return readRecords(path, format, boot);
}

it('gives back what was written and appended, in order', () => {
  using file = open(() => [{ a: 1 }]);
  file.append({ b: 'zwei\n' });
  file.append({ c: [3] });
  expect(read()).toEqual({ type: 'read', version: 2, records: [{ a: 1 }, { b: 'zwei\n' }, { c: [3] }] });
});

it('is readable by its owner only', () => {
  using _ = open();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('is missing until it is written', () => {
  expect(read()).toEqual({ type: 'missing' });
});

describe('a file that is not whole', () => {
  it('is recognised when it is empty', () => {
    writeFileSync(path, '');
    expect(read()).toEqual({ type: 'unusable', reason: 'it is empty' });
  });

  it('is recognised wherever it is cut off, except between two lines', () => {
    using file = open();
    file.append({ some: 'record' });
    const whole = readFileSync(path);
    for (let length = whole.length - 1; length > 0; length -= 1) {
      truncateSync(path, length);
      const isBetween = whole[length - 1] === 0x0a;
      expect([length, read().type]).toEqual([length, isBetween ? 'read' : 'unusable']);
      writeFileSync(path, whole);
    }
  });

  it('has all records but one that is cut off, where that may be: the daemon was killed while it wrote', () => {
    using file = open();
    const whole = readFileSync(path).length;
    file.append({ first: 'record' });
    const second = readFileSync(path).length;
    file.append({ second: 'record' });
    const all = readFileSync(path);
    for (let length = all.length - 1; length > 0; length -= 1) {
      truncateSync(path, length);
      const reading = readRecords(path, { ...format, mayBeCutOff: true }, boot);
      const records = reading.type === 'read' ? reading.records : reading.type;
      const expected = length < second ? [] : [{ first: 'record' }];
      expect([length, records]).toEqual([length, length < whole ? 'unusable' : expected]);
      writeFileSync(path, all);
    }
  });

  it('is recognised whichever byte is changed, except for the newline at its end', () => {
    using file = open();
    file.append({ some: 'record', number: 17 });
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(whole.length - 2), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const damaged = Buffer.from(whole);
        damaged[index] = (damaged[index] ?? 0) ^ change;
        writeFileSync(path, damaged);
        expect(read().type).toBe('unusable');
      }),
    );
  });

  it('is recognised when it is of another kind, a newer version or an earlier boot', () => {
    using _ = open();
    expect(readRecords(path, { ...format, kind: 'others' }, boot)).toMatchObject({ type: 'unusable' });
    expect(readRecords(path, { ...format, version: 1 }, boot)).toEqual({
      type: 'unusable',
      reason: 'it is of a newer version, 2',
    });
    expect(readRecords(path, format, 'next-boot')).toEqual({
      type: 'unusable',
      reason: 'it is from before the machine was started',
    });
    expect(readRecords(path, { ...format, version: 3 }, boot)).toMatchObject({ type: 'read', version: 2 });
  });

  it('can be set aside, in place of an earlier one', () => {
    for (const text of ['first', 'second']) {
      writeFileSync(path, text);
      setAside(path);
    }
    expect(read()).toEqual({ type: 'missing' });
    expect(readFileSync(`${path}.unusable`, 'utf8')).toBe('second');
    setAside(path);
    expect(readFileSync(`${path}.unusable`, 'utf8')).toBe('second');
  });

  it('can be set aside, whatever it is and the earlier one was', () => {
    writeFileSync(`${path}.unusable`, 'first');
    mkdirSync(join(path, 'not-empty'), { recursive: true });
    setAside(path);
    mkdirSync(join(path, 'another'), { recursive: true });
    setAside(path);
    expect(readdirSync(`${path}.unusable`)).toEqual(['another']);
    writeFileSync(path, 'third');
    setAside(path);
    expect(readFileSync(`${path}.unusable`, 'utf8')).toBe('third');
  });
});

it('is written anew when it has grown, with nothing but the present', () => {
  let last = 0;
  using file = open(() => [{ last, padding: 'x'.repeat(1000) }]);
  for (last = 1; last <= 2000; last += 1) file.append({ last, padding: 'x'.repeat(1000) });
  expect(statSync(path).size).toBeLessThan(300_000);
  const reading = read();
  expect(reading.type === 'read' && reading.records.at(-1)).toMatchObject({ last: 2000 });
});

it('says once that it cannot be written, and makes up for what is missing when it can', () => {
  const where = join(directory, 'sub', 'things');
  let present: object[] = [];
  using file = open(() => present, where);
  file.append({ a: 1 });
  expect(lines).toEqual([expect.stringContaining(`error cannot write state to '${where}': ENOENT`)]);
  present = [{ a: 1 }, { b: 2 }];
  mkdirSync(join(directory, 'sub'));
  file.append({ b: 2 });
  expect(lines.at(-1)).toBe(`info state is written to '${where}' again`);
  expect(readRecords(where, format, boot)).toMatchObject({ records: present });
});

it('is empty while it cannot be written, if what is out of date would do harm', () => {
  const options = { ...format, path, bootId: boot, log: () => undefined };
  using kept = new RecordFile({ ...options, snapshot: () => [{ a: 1 }] });
  mkdirSync(`${path}.new`);
  kept.rewrite();
  expect(read()).toMatchObject({ records: [{ a: 1 }] });
  rmdirSync(`${path}.new`);
  using emptied = new RecordFile({ ...options, snapshot: () => [{ a: 1 }], isHarmfulWhenOld: true });
  mkdirSync(`${path}.new`);
  emptied.rewrite();
  expect(read()).toEqual({ type: 'unusable', reason: 'it is empty' });
  rmdirSync(`${path}.new`);
  emptied.append({ b: 2 });
  expect(read()).toMatchObject({ records: [{ a: 1 }] });
});

it('removes itself when there is nothing to tell any more', () => {
  const file = open();
  file.remove();
  expect(read()).toEqual({ type: 'missing' });
  file.remove();
});
