import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makePipe } from '../../../daemon/host/libc/descriptors.ts';
import { LogFile } from '../../../daemon/log/log-file.ts';
import { neverRotate, type Rotation } from '../../../daemon/log/sink.ts';
import { openDescriptors } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let directory: string;
let path: string;
let log: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisord-log-'));
  path = join(directory, 'f');
  log = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(mode = 0o644): LogFile {
  const file = new LogFile(path, { mode, log: (level, text) => log.push(`${level} ${text}`) });
  file.hold();
  return file;
}

/** Contents by name of file. */
function files(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  );
}

/** The two ways in which bytes get into a file. */
const ways = {
  write: (file: LogFile, bytes: Buffer, rotation: Rotation) => file.write(bytes, rotation),
  splice(file: LogFile, bytes: Buffer, rotation: Rotation) {
    const { readEnd, writeEnd } = makePipe();
    writeSync(writeEnd, bytes);
    const count = file.splice(readEnd, bytes.length, rotation);
    closeSync(readEnd);
    closeSync(writeEnd);
    return count;
  },
};

describe.each(Object.entries(ways))('a log file fed by %s', (_, put) => {
  it('rotates after the write that reaches the limit', () => {
    const file = open();
    for (let line = 1; line <= 9; line += 1) {
      expect(put(file, Buffer.from(`line${line}\n`), { maxbytes: 12, backups: 2 })).toBe(6);
    }
    expect(files()).toEqual({ f: 'line9\n', 'f.1': 'line7\nline8\n', 'f.2': 'line5\nline6\n' });
    file.close();
  });

  it('does what the model of rotation does, whatever is written', () => {
    const writes = fc.array(fc.integer({ min: 1, max: 30 }), { size: 'large', maxLength: 60 });
    const limits = fc.record({
      maxbytes: fc.integer({ min: 0, max: 40 }),
      backups: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(writes, limits, (sizes, rotation) => {
        const file = open();
        let model: string[] = [''];
        for (const [number, size] of sizes.entries()) {
          const text = String.fromCharCode(97 + (number % 26)).repeat(size);
          put(file, Buffer.from(text), rotation);
          model = rotated([`${model[0]}${text}`, ...model.slice(1)], rotation);
        }
        const names = model.map((content, index) => [index === 0 ? 'f' : `f.${index}`, content]);
        expect(files()).toEqual(Object.fromEntries(names));
        file.close();
        for (const name of readdirSync(directory)) rmSync(join(directory, name));
      }),
      { numRuns: 40 },
    );
  });

  it('removes backups of any size, and has none of them open for long', async () => {
    const file = open();
    const before = openDescriptors();
    for (let number = 1; number <= 6; number += 1) {
      const bytes = Buffer.alloc(60_000, String(number));
      for (let count = 0; count < 20; count += 1) put(file, bytes, { maxbytes: 1_200_000, backups: 2 });
    }
    const beginnings = Object.entries(files()).map(([name, text]) => [name, text.length, text[0]]);
    expect(beginnings).toEqual([
      ['f', 0, undefined],
      ['f.1', 1_200_000, '6'],
      ['f.2', 1_200_000, '5'],
    ]);
    await waitFor(() => openDescriptors() === before, { what: 'removed files to be closed' });
    file.close();
  });

  it('leaves a backup alone that would be replaced by nothing', () => {
    const file = open();
    writeFileSync(`${path}.2`, 'old');
    put(file, Buffer.from('0123456789'), { maxbytes: 10, backups: 2 });
    expect(files()).toEqual({ f: '', 'f.1': '0123456789', 'f.2': 'old' });
    file.close();
  });

  it('is emptied when no backups are kept', () => {
    const file = open();
    put(file, Buffer.from('0123456789'), { maxbytes: 10, backups: 0 });
    expect(files()).toEqual({ f: '' });
    put(file, Buffer.from('x'), { maxbytes: 10, backups: 0 });
    expect(files()).toEqual({ f: 'x' });
    file.close();
  });

  it('never rotates with a limit of 0', () => {
    const file = open();
    for (let count = 0; count < 100; count += 1) put(file, Buffer.alloc(1000), { maxbytes: 0, backups: 3 });
    expect(readdirSync(directory)).toEqual(['f']);
    file.close();
  });

  it('goes on at the end of what is there, and at the new end after a truncation', () => {
    writeFileSync(path, 'old\n');
    const file = open();
    put(file, Buffer.from('a\n'), neverRotate);
    truncateSync(path);
    put(file, Buffer.from('b\n'), neverRotate);
    expect(files()).toEqual({ f: 'b\n' });
    file.close();
  });

  it('writes to the renamed file until it is opened again', () => {
    const file = open();
    put(file, Buffer.from('a'), neverRotate);
    renameSync(path, `${path}.old`);
    put(file, Buffer.from('b'), neverRotate);
    file.reopen();
    put(file, Buffer.from('c'), neverRotate);
    expect(files()).toEqual({ f: 'c', 'f.old': 'ab' });
    file.close();
  });

  it('is made again when somebody has removed it, and told', () => {
    const file = open(0o640);
    put(file, Buffer.from('a'), neverRotate);
    file.restore();
    rmSync(path);
    put(file, Buffer.from('b'), neverRotate);
    file.restore();
    put(file, Buffer.from('c'), neverRotate);
    expect(files()).toEqual({ f: 'c' });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(log).toEqual([`info log file '${path}' was removed, and has been made again`]);
    file.close();
  });

  it('is followed by nothing when it was renamed, also over another file', () => {
    writeFileSync(`${path}.old`, 'older');
    const file = open();
    renameSync(path, `${path}.old`);
    file.restore();
    put(file, Buffer.from('a'), neverRotate);
    expect(files()).toEqual({ 'f.old': 'a' });
    expect(log).toEqual([]);
    file.close();
  });

  it('goes on without a name when its directory is gone, tells once, and has it again when that is back', () => {
    const file = open();
    rmSync(directory, { recursive: true });
    for (let turn = 0; turn < 3; turn += 1) {
      file.restore();
      expect(put(file, Buffer.from('a'), neverRotate)).toBe(1);
    }
    mkdirSync(directory);
    file.restore();
    put(file, Buffer.from('b'), neverRotate);
    expect(files()).toEqual({ f: 'b' });
    expect(log).toEqual([
      `error log file '${path}' was removed, and cannot be made again: ENOENT`,
      `info log file '${path}' was removed, and has been made again`,
    ]);
    file.close();
  });

  it('has the end of a line where bytes are missing, unless it ends with one', () => {
    const file = open();
    file.endLine();
    put(file, Buffer.from('whole\n'), neverRotate);
    file.endLine();
    put(file, Buffer.from('begin'), neverRotate);
    renameSync(path, `${path}.moved`);
    file.endLine();
    put(file, Buffer.from('next\n'), neverRotate);
    expect(files()).toEqual({ 'f.moved': 'whole\nbegin\nnext\n' });
    file.close();
  });

  it('keeps all bytes when its directory is gone, and says so when it cannot be opened again', () => {
    const file = open();
    rmSync(directory, { recursive: true });
    expect(put(file, Buffer.from('a'), { maxbytes: 1, backups: 1 })).toBe(1);
    expect(put(file, Buffer.from('a'), { maxbytes: 1, backups: 1 })).toBeLessThan(0);
    mkdirSync(directory);
    expect(put(file, Buffer.from('b'), neverRotate)).toBe(1);
    expect(files()).toEqual({ f: 'b' });
    file.close();
  });

  it('goes on growing when it cannot be rotated, and tells once', () => {
    mkdirSync(`${path}.1`);
    writeFileSync(`${path}.1/occupied`, '');
    const file = open();
    for (let count = 0; count < 25; count += 1) put(file, Buffer.from('x'), { maxbytes: 10, backups: 1 });
    expect(readFileSync(path, 'utf8')).toBe('x'.repeat(25));
    expect(log).toEqual([`error cannot rotate log file '${path}': EISDIR; it goes on growing`]);
    rmSync(`${path}.1`, { recursive: true });
    for (let count = 0; count < 10; count += 1) put(file, Buffer.from('y'), { maxbytes: 10, backups: 1 });
    expect(existsSync(`${path}.1`)).toBe(true);
    file.close();
  });
});

/** What the reference says of a file and its backups, newest first, after a write. */
function rotated([current = '', ...old]: readonly string[], { maxbytes, backups }: Rotation): string[] {
  if (maxbytes === 0 || current.length < maxbytes) return [current, ...old];
  return ['', ...[current, ...old].slice(0, backups)];
}

describe('clearing', () => {
  it('empties the file, keeps the backups, and writing goes on', () => {
    const file = open();
    writeFileSync(`${path}.1`, 'backup');
    file.write(Buffer.from('a'), neverRotate);
    file.clear();
    file.write(Buffer.from('b'), neverRotate);
    expect(files()).toEqual({ f: 'b', 'f.1': 'backup' });
    file.close();
  });

  it('empties a file that is not open, and does not mind one that is missing', () => {
    writeFileSync(path, 'old');
    const file = open();
    file.unhold();
    file.clear();
    expect(files()).toEqual({ f: '' });
    rmSync(path);
    file.clear();
    expect(files()).toEqual({});
  });

  it('keeps a symbolic link, and makes a file anew that someone removed', () => {
    writeFileSync(join(directory, 'target'), 'old');
    symlinkSync('target', path);
    const file = open();
    file.clear();
    expect(files()).toEqual({ f: '', target: '' });
    rmSync(path);
    file.clear();
    expect(files()).toEqual({ f: '', target: '' });
    file.close();
  });
});

it('is created with the mode that is set, and keeps the mode of a file that is there', () => {
  const file = open(0o600);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  file.write(Buffer.from('xx'), { maxbytes: 1, backups: 1 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  file.close();
  closeSync(openSync(path, 'w', 0o640));
});
