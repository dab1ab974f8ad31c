import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EpochSeconds } from '../../../daemon/host/clock.ts';
import { ActivityLog, type ActivityLogOptions } from '../../../daemon/log/activity-log.ts';
import { formatLines, formatRecord } from '../../../daemon/log/log-record.ts';
import { waitFor } from '../../support/wait-for.ts';

let dir: string;
let logfile: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'activity-log-'));
  logfile = join(dir, 'supervisord.log');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const noon = (new Date(2026, 0, 31, 12, 5, 7, 42).getTime() / 1000) as EpochSeconds;

function open(options: Partial<ActivityLogOptions> = {}): ActivityLog {
  return new ActivityLog({
    logfile,
    maxBytes: 0,
    backups: 10,
    level: 'info',
    now: () => noon,
    copy: undefined,
    device: undefined,
    ...options,
  });
}

/** The texts of the records in one file, without time and level. */
function texts(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice('2026-01-31 12:05:07,042 INFO '.length));
}

describe('a record of the activity log', () => {
  it('carries local time with milliseconds after a comma, and the level as a word of four letters', () => {
    expect(formatRecord(noon, 'critical', 'text')).toBe('2026-01-31 12:05:07,042 CRIT text\n');
    expect(formatRecord(noon, 'blather', 'text')).toBe('2026-01-31 12:05:07,042 BLAT text\n');
  });

  it('keeps the lines of a text of several lines as they are', () => {
    expect(formatRecord(noon, 'debug', 'a\nb')).toBe('2026-01-31 12:05:07,042 DEBG a\nb\n');
  });

  it('is one for each line where lines are taken one by one', () => {
    const prefix = '2026-01-31 12:05:07,042 DEBG';
    expect(formatLines(noon, 'debug', 'a\n\nb\n\n')).toBe(`${prefix} a\n${prefix} \n${prefix} b\n`);
  });
});

