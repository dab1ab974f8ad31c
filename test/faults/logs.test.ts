/** Faults around the logs of programs: full disks, and files that somebody removes. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { usageOf } from '../support/process-usage.ts';
import {
  anonymousKilobytes,
  cpuSeconds,
  fullLog,
  pidOf,
  stateOf,
  waitForLog,
  waitForState,
} from '../support/supervised.ts';
import { fill, tinyDisk, withTinyDisk } from '../support/tiny-disk.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const programs = resolve('test/fixtures/programs');
const healthy = '[program:healthy]\ncommand=/bin/sleep 1000\nstartsecs=0\n';

/** A daemon whose program `counts` logs numbers, a line each, to a file in its directory. */
function counting(
  log: string,
  { prefix = [], more = '' }: { prefix?: readonly string[]; more?: string } = {},
) {
  return new Daemon({
    implementation: 'ours',
    prefix,
    configuration: `[program:counts]\ncommand=${programs}/counts-slowly\nstartsecs=0\nstartretries=0\nstdout_logfile=%(here)s/${log}\nstdout_logfile_maxbytes=0\n${more}\n${healthy}`,
  });
}

/** The numbers in a log, of which each line has to be one. */
function numbersIn(path: string): readonly number[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    expect(line).toMatch(/^[1-9][0-9]* +$/);
    expect(line).toHaveLength(999);
    return Number(line);
  });
}

const isWritten = (path: string): boolean => existsSync(path) && statSync(path).size > 0;

const droppedOf = (daemon: Daemon, name: string): Promise<number> => usageOf(daemon, name, 'dropped');

fault(
  'the disk with the log of a program stays full',
  async () => {
    await using daemon = counting('full/log', { prefix: withTinyDisk });
    await daemon.start();
    const disk = tinyDisk(daemon);
    await waitFor(() => isWritten(`${disk}/log`));
    fill(`${disk}/filler`);
    await waitForLog(daemon, /ERRO cannot write output of 'counts' stdout to/);
    expect(await droppedOf(daemon, 'counts')).toBe(0);
    await waitForLog(daemon, /WARN output of 'counts' stdout is dropped/);
    await waitFor(async () => (await droppedOf(daemon, 'counts')) > 10_000, { what: 'more to be dropped' });
    expect(await stateOf(daemon, 'counts')).toBe('RUNNING');
    rmSync(`${disk}/filler`);
    await waitForLog(daemon, /INFO output of 'counts' stdout is written to .* again; \d+ bytes were dropped/);
    const dropped = await droppedOf(daemon, 'counts');
    expect(daemon.logText()).toContain(`${dropped} bytes were dropped meanwhile (ENOSPC)`);
    await daemon.rpc('supervisor.stopProcess', 'counts');
    // Where the disk was full a line is torn, and ended.
    const text = readFileSync(`${disk}/log`, 'utf8');
    const torn = text.split('\n').filter((line) => line.length !== 999 && line !== '');
    expect(torn.length).toBeLessThanOrEqual(1);
    const numbers = text
      .split('\n')
      .filter((line) => line.length === 999)
      .map(Number);
    const jumps = numbers.filter((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
    expect(jumps).toHaveLength(1);
    expect(text.length + dropped - (torn.length === 1 ? 1 : 0)).toBe(1000 * (numbers.at(-1) ?? 0));
    expect((await fullLog(daemon)).match(/ERRO|WARN output/g)).toHaveLength(2);
    return await fullLog(daemon);
  },
  { needsRoot: true },
);

fault(
  'a flood of output meets a full disk',
  async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: withTinyDisk,
      configuration: `[program:flood]\ncommand=/bin/sh -c "head -c 1000000000 /dev/zero; exec sleep 1000"\nstartsecs=0\nstdout_logfile=%(here)s/full/log\nstdout_logfile_maxbytes=0\n${healthy}`,
    });
    await daemon.start();
    const pid = await pidOf(daemon, 'flood');
    await waitFor(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n', { what: 'the whole flood' });
    expect(anonymousKilobytes(daemon.pid)).toBeLessThan(160_000);
    expect(await stateOf(daemon, 'healthy')).toBe('RUNNING');
    await daemon.rpc('supervisor.stopProcess', 'flood');
    expect(await daemon.stop()).toBe(0);
    return daemon.logText();
  },
  { needsRoot: true },
);

