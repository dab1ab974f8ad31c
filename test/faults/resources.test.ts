import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { Daemon, startDaemon } from '../support/daemons.ts';
import {
  fullLog,
  infoOf,
  openDescriptors,
  pidOf,
  stateOf,
  states,
  waitForAll,
  waitForLog,
  waitForState,
} from '../support/supervised.ts';
import { fill, tinyDisk, withTinyDisk } from '../support/tiny-disk.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const programs = resolve('test/fixtures/programs');
const healthy = '[program:healthy]\ncommand=/bin/sleep 1000\nstartsecs=0\n';

/** Whether the text is the numbers from 1 on, a line each. */
function counts(text: string): boolean {
  return text
    .split('\n')
    .slice(0, -1)
    .every((line, index) => line.trimEnd() === String(index + 1));
}

fault(
  'the disk with the log of a program is full',
  async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: withTinyDisk,
      configuration: `[program:counts]\ncommand=${programs}/counts-slowly\nstartsecs=0\nstdout_logfile=%(here)s/full/log\nstdout_logfile_maxbytes=0\n${healthy}`,
    });
    await daemon.start();
    const disk = tinyDisk(daemon);
    await waitFor(() => existsSync(`${disk}/log`) && statSync(`${disk}/log`).size > 0);
    fill(`${disk}/filler`);
    await waitForLog(daemon, /ERRO cannot write output of 'counts' stdout to/);
    expect(await stateOf(daemon, 'counts')).toBe('RUNNING');
    expect(await stateOf(daemon, 'healthy')).toBe('RUNNING');
    await daemon.rpc('supervisor.stopProcess', 'healthy');
    await daemon.rpc('supervisor.startProcess', 'healthy');
    rmSync(`${disk}/filler`);
    await waitForLog(daemon, /INFO output of 'counts' stdout is written to/);
    const { size } = statSync(`${disk}/log`);
    await waitFor(() => statSync(`${disk}/log`).size > size);
    await daemon.rpc('supervisor.stopProcess', 'counts');
    expect(counts(readFileSync(`${disk}/log`, 'utf8'))).toBe(true);
    expect((await fullLog(daemon)).match(/ERRO/g)).toHaveLength(1);
    return await fullLog(daemon);
  },
  { needsRoot: true },
);

