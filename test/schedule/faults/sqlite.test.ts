import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JobStoreError } from '../../../schedule/errors.ts';
import { SqliteJobStore } from '../../../schedule/stores/sqlite.ts';
import { describeAsRoot } from '../../support/as-root.ts';
import { waitFor } from '../../support/wait-for.ts';
import { at, endedRun, runId, sampleContext, sampleJob, sampleRun } from '../stores/samples.ts';

let directory: string;
let path: string;
const opened: SqliteJobStore[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'job-store-'));
  path = join(directory, 'schedule.db');
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const child of children.splice(0)) await kill(child);
  rmSync(directory, { recursive: true, force: true });
});

async function open(file = path): Promise<SqliteJobStore> {
  const store = new SqliteJobStore({ path: file });
  opened.push(store);
  await store.open(sampleContext());
  return store;
}

/** A program that fires without end, and what it has printed. */
function startFiring(
  file: string,
  launcher: readonly string[] = [],
): { child: ChildProcess; lines: string[] } {
  const program = resolve('test/fixtures/schedule/fires-without-end.ts');
  const [command = '', ...words] = [...launcher, process.execPath, program, file];
  const child = spawn(command, words, { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  return { child, lines };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

it('keeps the database from all other users', async () => {
  await (await open()).addJob(sampleJob());
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-lock`]) {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
});

it('lets the owner of a database decide who may read it', async () => {
  await (await open()).close();
  chmodSync(path, 0o640);
  await open();
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

it('loses no acknowledged change, and keeps none by half, however often its process is killed', async () => {
  const acknowledged: string[] = [];
  for (let times = 0; times < 30; times += 1) {
    const { child, lines } = startFiring(path);
    const enough = 1 + ((times * 7) % 20);
    await waitFor(() => lines.length >= enough, { what: 'fires' });
    await kill(child);
    acknowledged.push(...lines);
  }
  const store = await open();
  const runs = (await store.getRuns({})).reverse();
  const ended = new Set(runs.flatMap(({ id, state }) => (state === 'SUCCESS' ? [Number(id.slice(3))] : [])));
  for (const line of acknowledged) {
    const [what, number] = line.split(' ');
    expect(what).toMatch(/^(claimed|ended)$/);
    if (what === 'ended') expect(ended).toContain(Number(number));
  }
  // A job that has moved on and the run that it has moved on for are one change.
  expect(runs.map(({ id }) => Number(id.slice(3)))).toEqual(runs.map((_, nth) => nth));
  expect((await store.lookupJob('nightly'))?.nextRunTime).toEqual(new Date(runs.length * 1000));
  await store.close();
  expect(new DatabaseSync(path).prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
});

describe('a database that somebody else has', () => {
  it('is refused while another process has it open, and taken over when that is killed', async () => {
    const { child, lines } = startFiring(path);
    await waitFor(() => lines.length > 0, { what: 'the other process' });
    await expect(open()).rejects.toThrow(`Cannot open job store "${path}": another daemon has it open`);
    await kill(child);
    expect((await (await open()).getRuns({ limit: 1 })).length).toBe(1);
  });

  it('can be read meanwhile', async () => {
    await (await open()).addJob(sampleJob());
    const reader = new DatabaseSync(path, { readOnly: true });
    expect(reader.prepare('SELECT id, next_run_time FROM jobs').all()).toEqual([
      { id: 'nightly', next_run_time: at(0).getTime() },
    ]);
    reader.close();
  });

  it('cannot be written while another program does, and can be again afterwards', async () => {
    const store = await open();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.addJob(sampleJob())).rejects.toThrow(
      /^Cannot write to job store ".*": another program is writing to it/,
    );
    expect(await store.getAllJobs()).toEqual([]);
    other.exec('ROLLBACK');
    other.close();
    await store.addJob(sampleJob());
    expect(await store.getAllJobs()).toHaveLength(1);
  });
});

describe('a database that somebody removes while it is open', () => {
  /** What anybody finds who opens the file after this process was killed. */
  function recordsOnDisk(): { readonly jobs: number; readonly runs: number } {
    const copies = mkdtempSync(join(tmpdir(), 'job-store-copy-'));
    try {
      for (const end of ['', '-wal']) {
        if (existsSync(path + end)) copyFileSync(path + end, join(copies, `copy${end}`));
      }
      const reader = new DatabaseSync(join(copies, 'copy'));
      const count = (table: string) =>
        Number(reader.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
      const counts = { jobs: count('jobs'), runs: count('runs') };
      reader.close();
      return counts;
    } finally {
      rmSync(copies, { recursive: true });
    }
  }

  async function filled(): Promise<{ store: SqliteJobStore; warnings: readonly string[] }> {
    const context = sampleContext();
    const store = new SqliteJobStore({ path });
    opened.push(store);
    await store.open(context);
    await store.addJob(sampleJob());
    await store.change({ jobId: 'nightly', expect: {}, runs: [endedRun({ id: runId(1), fireTime: at(1) })] });
    return { store, warnings: context.warnings };
  }

  /** Of one fire time. */
  const claim = (store: SqliteJobStore, number: number) =>
    store.change({
      jobId: 'nightly',
      expect: {},
      runs: [sampleRun({ id: runId(number), fireTime: at(100), cause: 'schedule' })],
    });

  const ends = ['', '-wal', '-shm', '-lock'];
  for (const removed of [[''], ['-wal'], ['-shm'], ['-lock'], ends]) {
    const files = removed.map((end) => `schedule.db${end}`).join(', ');
    it(`is made again with all that was in it before anything else is written: ${files}`, async () => {
      const { store, warnings } = await filled();
      for (const end of removed) rmSync(path + end);
      expect(await claim(store, 2)).toBe(true);
      expect(await claim(store, 3)).toBe(false);
      expect(recordsOnDisk()).toEqual({ jobs: 1, runs: 2 });
      expect(warnings).toEqual(removed.map((end) => `'${path}${end}' was removed, and has been made again`));
      await expect(open()).rejects.toThrow('another daemon has it open');
      for (const end of ends) expect(statSync(path + end).mode & 0o777).toBe(0o600);
    });
  }

  it('is made again at once, for those who could read it before', async () => {
    const { store, warnings } = await filled();
    chmodSync(path, 0o640);
    await claim(store, 2);
    rmSync(path);
    await waitFor(() => warnings.length > 0, { what: 'the file to be made again' });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(recordsOnDisk()).toEqual({ jobs: 1, runs: 2 });
    rmSync(path);
    await waitFor(() => warnings.length > 1, { what: 'the file to be made once more' });
    expect(recordsOnDisk()).toEqual({ jobs: 1, runs: 2 });
  });

  it('is made again at the end', async () => {
    const { store } = await filled();
    rmSync(path);
    await store.close();
    expect(recordsOnDisk()).toEqual({ jobs: 1, runs: 1 });
  });

  it('cannot be made again without its directory, and is when that is back', async () => {
    const { store } = await filled();
    rmSync(directory, { recursive: true });
    await expect(claim(store, 2)).rejects.toThrow(
      `Cannot write to job store "${path}": there is no directory ${directory}`,
    );
    mkdirSync(directory);
    expect(await claim(store, 2)).toBe(true);
    expect(recordsOnDisk()).toEqual({ jobs: 1, runs: 2 });
  });

  it('is not written to, nor is what has taken its name, until that is gone', async () => {
    const { store } = await filled();
    rmSync(path);
    writeFileSync(path, 'Somebody needs this.');
    await expect(claim(store, 2)).rejects.toThrow(
      `Cannot write to job store "${path}": another file has its name`,
    );
    expect(readFileSync(path, 'utf8')).toBe('Somebody needs this.');
    rmSync(path);
    expect(await claim(store, 2)).toBe(true);
    expect(recordsOnDisk()).toEqual({ jobs: 1, runs: 2 });
  });

  it('is not written to if another daemon has it meanwhile', async () => {
    const { store } = await filled();
    for (const end of ends) rmSync(path + end);
    const lock = new DatabaseSync(`${path}-lock`);
    lock.exec('BEGIN EXCLUSIVE');
    await expect(claim(store, 2)).rejects.toThrow(
      /^Cannot write to job store ".*": another daemon has it open$/,
    );
    lock.close();
    expect(await claim(store, 2)).toBe(true);
    expect(recordsOnDisk()).toEqual({ jobs: 1, runs: 2 });
  });
});

describe('a file that is no job store', () => {
  async function refusal(): Promise<string> {
    const before = existsSync(path) ? readFileSync(path) : undefined;
    const reason = await open().then(
      () => 'opened',
      (error: unknown) => (error instanceof JobStoreError ? error.message : `not a JobStoreError: ${error}`),
    );
    if (before !== undefined) expect(readFileSync(path)).toEqual(before);
    expect(reason).not.toContain('\n');
    return reason;
  }

  it('is refused when it is something else, and left as it is', async () => {
    writeFileSync(path, 'This is not a database, but a text of some length.\n'.repeat(50));
    expect(await refusal()).toMatch(/^Cannot open job store ".*": it is not a database/);
  });

  it('is refused when it is the database of another program', async () => {
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE jobs (id TEXT)');
    other.close();
    expect(await refusal()).toBe(`Cannot open job store "${path}": it is the database of another program`);
  });

  it('is refused when it is of a later version', async () => {
    await (await open()).close();
    const later = new DatabaseSync(path);
    later.exec('PRAGMA journal_mode=DELETE; PRAGMA user_version=2');
    later.close();
    expect(await refusal()).toBe(
      `Cannot open job store "${path}": it is of version 2, and this one knows version 1`,
    );
  });

  it('is refused when it is a directory', async () => {
    mkdirSync(path);
    expect(await open().catch((error: unknown) => String(error))).toMatch(
      /Cannot open job store ".*": it cannot be opened/,
    );
  });

  it('is refused when its directory is not there', async () => {
    const file = join(directory, 'missing', 'schedule.db');
    await expect(open(file)).rejects.toThrow(
      `Cannot open job store "${file}": there is no directory ${join(directory, 'missing')}`,
    );
  });

  it('is made anew when it is empty', async () => {
    writeFileSync(path, '');
    await (await open()).addJob(sampleJob());
    expect(statSync(path).size).toBeGreaterThan(0);
  });
});

describe('a damaged database', () => {
  beforeEach(async () => {
    const store = await open();
    await store.addJob(sampleJob());
    for (let number = 0; number < 300; number += 1) {
      const run = endedRun({ id: runId(number), fireTime: at(number), error: 'x'.repeat(200) });
      await store.change({ jobId: 'nightly', expect: {}, runs: [run] });
    }
    await store.close();
  });

  it.each([
    { it: 'overwritten', damage: () => writeFileSync(path, spoilt(readFileSync(path))) },
    { it: 'cut off', damage: () => truncateSync(path, 3 * 4096) },
  ])('that was $it says so in one line, and is not removed', async ({ damage }) => {
    damage();
    const before = readFileSync(path);
    const failure = await open()
      .then(async (store) => {
        await store.getRuns({});
        await store.getRuns({ states: ['SUCCESS'] });
      })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(JobStoreError);
    expect(String(failure)).toMatch(
      /^JobStoreError: Cannot (open|read) job store ".*": it is damaged \(.*\)$/,
    );
    for (const store of opened.splice(0)) await store.close();
    expect(readFileSync(path)).toEqual(before);
  });

  /** All pages but the first. */
  function spoilt(bytes: Buffer): Buffer {
    return bytes.fill(0x55, 4096);
  }
});

describeAsRoot('a disk', () => {
  function launcher(mount: string): readonly string[] {
    const script = `${mount} && exec "$@"`;
    return ['unshare', '--mount', '--propagation=private', '--', '/bin/sh', '-c', script, 'sh'];
  }

  it('that is full loses nothing, and is written to again when it has room', async () => {
    const tiny = launcher('mkdir full && mount -t tmpfs -o size=16m tmpfs full');
    const { child, lines } = startFiring(join(directory, 'full', 'schedule.db'), tiny);
    await waitFor(() => lines.length > 100, { what: 'fires' });
    const disk = `/proc/${child.pid}/root${directory}/full`;
    const isFull = () =>
      /^JobStoreError: Cannot write to job store ".*": the disk is full/.test(lines.at(-1) ?? '');
    for (let size = 1 << 20; size >= 4096 && !isFull(); size >>= 1) {
      try {
        for (;;) writeFileSync(join(disk, 'ballast'), Buffer.alloc(size), { flag: 'a' });
      } catch {
        // Less of it may still fit.
      }
    }
    await waitFor(isFull, { what: 'a full disk' });
    const before = lines.length;
    rmSync(join(disk, 'ballast'));
    child.stdin?.write('go on\n');
    await waitFor(() => lines.length > before + 100, { what: 'fires again' });
    await kill(child);
    const numbers = lines.flatMap((line) => (line.startsWith('claimed ') ? [Number(line.slice(8))] : []));
    expect(numbers).toEqual(numbers.map((_, nth) => nth));
  });

  it('that can only be read is said to be so', async () => {
    await (await open()).close();
    const readOnly = launcher(
      `mount --bind '${directory}' '${directory}' && mount -o remount,ro,bind '${directory}'`,
    );
    const { lines } = startFiring(path, readOnly);
    await waitFor(() => lines.length > 0, { what: 'the reason' });
    expect(lines[0]).toMatch(/^JobStoreError: Cannot open job store ".*": EROFS: read-only file system/);
  });
});

it('answers as fast with 10,000 jobs and 100,000 runs', async () => {
  const store = await open();
  await store.addJob(sampleJob({ id: 'job 0' }));
  await store.change({
    jobId: 'job 0',
    expect: {},
    runs: [sampleRun({ id: runId(0), jobId: 'job 0', state: 'FAILED' })],
  });
  const writer = new DatabaseSync(path);
  writer.exec(`
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 9999)
    INSERT INTO jobs SELECT 'job ' || n, next_run_time + n * 1000, due_time + n * 1000, is_paused, last_fire_time,
      created, modified, spec FROM jobs, number;
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000)
    INSERT INTO runs SELECT printf('01K%023d', n), 1, 'job ' || (n % 10000), fire_time + n * 1000, cause,
      iif(n % 7, 'SUCCESS', 'FAILED'), 1, fire_time + n * 1000, node, due_time, claimed, started,
      claimed + n * 1000, lease_until, exit_status, signal, is_stop_requested, error, return_value, data, 1 FROM runs, number;
  `);
  writer.close();

  const queries: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['getDueJobs', () => store.getDueJobs(at(3))],
    ['getNextDueTime', () => store.getNextDueTime(at(5000))],
    ['getRuns of all', () => store.getRuns({ limit: 20 })],
    ['getRuns of a job', () => store.getRuns({ jobId: 'job 77', limit: 20 })],
    [
      'failures of all',
      () => store.getRuns({ states: ['FAILED', 'TIMEOUT', 'SPAWN_ERROR', 'LOST'], limit: 20 }),
    ],
    ['failures of a job', () => store.getRuns({ states: ['FAILED', 'TIMEOUT'], jobId: 'job 77', limit: 20 })],
    ['getActiveRuns', () => store.getActiveRuns()],
    ['getUnsettledRuns', () => store.getUnsettledRuns()],
    ['getRun', () => store.getRun(runId(50_000))],
    ['pruneRuns', () => store.pruneRuns('job 77', { limit: 20, since: at(-1) })],
  ];
  for (const [name, query] of queries) {
    const times: number[] = [];
    for (let turn = 0; turn < 15; turn += 1) {
      const before = process.cpuUsage();
      await query();
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    const median = times.toSorted((one, other) => one - other)[7] ?? 0;
    // Reading all of them takes ten times as long.
    expect({ name, isFast: median < 5, median }).toMatchObject({ isFast: true });
  }
});