fault(
  'a log is removed to make room on a full disk',
  async () => {
    await using daemon = counting('full/log', { prefix: withTinyDisk });
    await daemon.start();
    const disk = tinyDisk(daemon);
    await waitFor(() => isWritten(`${disk}/log`));
    // What else is there stays: it is the log's own size that fills the disk.
    writeFileSync(`${disk}/filler`, Buffer.alloc(180_000));
    await waitForLog(daemon, /ERRO cannot write output of 'counts' stdout to/);
    rmSync(`${disk}/log`);
    await waitForLog(daemon, /INFO output of 'counts' stdout is written to .* again$/m);
    await waitFor(() => isWritten(`${disk}/log`));
    return await fullLog(daemon);
  },
  { needsRoot: true },
);

fault('the log of a program is removed', async () => {
  await using daemon = counting('log');
  await daemon.start();
  const log = `${daemon.dir}/log`;
  await waitFor(() => isWritten(log));
  rmSync(log);
  await waitFor(() => isWritten(log), { what: 'a new log' });
  const first = numbersIn(log)[0] ?? 0;
  expect(first).toBeGreaterThan(1);
  // One that is renamed is followed, until the daemon is told.
  renameSync(log, `${log}.1`);
  const { size } = statSync(`${log}.1`);
  await waitFor(() => statSync(`${log}.1`).size > size);
  expect(existsSync(log)).toBe(false);
  daemon.kill('SIGUSR2');
  await waitFor(() => isWritten(log));
  await daemon.rpc('supervisor.stopProcess', 'counts');
  const numbers = [...numbersIn(`${log}.1`), ...numbersIn(log)];
  expect(numbers).toEqual(numbers.map((_, index) => first + index));
  return await fullLog(daemon);
});

fault('the directory of a log is removed while the program runs', async () => {
  await using daemon = counting('logs/log', {
    // The configuration is read after the directory has been made.
    prefix: ['/bin/sh', '-c', 'mkdir -p logs; exec "$@"', 'sh'],
  });
  await daemon.start();
  const logs = `${daemon.dir}/logs`;
  await waitFor(() => isWritten(`${logs}/log`));
  rmSync(logs, { recursive: true });
  await waitForLog(daemon, /ERRO log file .* was removed, and cannot be made again/);
  const pid = await pidOf(daemon, 'counts');
  mkdirSync(logs);
  await waitFor(() => isWritten(`${logs}/log`), { what: 'a new log' });
  expect(await pidOf(daemon, 'counts')).toBe(pid);
  // It is told once, however often the program writes meanwhile.
  expect((await fullLog(daemon)).match(/ERRO/g)).toHaveLength(1);
  rmSync(logs, { recursive: true });
  await waitFor(() => (daemon.logText().match(/ERRO/g) ?? []).length === 2);
  expect(await daemon.rpc('supervisor.stopProcess', 'counts')).toBe(true);
  await daemon.rpc('supervisor.startProcess', 'counts').catch(() => undefined);
  await waitForState(daemon, 'counts', 'FATAL');
  expect(await stateOf(daemon, 'healthy')).toBe('RUNNING');
  mkdirSync(logs);
  await daemon.rpc('supervisor.startProcess', 'counts');
  await waitFor(() => isWritten(`${logs}/log`));
  return await fullLog(daemon);
});

fault('a log reaches the largest size that a file may have', async () => {
  await using daemon = counting('log', { prefix: ['prlimit', '--fsize=40000', '--'] });
  await daemon.start();
  await waitForLog(daemon, /EFBIG/);
  expect(await stateOf(daemon, 'counts')).toBe('RUNNING');
  expect(statSync(`${daemon.dir}/log`).size).toBe(40_000);
  rmSync(`${daemon.dir}/log`);
  await waitForLog(daemon, /written to .* again/);
  return await fullLog(daemon);
});