fault(
  'the disk with the activity log is full',
  async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: withTinyDisk,
      args: ['-l', 'full/main.log', '-s'],
      configuration: healthy,
    });
    await daemon.start();
    const disk = tinyDisk(daemon);
    await waitForState(daemon, 'healthy', 'RUNNING');
    await waitFor(() => readFileSync(`${disk}/main.log`, 'utf8').includes('success: healthy'));
    fill(`${disk}/filler`);
    const restart = async (): Promise<void> => {
      await daemon.rpc('supervisor.stopProcess', 'healthy');
      await daemon.rpc('supervisor.startProcess', 'healthy');
    };
    // More than fits into what is left of the last block.
    for (let round = 0; round < 40; round += 1) await restart();
    expect(await stateOf(daemon, 'healthy')).toBe('RUNNING');
    rmSync(`${disk}/filler`);
    await waitFor(
      () => readFileSync(`${disk}/main.log`, 'utf8').includes('activity log could not be written'),
      { what: 'the log to recover' },
    );
    const log = readFileSync(`${disk}/main.log`, 'utf8');
    // Where the disk was full a line is cut, and then goes on.
    const stamp = String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} `;
    const records = (text: string): number => [...log.matchAll(new RegExp(`${stamp}${text}`, 'gm'))].length;
    expect(records("INFO spawned: 'healthy' ")).toBe(41);
    expect(records('INFO success: healthy ')).toBe(41);
    expect(records('WARN stopped: healthy ')).toBe(40);
    expect(records('INFO waiting for healthy ')).toBe(40);
    return log;
  },
  { needsRoot: true },
);

fault('the daemon may open no more files', async () => {
  const count = 100;
  await using daemon = new Daemon({
    implementation: 'ours',
    supervisord: 'minfds=10',
    prefix: ['/bin/sh', '-c', 'ulimit -n 90; exec "$@"', 'sh'],
    configuration: `[program:many]\ncommand=/bin/cat\nnumprocs=${count}\nprocess_name=%(process_num)02d\nstartsecs=0\nstartretries=0\n`,
  });
  await daemon.start();
  await waitForAll(daemon, (state) => state === 'RUNNING' || state === 'FATAL');
  const found = await states(daemon);
  const running = found.filter((state) => state === 'RUNNING').length;
  expect(running).toBeGreaterThan(3);
  expect(running).toBeLessThan(count);
  // Some are left for clients, and programs that could not be started hold none.
  expect(openDescriptors(daemon.pid)).toBeLessThan(90 - 8);
  const spawnerr = String(await infoOf(daemon, `many:${count - 1}`, 'spawnerr'));
  // With some of them gone there is room again.
  for (const name of ['many:00', 'many:01', 'many:02']) await daemon.rpc('supervisor.stopProcess', name);
  await daemon.rpc('supervisor.startProcess', `many:${count - 1}`);
  expect(await stateOf(daemon, `many:${count - 1}`)).toBe('RUNNING');
  expect((await states(daemon)).filter((state) => state === 'RUNNING')).toHaveLength(running - 2);
  expect(await fullLog(daemon)).not.toMatch(/Uncaught|Traceback|\.ts:/);
  return `${await fullLog(daemon)}${spawnerr}`;
});

fault(
  'the user may have no more processes',
  async () => {
    const uid = 54321;
    const count = 60;
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'minprocs=1',
      prefix: [
        'prlimit',
        '--nproc=40',
        'setpriv',
        `--reuid=${uid}`,
        `--regid=${uid}`,
        '--clear-groups',
        '--',
      ],
      configuration: `[program:many]\ncommand=/bin/cat\nnumprocs=${count}\nprocess_name=%(process_num)02d\nstartsecs=0\nstartretries=0\n`,
    });
    chownSync(daemon.dir, uid, uid);
    await daemon.start();
    await waitForAll(daemon, (state) => state === 'RUNNING' || state === 'FATAL');
    const running = (await states(daemon)).filter((state) => state === 'RUNNING').length;
    expect(running).toBeGreaterThan(3);
    expect(running).toBeLessThan(count);
    await daemon.rpc('supervisor.stopProcess', 'many:00');
    await daemon.rpc('supervisor.startProcess', `many:${count - 1}`);
    expect(await stateOf(daemon, `many:${count - 1}`)).toBe('RUNNING');
    return await fullLog(daemon);
  },
  { needsRoot: true },
);

fault('the runtime directory is removed', async () => {
  await using daemon = new Daemon({
    implementation: 'ours',
    configuration: `[program:counts]\ncommand=${programs}/counts-slowly\nstartsecs=0\nstdout_logfile=%(here)s/log\n`,
  });
  await daemon.start();
  await waitForState(daemon, 'counts', 'RUNNING');
  rmSync(`${daemon.socket}.d`, { recursive: true });
  const before = openDescriptors(daemon.pid);
  const { size } = statSync(`${daemon.dir}/log`);
  await waitFor(() => statSync(`${daemon.dir}/log`).size > size);
  await daemon.rpc('supervisor.stopProcess', 'counts');
  await daemon.rpc('supervisor.startProcess', 'counts');
  const restarted = statSync(`${daemon.dir}/log`).size;
  await waitFor(() => statSync(`${daemon.dir}/log`).size > restarted);
  expect(openDescriptors(daemon.pid)).toBe(before);
  expect(readdirSync(`${daemon.socket}.d`)).not.toEqual([]);
  return await fullLog(daemon);
});

fault('the socket of the daemon is removed', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: healthy });
  await waitForState(daemon, 'healthy', 'RUNNING');
  const child = await pidOf(daemon, 'healthy');
  rmSync(daemon.socket);
  await waitForLog(daemon, 'has been made again');
  expect((await daemon.ctl('ours', ['status'])).exitCode).toBe(0);
  expect(await pidOf(daemon, 'healthy')).toBe(child);
  return await fullLog(daemon);
});

fault('the pidfile is removed', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: healthy });
  rmSync(daemon.pidfile);
  await waitForLog(daemon, 'has been made again');
  expect(readFileSync(daemon.pidfile, 'utf8')).toBe(`${daemon.pid}\n`);
  return await fullLog(daemon);
});

fault('the journal of processes is damaged, and the daemon is killed', async () => {
  await using daemon = new Daemon({
    implementation: 'ours',
    configuration: `[program:counts]\ncommand=${programs}/counts-slowly\nstartsecs=0\nstdout_logfile=%(here)s/log\n`,
  });
  await daemon.start();
  await waitForState(daemon, 'counts', 'RUNNING');
  const pid = await pidOf(daemon, 'counts');
  daemon.kill('SIGKILL');
  await daemon.ended();
  const journal = join(`${daemon.socket}.d`, 'processes');
  writeFileSync(journal, `garbage${readFileSync(journal, 'utf8')}`);
  // In the way of where it is put.
  mkdirSync(join(`${journal}.unusable`, 'not-empty'), { recursive: true });
  await daemon.start();
  expect(await pidOf(daemon, 'counts')).toBe(pid);
  expect(readFileSync(`${journal}.unusable`, 'utf8')).toMatch(/^garbage/);
  return await fullLog(daemon);
});

fault('the daemon is killed', async () => {
  await using daemon = new Daemon({
    implementation: 'ours',
    configuration: `[program:counts]\ncommand=${programs}/counts-slowly\nstartsecs=0\nstdout_logfile=%(here)s/log\n`,
  });
  await daemon.start();
  await waitForState(daemon, 'counts', 'RUNNING');
  const first = await pidOf(daemon, 'counts');
  daemon.kill('SIGKILL');
  await daemon.ended();
  await daemon.start();
  await waitForState(daemon, 'counts', 'RUNNING');
  expect(await pidOf(daemon, 'counts')).toBe(first);
  const log = () => readFileSync(`${daemon.dir}/log`, 'utf8');
  const before = log().length;
  await waitFor(() => log().length > before + 100, { what: 'more output' });
  expect(counts(log())).toBe(true);
  return await fullLog(daemon);
});

fault('a backup of a log cannot be made', async () => {
  await using daemon = new Daemon({
    implementation: 'ours',
    prefix: ['/bin/sh', '-c', 'mkdir -p log.1/full; exec "$@"', 'sh'],
    configuration: `[program:counts]\ncommand=${programs}/counts-slowly\nstartsecs=0\nstdout_logfile=%(here)s/log\nstdout_logfile_maxbytes=2KB\nstdout_logfile_backups=1\n`,
  });
  await daemon.start();
  const log = `${daemon.dir}/log`;
  await waitFor(() => existsSync(log) && statSync(log).size > 8192);
  expect(counts(readFileSync(log, 'utf8'))).toBe(true);
  expect((await fullLog(daemon)).match(/ERRO/g)).toHaveLength(1);
  rmSync(`${log}.1`, { recursive: true });
  await waitFor(() => existsSync(`${log}.1`));
  return await fullLog(daemon);
});
