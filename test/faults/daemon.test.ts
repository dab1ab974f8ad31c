/** Faults of the daemon itself, and of the circumstances it is started in. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { expect, it } from '@jest/globals';
import { execaSync } from 'execa';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { itWhereKernelCan } from '../support/kernel.ts';
import { RawConnection } from '../support/raw-connection.ts';
import {
  childrenOf,
  fullLog,
  openDescriptors,
  pidOf,
  stateOf,
  stderrOf,
  waitForLog,
  waitForRest,
  waitForState,
} from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const healthy = '[program:healthy]\ncommand=/bin/sleep 1000\nstartsecs=0\n';
const victim = '[program:victim]\ncommand=/bin/cat\nstartsecs=0\n';

fault('the daemon makes a mistake', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: victim,
    environment: {
      NODE_OPTIONS: `--import=${pathToFileURL(resolve('test/fixtures/throws-when-told.mjs')).href}`,
    },
  });
  await waitForState(daemon, 'victim', 'RUNNING');
  const pid = await pidOf(daemon, 'victim');
  daemon.kill('SIGWINCH');
  await waitForLog(daemon, /Error: a mistake\n +at /);
  daemon.kill('SIGCONT');
  await waitForLog(daemon, /Error: a forgotten mistake\n +at /);
  expect(await pidOf(daemon, 'victim')).toBe(pid);
  process.kill(pid, 'SIGKILL');
  await waitFor(async () => ![0, pid].includes(await pidOf(daemon, 'victim')));
  expect(await daemon.stop()).toBe(0);
  return daemon.logText();
});

fault(
  'the daemon may not become the user of a program',
  async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      prefix: ['setpriv', '--bounding-set=-setuid,-setgid', '--'],
      configuration: `[program:other]\ncommand=/bin/sh -c "id -u; exec sleep 1000"\nuser=nobody\nstartretries=0\nstdout_logfile=%(here)s/other\n${healthy}`,
    });
    await waitForState(daemon, 'other', 'FATAL');
    // Under no circumstances as root instead.
    expect(readFileSync(`${daemon.dir}/other`, 'utf8')).toBe('');
    expect(await stateOf(daemon, 'healthy')).toBe('RUNNING');
    return (await fullLog(daemon)) + (await stderrOf(daemon, 'other'));
  },
  { needsRoot: true },
);

it('lives through connections that clients reset, whatever it was doing for them', async () => {
  const port = await freePort();
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[inet_http_server]\nport=127.0.0.1:${port}\n${victim}`,
  });
  await waitForState(daemon, 'victim', 'RUNNING');
  const before = openDescriptors(daemon.pid);
  const body = `<methodCall><methodName>supervisor.readLog</methodName><params><param><value><int>0</int></value></param><param><value><int>0</int></value></param></params></methodCall>`;
  const requests = [
    '',
    'GET / HT',
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(20),
    'GET /mainlogtail HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    `POST /RPC2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    `POST /RPC2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n<`,
  ];
  for (let round = 0; round < 10; round += 1) {
    for (const request of requests) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => {});
      await new Promise<void>((done) => socket.once('connect', () => socket.write(request, () => done())));
      if (round % 2 === 0 && request.endsWith('\r\n\r\n'))
        await new Promise<void>((done) => socket.once('data', () => done()));
      socket.resetAndDestroy();
    }
  }
  expect(await daemon.rpc('supervisor.getPID')).toBe(daemon.pid);
  await waitFor(() => openDescriptors(daemon.pid) <= before, { what: 'the descriptors of before' });
  expect(await fullLog(daemon)).not.toMatch(/Uncaught|\.ts:/);
});

it('has its port again after a restart in the midst of requests', async () => {
  const port = await freePort();
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[inet_http_server]\nport=127.0.0.1:${port}\n${victim}`,
  });
  await waitForState(daemon, 'victim', 'RUNNING');
  const connections = await Promise.all(
    [
      'GET /mainlogtail HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
      'POST /RPC2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le',
    ].map(async (request) => {
      const connection = await RawConnection.open({ host: '127.0.0.1', port });
      connection.send(request);
      return connection;
    }),
  );
  expect(await daemon.rpc('supervisor.restart')).toBe(true);
  await waitFor(() => daemon.logText().split('supervisord started with pid').length === 3, {
    what: 'a restart',
  });
  const connection = await RawConnection.open({ host: '127.0.0.1', port });
  connection.send('GET /ok.html HTTP/1.0\r\n\r\n');
  expect(await connection.until('OK')).toContain(' 200 ');
  for (const each of [...connections, connection]) each.close();
  expect(await fullLog(daemon)).not.toMatch(/Uncaught|ERRO|\.ts:/);
});

it('can be told to restart a program that crashes as fast as it is started', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'logfile_maxbytes=0',
    configuration: `[program:loop]\ncommand=/bin/false\nstartsecs=0\nautorestart=true\n[program:slower]\ncommand=/bin/sh -c "sleep 0.01; exit 1"\nstartsecs=1\nstartretries=1000000\n${healthy}`,
  });
  for (let round = 0; round < 25; round += 1) {
    for (const name of ['loop', 'slower']) {
      await daemon.rpc('supervisor.stopProcess', name).catch(() => undefined);
      await daemon.rpc('supervisor.startProcess', name, false).catch(() => undefined);
    }
  }
  const { stdout } = await daemon.ctl('ours', ['restart', 'loop', 'healthy']);
  expect(stdout).toMatch(/loop: started\n/);
  for (const name of ['loop', 'slower'])
    await daemon.rpc('supervisor.stopProcess', name).catch(() => undefined);
  await waitFor(async () => !['RUNNING', 'STARTING', 'BACKOFF'].includes(await stateOf(daemon, 'slower')));
  expect(childrenOf(daemon.pid)).toEqual([await pidOf(daemon, 'healthy')]);
  expect(await fullLog(daemon)).not.toMatch(/Uncaught|\.ts:/);
});

const inTheFuture = ['unshare', '--time', '--monotonic=2000000000', '--boottime=2000000000', '--'];
const canShift =
  execaSync(inTheFuture[0] ?? '', [...inTheFuture.slice(1), 'true'], { reject: false }).exitCode === 0;

const lacking = canShift ? undefined : 'time namespaces';
itWhereKernelCan(lacking, 'keeps its deadlines on a machine that has been up for sixty years', async () => {
  await using daemon = new Daemon({
    implementation: 'ours',
    prefix: inTheFuture,
    configuration: `[program:slow]\ncommand=/bin/sleep 1000\nstartsecs=1\n[program:loop]\ncommand=/bin/false\nstartretries=1\n[program:deaf]\ncommand=${resolve('test/fixtures/programs/ignores-term')}\nstartsecs=0\nstopwaitsecs=1\n`,
  });
  await daemon.start();
  await waitForState(daemon, 'slow', 'RUNNING');
  await waitForState(daemon, 'loop', 'FATAL');
  await daemon.rpc('supervisor.stopProcess', 'deaf');
  expect(await stateOf(daemon, 'deaf')).toBe('STOPPED');
  await waitForRest(daemon);
  expect(await daemon.stop()).toBe(0);
});