fault('the log of the daemon is removed', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: healthy });
  await waitForState(daemon, 'healthy', 'RUNNING');
  rmSync(daemon.logfile);
  await daemon.rpc('supervisor.stopProcess', 'healthy');
  await waitForLog(daemon, 'has been made again');
  expect(daemon.logText()).toMatch(/waiting for healthy to stop\n.*stopped: healthy/s);
  return await fullLog(daemon);
});

it('goes on with the open file when there is a directory in the place of a log, and tells once', async () => {
  await using daemon = counting('log');
  await daemon.start();
  const log = `${daemon.dir}/log`;
  await waitFor(() => isWritten(log));
  rmSync(log);
  mkdirSync(log);
  await waitForLog(daemon, /ERRO log file .* was removed, and cannot be made again: EISDIR/);
  rmdirSync(log);
  await waitFor(() => isWritten(log), { what: 'a new log' });
  expect((await fullLog(daemon)).match(/ERRO/g)).toHaveLength(1);
});

it('costs nothing while a log cannot be written and the program is quiet', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:quiet]\ncommand=/bin/sh -c "echo once; exec sleep 1000"\nstartsecs=0\nstdout_logfile=/dev/full\n`,
  });
  await waitForLog(daemon, 'ENOSPC');
  // Long enough for its output to be dropped, if it were more than fits.
  const until = performance.now() + 7000;
  const before = cpuSeconds(daemon.pid);
  await waitFor(() => performance.now() > until);
  expect(cpuSeconds(daemon.pid) - before).toBeLessThan(0.3);
  expect((await fullLog(daemon)).match(/WARN|ERRO/g)).toHaveLength(1);
});

it('answers clients, and runs other programs, while programs flood their logs', async () => {
  const flood = '[program:flood]\ncommand=/bin/sh -c "exec yes"\nnumprocs=4\nprocess_name=%(process_num)d\n';
  const small = 'startsecs=0\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=1\n';
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `${flood}${small}[program:short]\ncommand=/bin/true\nstartsecs=0\nautostart=false\n`,
  });
  await waitForState(daemon, 'flood:3', 'RUNNING');
  const latencies: number[] = [];
  for (let call = 0; call < 20; call += 1) {
    const began = performance.now();
    await daemon.rpc('supervisor.startProcess', 'short');
    await waitForState(daemon, 'short', 'EXITED');
    latencies.push(performance.now() - began);
  }
  // Each flood has a turn of a megabyte between any two calls, and a share of the processor.
  expect(latencies.sort((one, other) => one - other)[10]).toBeLessThan(3000);
  await daemon.rpc('supervisor.stopProcessGroup', 'flood');
});

it('stores bytes that are no text as they are, and shows any part of them in well-formed XML', async () => {
  const once = 'startsecs=0\nautorestart=false\n';
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration:
      `[program:binary]\ncommand=${programs}/prints-binary\n${once}stdout_logfile=%(here)s/binary\n` +
      `[program:text]\ncommand=/bin/echo aé€🙂\n${once}stdout_logfile=%(here)s/text\n`,
  });
  await waitForState(daemon, 'binary', 'EXITED');
  await waitForState(daemon, 'text', 'EXITED');
  const bytes = [...Array.from({ length: 255 }, (_, index) => index + 1), 0, 0xc3];
  expect([...readFileSync(`${daemon.dir}/binary`)]).toEqual(bytes);
  expect(readFileSync(`${daemon.dir}/text`, 'utf8')).toBe('aé€🙂\n');
  for (const name of ['binary', 'text']) {
    const { size } = statSync(`${daemon.dir}/${name}`);
    // The client refuses what is not well-formed.
    for (let offset = 0; offset < size; offset += 1) {
      await daemon.rpc('supervisor.readProcessStdoutLog', name, offset, 7);
      await daemon.rpc('supervisor.tailProcessStdoutLog', name, offset, 7);
    }
    expect((await daemon.ctl('ours', ['tail', name])).exitCode).toBe(0);
  }
});