describe('the activity log', () => {
  it('appends records of its level and above, in order, to what the file held', async () => {
    writeFileSync(logfile, 'before\n');
    const log = open({ level: 'warn' });
    log.log('info', 'not written');
    log.log('warn', 'first');
    log.log('critical', 'second');
    await log.close();
    expect(readFileSync(logfile, 'utf8')).toMatch(/^before\n.*WARN first\n.*CRIT second\n$/);
  });

  it('has each record at once, so that a daemon which is killed has left its last words', () => {
    const log = open({ maxBytes: 1e6 });
    for (let line = 1; line <= 3; line += 1) {
      log.log('info', `line${line}`);
      expect(texts(logfile)).toHaveLength(line);
    }
  });

  it('goes on growing while it cannot be rotated, and says so once', async () => {
    const record = formatRecord(noon, 'info', 'line1').length;
    mkdirSync(join(`${logfile}.1`, 'in the way'), { recursive: true });
    const log = open({ maxBytes: record, backups: 1 });
    for (let line = 1; line <= 9; line += 1) log.log('info', `line${line}`);
    await log.flush();
    rmSync(`${logfile}.1`, { recursive: true });
    log.log('info', 'x'.repeat(9 * record));
    await log.close();
    expect(texts(logfile)).toEqual([]);
    const lines = texts(`${logfile}.1`);
    expect(lines.filter((line) => line.startsWith('line'))).toHaveLength(9);
    expect(lines.filter((line) => line.includes(`cannot rotate log file '${logfile}': `))).toHaveLength(1);
  });

  it('rotates after the record that reaches the limit, keeping as many backups as it may', async () => {
    const record = formatRecord(noon, 'info', 'line1').length;
    const log = open({ maxBytes: record * 2, backups: 2 });
    for (let line = 1; line <= 9; line += 1) log.log('info', `line${line}`);
    await log.close();
    expect(readdirSync(dir).sort()).toEqual(['supervisord.log', 'supervisord.log.1', 'supervisord.log.2']);
    expect(texts(logfile)).toEqual(['line9']);
    expect(texts(`${logfile}.1`)).toEqual(['line7', 'line8']);
    expect(texts(`${logfile}.2`)).toEqual(['line5', 'line6']);
  });

  it('starts the file anew at the limit when it may keep no backups', async () => {
    const record = formatRecord(noon, 'info', 'line1').length;
    const log = open({ maxBytes: record * 2, backups: 0 });
    for (let line = 1; line <= 5; line += 1) log.log('info', `line${line}`);
    await log.close();
    expect(texts(logfile)).toEqual(['line5']);
    expect(readdirSync(dir)).toEqual(['supervisord.log']);
  });

  it('goes on in a new file of the same name after a rename and a reopen', async () => {
    const log = open();
    log.log('info', 'old');
    await log.flush();
    renameSync(logfile, `${logfile}.moved`);
    await log.reopen();
    log.log('info', 'new');
    await log.close();
    expect(texts(`${logfile}.moved`)).toEqual(['old']);
    expect(texts(logfile)).toEqual(['new']);
  });

  it('is made again when somebody has removed it, with the next record, and says so', async () => {
    const log = open();
    log.log('info', 'old');
    await log.flush();
    rmSync(logfile);
    log.log('info', 'new');
    log.log('info', 'newer');
    await waitFor(() => existsSync(logfile) && texts(logfile).length >= 3, { what: 'a new log' });
    await log.reopen();
    await log.close();
    expect(texts(logfile)).toEqual([
      'new',
      `log file '${logfile}' was removed, and has been made again`,
      'newer',
    ]);
  });

  it('is made again when it has gone at any moment while it was opened', async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const log = open();
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      rmSync(logfile);
      log.log('info', 'text');
      await waitFor(() => existsSync(logfile) && texts(logfile).includes('text'), { what: 'a new log' });
      await log.close();
    }
  });

  it('has its last records once when it is closed at any moment while it is made again', async () => {
    for (let turns = 0; turns < 20; turns += 1) {
      const log = open();
      log.log('info', 'old');
      await log.flush();
      rmSync(logfile);
      log.log('info', 'last');
      log.log('info', 'words');
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await log.close();
      const notice = `log file '${logfile}' was removed, and has been made again`;
      expect([turns, ...texts(logfile)].filter((text) => text !== notice)).toEqual([turns, 'last', 'words']);
      expect(texts(logfile).length).toBeLessThanOrEqual(3);
      rmSync(logfile);
    }
  });

  it('is made again also after it was rotated, but not because its oldest backup goes', async () => {
    const record = formatRecord(noon, 'info', 'line1').length;
    const log = open({ maxBytes: record, backups: 1 });
    for (let line = 1; line <= 4; line += 1) log.log('info', `line${line}`);
    await log.flush();
    expect(readdirSync(dir).sort()).toEqual(['supervisord.log', 'supervisord.log.1']);
    rmSync(`${logfile}.1`);
    log.log('info', '.');
    await log.flush();
    expect(texts(logfile)).toEqual(['.']);
    rmSync(logfile);
    log.log('info', '.');
    const backup = `${logfile}.1`;
    await waitFor(() => existsSync(backup) && texts(backup).length === 2, { what: 'a backup of a new log' });
    await log.close();
    expect(texts(backup)).toEqual(['.', `log file '${logfile}' was removed, and has been made again`]);
  });

  it('is empty after a clear and takes further records', async () => {
    const log = open();
    log.log('info', 'old');
    await log.clear();
    log.log('info', 'new');
    await log.close();
    expect(texts(logfile)).toEqual(['new']);
  });

  it('refuses a file in a directory that does not exist, with the reason', () => {
    expect(() => open({ logfile: join(dir, 'missing', 'x.log') })).toThrow(/ENOENT/);
  });

  it('goes on, and says what happened, after a time in which its file could not be written', async () => {
    const log = open();
    log.log('info', 'before');
    await log.flush();
    rmSync(logfile);
    mkdirSync(logfile);
    await log.reopen();
    log.log('info', 'meanwhile');
    await new Promise((resolve) => setImmediate(resolve));
    rmSync(logfile, { recursive: true });
    await log.reopen();
    log.log('info', 'after');
    await log.flush();
    await log.close();
    expect(texts(logfile)).toEqual(expect.arrayContaining(['meanwhile', 'after']));
  });

  it('writes what was queued and the last words at once when the daemon is about to die', () => {
    const log = open();
    log.log('info', 'queued');
    log.logNow('critical', 'last words');
    expect(readFileSync(logfile, 'utf8')).toMatch(/INFO queued\n.*CRIT last words\n$/);
  });

  it('copies every record to the writer it was given', async () => {
    const copied: string[] = [];
    const log = open({ copy: { write: (text) => void copied.push(text), close: () => Promise.resolve() } });
    log.log('info', 'text');
    await log.close();
    expect(copied).toEqual([formatRecord(noon, 'info', 'text')]);
  });
});
