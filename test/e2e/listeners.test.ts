import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { pidOf, waitForLog, waitForRest, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const answers = resolve('test/fixtures/listeners/answers');
const ok = "'RESULT 2\\nOK'";

/** A listener that writes what it receives into the file of its name. */
function recorder(name: string, events: string, ...lines: readonly string[]): string {
  return `[eventlistener:${name}]\ncommand=${answers} %(here)s/${name} ${ok}\nevents=${events}\nstartsecs=0\n${lines.join('\n')}\n`;
}

/** Header and payload of each event that a recorder has received. */
function received(daemon: Daemon, name: string): string[] {
  const path = join(daemon.dir, name);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

async function waitForEvent(daemon: Daemon, name: string, text: string): Promise<string> {
  const find = () => received(daemon, name).find((line) => line.includes(text));
  await waitFor(() => find() !== undefined, { what: `${text} for ${name}` });
  return find() ?? '';
}

it('runs the example of docs/events.md', async () => {
  const page = readFileSync('docs/events.md', 'utf8');
  const block = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';
  const program =
    '[program:brief]\ncommand=/bin/sh -c "exit 3"\nautostart=false\nautorestart=false\nstartsecs=0\n';
  await using daemon = new Daemon({ implementation: 'ours', configuration: block('ini') + program });
  writeFileSync(join(daemon.dir, 'obituary'), block('sh'));
  chmodSync(join(daemon.dir, 'obituary'), 0o755);
  await daemon.start();
  await waitForState(daemon, 'obituary', 'RUNNING');
  await daemon.rpc('supervisor.startProcess', 'brief', false);
  const log = join(daemon.dir, 'obituary.log');
  await waitFor(() => readFileSync(log, 'utf8').includes('brief'), { what: 'the obituary' });
  expect(readFileSync(log, 'utf8')).toMatch(
    /^processname:brief groupname:brief from_state:RUNNING expected:0 pid:\d+\n$/,
  );
});

it('lets a listener end a container whose program is FATAL', async () => {
  const listener = `sh -c 'printf "READY\\n"; while read line; do kill -TERM $PPID; printf "RESULT 2\\nOK"; printf "READY\\n"; done'`;
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `[eventlistener:exit-on-fatal]\ncommand=${listener}\nevents=PROCESS_STATE_FATAL\n[program:app]\ncommand=/no/such/program\nstartretries=0\n`,
  });
  expect(await daemon.ended()).toBe(0);
});

it('tells a listener, before it is stopped, what became of the programs', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `${recorder('l', 'PROCESS_STATE_STOPPED,SUPERVISOR_STATE_CHANGE')}[program:last]\ncommand=/bin/cat\nstartsecs=0\n`,
  });
  await waitForState(daemon, 'last', 'RUNNING');
  await waitForEvent(daemon, 'l', 'SUPERVISOR_STATE_CHANGE_RUNNING');
  expect(await daemon.stop()).toBe(0);
  expect(received(daemon, 'l').map((line) => /eventname:(\S+)/.exec(line)?.[1])).toEqual([
    'SUPERVISOR_STATE_CHANGE_RUNNING',
    'SUPERVISOR_STATE_CHANGE_STOPPING',
    'PROCESS_STATE_STOPPED',
  ]);
  expect(received(daemon, 'l').at(-1)).toContain('processname:last');
});

it('goes on numbering events after a restart, and begins anew in each pool', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: recorder('l', 'SUPERVISOR_STATE_CHANGE,REMOTE_COMMUNICATION'),
  });
  await daemon.rpc('supervisor.sendRemoteCommEvent', 'before', '');
  await waitForEvent(daemon, 'l', 'type:before');
  daemon.kill('SIGHUP');
  await waitFor(() => received(daemon, 'l').length >= 4, { what: 'the next life' });
  expect(
    received(daemon, 'l').map((line) => /serial:\d+ pool:l poolserial:\d+ eventname:\S+/.exec(line)?.[0]),
  ).toEqual([
    'serial:0 pool:l poolserial:0 eventname:SUPERVISOR_STATE_CHANGE_RUNNING',
    'serial:1 pool:l poolserial:1 eventname:REMOTE_COMMUNICATION',
    'serial:2 pool:l poolserial:2 eventname:SUPERVISOR_STATE_CHANGE_STOPPING',
    'serial:3 pool:l poolserial:0 eventname:SUPERVISOR_STATE_CHANGE_RUNNING',
  ]);
});

it('ticks on time', async () => {
  await using daemon = await startDaemon({ implementation: 'ours', configuration: recorder('l', 'TICK_5') });
  const tick = await waitForEvent(daemon, 'l', 'TICK_5');
  const now = Date.now() / 1000;
  const when = Number(/when:(\d+)$/.exec(tick)?.[1]);
  expect(when % 5).toBe(0);
  expect(now - when).toBeLessThan(4);
  expect(now).toBeGreaterThanOrEqual(when);
});

it('sleeps while listeners wait for the hour', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: recorder('l', 'TICK_3600'),
  });
  await waitForState(daemon, 'l', 'RUNNING');
  await waitForRest(daemon);
});

it('gives a pool other events with update, and leaves its listeners alone', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: recorder('l', 'REMOTE_COMMUNICATION'),
  });
  await daemon.rpc('supervisor.sendRemoteCommEvent', 'first', '');
  await waitForEvent(daemon, 'l', 'type:first');
  const pid = await pidOf(daemon, 'l');
  daemon.configure(recorder('l', 'PROCESS_GROUP'));
  expect((await daemon.ctl('ours', ['update'])).exitCode).toBe(0);
  await daemon.rpc('supervisor.sendRemoteCommEvent', 'second', '');
  await waitForEvent(daemon, 'l', 'PROCESS_GROUP_ADDED');
  expect(await pidOf(daemon, 'l')).toBe(pid);
  expect(received(daemon, 'l').filter((line) => line.includes('type:'))).toHaveLength(1);
});

it('has each of the processes of a pool work at an event of its own', async () => {
  const says = resolve('test/fixtures/listeners/says');
  const pool = `[eventlistener:pool]\ncommand=${says} 'READY\\n'\nprocess_name=%(process_num)d\nnumprocs=3\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n`;
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: pool,
    supervisord: 'loglevel=debug',
  });
  for (const number of [0, 1, 2]) await waitForLog(daemon, `${number}: ACKNOWLEDGED -> READY`);
  for (const data of ['a', 'b', 'c', 'd']) await daemon.rpc('supervisor.sendRemoteCommEvent', 't', data);
  await waitForLog(daemon, 'event 2 sent');
  expect(daemon.logText().match(/event \d sent to listener \d/g)).toEqual(
    [0, 1, 2].map((number) => `event ${number} sent to listener ${number}`),
  );
});
