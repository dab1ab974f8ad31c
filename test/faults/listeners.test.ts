import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { cpuSeconds, fullLog, pidOf, stateOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { fault } from './fault.ts';

const listeners = resolve('test/fixtures/listeners');
const quiet = 'startsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n';

/** A pool of one process that receives what clients send. */
function listener(name: string, command: string, ...lines: readonly string[]): string {
  return `[eventlistener:${name}]\ncommand=${listeners}/${command}\nevents=REMOTE_COMMUNICATION\n${quiet}${lines.join('\n')}\n`;
}

/** A listener that does everything right, and what it has received. */
const healthy = listener('healthy', "answers %(here)s/healthy 'RESULT 2\\nOK'", 'buffer_size=1000');

function received(daemon: Daemon, file: string): string[] {
  const path = join(daemon.dir, file);
  if (!existsSync(path)) return [];
  return [...readFileSync(path, 'utf8').matchAll(/\|type:t\n(.*)\n/g)].map(([, data = '']) =>
    data.slice(0, 10),
  );
}

async function tell(daemon: Daemon, ...data: readonly string[]): Promise<void> {
  for (const each of data) await daemon.rpc('supervisor.sendRemoteCommEvent', 't', each);
}

async function waitForEvents(daemon: Daemon, file: string, events: readonly string[]): Promise<void> {
  await waitFor(() => received(daemon, file).length >= events.length, { what: `events in ${file}` });
  expect(received(daemon, file)).toEqual(events);
}

async function start(configuration: string): Promise<Daemon> {
  const daemon = await startDaemon({
    implementation: 'ours',
    configuration: configuration + healthy,
    supervisord: 'loglevel=debug',
  });
  await waitForState(daemon, 'healthy', 'RUNNING');
  return daemon;
}

fault('a listener never reads', async () => {
  await using daemon = await start(listener('ill', "says 'READY\\n'"));
  await waitForLog(daemon, 'ill: ACKNOWLEDGED -> READY');
  const numbers = Array.from({ length: 15 }, (_, number) => String(number).padEnd(10, '.'));
  await tell(daemon, ...numbers.map((number) => number.padEnd(200_000, 'x')));
  await waitForEvents(daemon, 'healthy', numbers);
  await waitForLog(daemon, 'discarding event');
  return await fullLog(daemon);
});

fault('a listener dies with an event', async () => {
  await using daemon = await start(listener('ill', 'dies-of-its-first %(here)s/ill', 'autorestart=true'));
  await tell(daemon, 'first', 'second');
  await waitForEvents(daemon, 'ill', ['first', 'second']);
  return await fullLog(daemon);
});

fault('a listener fails at every event', async () => {
  await using daemon = await start(listener('ill', "answers %(here)s/ill 'RESULT 4\\nFAIL'"));
  await tell(daemon, 'first', 'second');
  await waitFor(() => received(daemon, 'ill').length >= 11, { what: 'the eleventh try' });
  const before = cpuSeconds(daemon.pid);
  const tries = received(daemon, 'ill').length;
  await waitFor(() => received(daemon, 'ill').length >= tries + 2, { what: 'two more tries' });
  expect(cpuSeconds(daemon.pid) - before).toBeLessThan(1);
  expect(new Set(received(daemon, 'ill'))).toEqual(new Set(['first']));
  await waitForEvents(daemon, 'healthy', ['first', 'second']);
  return await fullLog(daemon);
});

fault('a listener writes what it must not', async () => {
  await using daemon = await start(
    listener('chatty', "says 'READY\\nhello'") + listener('confused', "answers %(here)s/confused 'done\\n'"),
  );
  await waitForLog(daemon, 'chatty: has entered the UNKNOWN state');
  await tell(daemon, 'first');
  await waitForLog(daemon, 'confused: has entered the UNKNOWN state');
  await tell(daemon, 'second');
  await waitForEvents(daemon, 'healthy', ['first', 'second']);
  expect(received(daemon, 'confused')).toEqual(['first']);
  expect(await stateOf(daemon, 'chatty')).toBe('RUNNING');
  return await fullLog(daemon);
});

fault('a listener floods its stdout', async () => {
  const configuration = `[eventlistener:ill]\ncommand=/bin/sh -c 'exec yes'\nevents=EVENT\nstartsecs=0\nstdout_logfile=%(here)s/ill\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=0\n`;
  await using daemon = await startDaemon({ implementation: 'ours', configuration: configuration + healthy });
  await waitForLog(daemon, 'ill: has entered the UNKNOWN state');
  await tell(daemon, 'first', 'second');
  await waitForEvents(daemon, 'healthy', ['first', 'second']);
  return await fullLog(daemon);
});

fault('a listener closes its stdin', async () => {
  await using daemon = await start(listener('ill', 'closes-stdin'));
  await waitForLog(daemon, 'ill: ACKNOWLEDGED -> READY');
  await tell(daemon, 'first');
  await waitForEvents(daemon, 'healthy', ['first']);
  await waitForLog(daemon, 'epipe occurred');
  return await fullLog(daemon);
});

fault('the log of a listener cannot be written', async () => {
  const answers = `command=${listeners}/answers %(here)s/full 'RESULT 2\\nOK'\nevents=REMOTE_COMMUNICATION\nbuffer_size=9000`;
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[eventlistener:full]\n${answers}\nstartsecs=0\nstdout_logfile=/dev/full\nstderr_logfile=NONE\n`,
  });
  await waitForState(daemon, 'full', 'RUNNING');
  const data = Array.from({ length: 100 }, (_, number) => String(number));
  await tell(daemon, ...data);
  await waitForEvents(daemon, 'full', data);
  await waitForLog(daemon, 'ENOSPC');
  expect(await pidOf(daemon, 'full')).toBeGreaterThan(0);
  return await fullLog(daemon);
});

fault('the file of events is damaged, and the daemon is killed', async () => {
  await using daemon = await start('');
  await tell(daemon, 'first');
  await waitForEvents(daemon, 'healthy', ['first']);
  daemon.kill('SIGKILL');
  await daemon.ended();
  const path = join(daemon.dir, 'supervisor.sock.d', 'events');
  writeFileSync(path, `garbage${readFileSync(path, 'utf8')}`);
  await daemon.start();
  await waitForLog(daemon, 'stopped and started again');
  await tell(daemon, 'second');
  await waitForEvents(daemon, 'healthy', ['first', 'second']);
  expect(existsSync(`${path}.unusable`)).toBe(true);
  return await fullLog(daemon);
});

fault('a pool is taken out of the configuration, and the daemon is killed', async () => {
  await using daemon = await start(listener('ill', "says 'READY\\n'"));
  await waitForLog(daemon, 'ill: ACKNOWLEDGED -> READY');
  await tell(daemon, 'first');
  await waitForLog(daemon, 'event 0 sent to listener ill');
  daemon.configure(healthy);
  daemon.kill('SIGKILL');
  await daemon.ended();
  await daemon.start();
  await tell(daemon, 'second');
  await waitForEvents(daemon, 'healthy', ['first', 'second']);
  return await fullLog(daemon);
});

fault('the daemon ends while no listener of a pool runs', async () => {
  await using daemon = await start(listener('ill', "answers %(here)s/ill 'RESULT 2\\nOK'"));
  await tell(daemon, 'first');
  await waitForEvents(daemon, 'ill', ['first']);
  await daemon.rpc('supervisor.stopProcess', 'ill');
  await tell(daemon, 'second', 'third');
  await waitForEvents(daemon, 'healthy', ['first', 'second', 'third']);
  expect(await daemon.stop()).toBe(0);
  expect(received(daemon, 'ill')).toEqual(['first']);
  expect(daemon.logText()).not.toContain('pool healthy');
  return daemon.logText();
});

fault('a listener does not handle its last events in time', async () => {
  const daemon = await start(listener('ill', "says 'READY\\n'"));
  await using _ = daemon;
  await waitForLog(daemon, 'ill: ACKNOWLEDGED -> READY');
  await tell(daemon, 'first');
  await waitForLog(daemon, 'event 0 sent to listener ill');
  expect(await daemon.stop()).toBe(0);
  return daemon.logText();
});
