import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { expect, it } from '@jest/globals';
import { startDaemon } from '../support/daemons.ts';
import {
  anonymousKilobytes,
  childrenOf,
  fullLog,
  infoOf,
  isAlive,
  openDescriptors,
  pidOf,
  procStatus,
  stateOf,
  states,
  waitForAll,
  waitForLog,
  waitForRest,
  waitForState,
} from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const programs = resolve('test/fixtures/programs');
const healthy = '[program:healthy]\ncommand=/bin/sleep 1000\nstartsecs=0\n';

fault('a program ignores its stop signal', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:deaf]\ncommand=${programs}/ignores-term\nstartsecs=0\nstopwaitsecs=1\nstdout_logfile=%(here)s/deaf\n${healthy}`,
  });
  await waitFor(
    () =>
      existsSync(join(daemon.dir, 'deaf')) && readFileSync(join(daemon.dir, 'deaf'), 'utf8') === 'ready\n',
  );
  const stopping = daemon.rpc('supervisor.stopProcess', 'deaf');
  await waitForState(daemon, 'deaf', 'STOPPING');
  // Nobody else waits for it.
  await daemon.rpc('supervisor.stopProcess', 'healthy');
  expect(await stopping).toBe(true);
  expect(await stateOf(daemon, 'deaf')).toBe('STOPPED');
  return await fullLog(daemon);
});

fault('a program is killed, again and again', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:victim]\ncommand=/bin/cat\nstartsecs=0\n${healthy}`,
  });
  await waitForState(daemon, 'victim', 'RUNNING');
  let pid = await pidOf(daemon, 'victim');
  const kill = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      const before = pid;
      process.kill(before, 'SIGKILL');
      await waitFor(async () => {
        pid = await pidOf(daemon, 'victim');
        return pid !== 0 && pid !== before;
      });
    }
  };
  await kill(60);
  const descriptors = openDescriptors(daemon.pid);
  const memory = anonymousKilobytes(daemon.pid);
  await kill(240);
  expect(openDescriptors(daemon.pid)).toBe(descriptors);
  expect(anonymousKilobytes(daemon.pid) - memory).toBeLessThan(24_000);
  expect(childrenOf(daemon.pid).sort()).toEqual([pid, await pidOf(daemon, 'healthy')].sort());
  expect(
    (await fullLog(daemon)).match(/exited: victim \(terminated by SIGKILL; not expected\)/g),
  ).toHaveLength(300);
  return await fullLog(daemon);
});

fault('a program ends the moment it is started, for ever', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'logfile_maxbytes=0',
    configuration: `[program:loop]\ncommand=/bin/false\nstartsecs=0\nautorestart=true\n${healthy}`,
  });
  await waitFor(() => (daemon.logText().match(/exited: loop/g) ?? []).length > 200);
  const began = performance.now();
  for (let call = 0; call < 20; call += 1) expect(await stateOf(daemon, 'healthy')).toBe('RUNNING');
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(await daemon.rpc('supervisor.stopProcess', 'loop')).toBe(true);
  expect(['STOPPED', 'EXITED']).toContain(await stateOf(daemon, 'loop'));
  return await fullLog(daemon);
});

fault('200 programs end at once', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration:
      '[program:many]\ncommand=/bin/cat\nnumprocs=200\nprocess_name=%(process_num)03d\nstartsecs=0\n',
  });
  await waitForAll(daemon, (state) => state === 'RUNNING');
  const first = childrenOf(daemon.pid);
  expect(first).toHaveLength(200);
  for (const pid of first) process.kill(pid, 'SIGKILL');
  await waitFor(() => (daemon.logText().match(/exited: /g) ?? []).length === 200);
  await waitForAll(daemon, (state) => state === 'RUNNING');
  const second = childrenOf(daemon.pid);
  expect(second).toHaveLength(200);
  expect(second.filter((pid) => first.includes(pid) || procStatus(pid, 'State')?.startsWith('Z'))).toEqual(
    [],
  );
  return await fullLog(daemon);
});

fault('a program is stopped while it starts', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:slow]\ncommand=/bin/sleep 1000\nstartsecs=60\nautostart=false\n${healthy}`,
  });
  const starting = daemon.rpc('supervisor.startProcess', 'slow').catch((error: unknown) => String(error));
  await waitForState(daemon, 'slow', 'STARTING');
  const pid = await pidOf(daemon, 'slow');
  expect(await daemon.rpc('supervisor.stopProcess', 'slow')).toBe(true);
  const answer = await starting;
  expect(isAlive(pid)).toBe(false);
  expect(await stateOf(daemon, 'slow')).toBe('STOPPED');
  await waitForLog(daemon, 'stopped: slow');
  return `${await fullLog(daemon)}${answer}`;
});

fault('everything is restarted by three clients at once', async () => {
  const count = 8;
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[program:many]\ncommand=/bin/cat\nnumprocs=${count}\nprocess_name=%(process_num)02d\nstartsecs=0\n`,
  });
  await waitForAll(daemon, (state) => state === 'RUNNING');
  const results = await Promise.all([1, 2, 3].map(() => daemon.ctl('ours', ['restart', 'all'])));
  await waitForAll(daemon, (state) => state === 'RUNNING');
  const pids = childrenOf(daemon.pid);
  expect(pids).toHaveLength(count);
  for (let index = 0; index < count; index += 1)
    expect(pids).toContain(await pidOf(daemon, `many:0${index}`));
  return (await fullLog(daemon)) + results.map(({ stdout }) => stdout).join('');
});

fault('one of many programs does everything wrong at once', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: [
      '[program:bad]\ncommand=/bin/sh -c "exec yes out & exec yes err >&2"\nstartsecs=0\nstopasgroup=true\nkillasgroup=true\nstdout_logfile_maxbytes=1KB\nstderr_logfile_maxbytes=1\nstderr_logfile_backups=1',
      '[program:good]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=%(here)s/good',
    ].join('\n'),
  });
  await waitForAll(daemon, (state) => state === 'RUNNING');
  const pid = await pidOf(daemon, 'good');
  for (let line = 1; line <= 50; line += 1) {
    await daemon.rpc('supervisor.sendProcessStdin', 'good', `${line}\n`);
    await waitFor(() => readFileSync(join(daemon.dir, 'good'), 'utf8').endsWith(`${line}\n`));
  }
  expect(await pidOf(daemon, 'good')).toBe(pid);
  expect(await daemon.rpc('supervisor.stopProcess', 'bad')).toBe(true);
  return await fullLog(daemon);
});

it('is idle again after all its programs have ended badly', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration:
      '[program:many]\ncommand=/bin/false\nnumprocs=20\nprocess_name=%(process_num)02d\nstartretries=0\n',
  });
  await waitForAll(daemon, (state) => state === 'FATAL');
  expect(await states(daemon)).toHaveLength(20);
  expect(await infoOf(daemon, 'many:00', 'pid')).toBe(0);
  await waitForRest(daemon);
});
