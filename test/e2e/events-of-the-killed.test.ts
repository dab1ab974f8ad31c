import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { pidOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const listeners = resolve('test/fixtures/listeners');
const kills = 20;

/** A listener that writes what it receives into the file of its name. */
function recorder(name: string, events: string, ...lines: readonly string[]): string {
  return `[eventlistener:${name}]\ncommand=${listeners}/answers %(here)s/${name} 'RESULT 2\\nOK'\nevents=${events}\nstartsecs=0\nbuffer_size=100000\n${lines.join('\n')}\n`;
}

function textOf(daemon: Daemon, file: string): string {
  const path = join(daemon.dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

interface Received {
  readonly serial: number;
  readonly poolSerial: number;
  readonly text: string;
}

/** What a recorder has written, in its order. */
function received(daemon: Daemon, file: string): Received[] {
  return textOf(daemon, file)
    .split(/^(?=ver:3\.0 )/m)
    .filter((text) => text !== '')
    .map((text) => ({ serial: numberIn(text, 'serial'), poolSerial: numberIn(text, 'poolserial'), text }));
}

function numberIn(text: string, key: string): number {
  return Number(new RegExp(` ${key}:(\\d+) `).exec(text)?.[1]);
}

/** The daemon is killed, and the next one takes its place. */
async function replace(daemon: Daemon): Promise<void> {
  daemon.kill('SIGKILL');
  await daemon.ended();
  await daemon.start();
}

it('loses no event when it is killed again and again, and repeats none with another number', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: `${recorder('one', 'PROCESS_LOG,SUPERVISOR_STATE_CHANGE')}
${recorder('many', 'PROCESS_LOG', 'numprocs=3', 'process_name=%(process_num)d')}
[program:talks]
command=/bin/sh -c 'n=0; until [ -e %(here)s/enough ]; do n=$((n+1)); echo "<$n>"; sleep 0.005; done; echo "<end>"; exec sleep 1000'
stdout_events_enabled=true
`,
  });
  await waitForState(daemon, 'talks', 'RUNNING');
  await waitForState(daemon, 'one', 'RUNNING');
  const pids = async () =>
    Promise.all(['one', 'many:0', 'many:1', 'many:2'].map((name) => pidOf(daemon, name)));
  const before = await pids();
  for (let count = 0; count < kills; count += 1) {
    // At any moment of what it does.
    await delay(Math.random() * 200);
    await replace(daemon);
  }
  writeFileSync(join(daemon.dir, 'enough'), '');
  for (const file of ['one', 'many']) {
    await waitFor(() => textOf(daemon, file).includes('<end>'), { what: 'the last line' });
    const events = received(daemon, file);
    const texts = new Map(events.map(({ poolSerial, text }) => [poolSerial, text]));
    // Each number has been told, and always with the same text.
    expect([...texts.keys()].toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: texts.size }, (_, number) => number),
    );
    for (const { poolSerial, text } of events) expect(text).toBe(texts.get(poolSerial));
    expect(new Set(events.map(({ serial }) => serial)).size).toBe(texts.size);
    // Each line has been told.
    const lines = new Set([...texts.values()].join('').match(/<\d+>/g));
    expect(
      [...lines].toSorted((one, other) => Number(one.slice(1, -1)) - Number(other.slice(1, -1))),
    ).toEqual(Array.from({ length: lines.size }, (_, index) => `<${index + 1}>`));
  }
  const alone = received(daemon, 'one').map(({ poolSerial }) => poolSerial);
  expect(alone).toEqual(alone.toSorted((one, other) => one - other));
  expect(await pids()).toEqual(before);
  expect(daemon.logText()).not.toContain('is stopped and started again');
});

/** A pool of one listener, which is told what clients send. */
function listener(command: string, ...lines: readonly string[]): string {
  return `[eventlistener:l]\ncommand=${listeners}/${command}\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n${lines.join('\n')}\n`;
}

async function start(configuration: string): Promise<Daemon> {
  const daemon = await startDaemon({
    implementation: 'ours',
    configuration,
    supervisord: 'loglevel=debug',
  });
  return daemon;
}

async function tell(daemon: Daemon, ...data: readonly string[]): Promise<void> {
  for (const each of data) await daemon.rpc('supervisor.sendRemoteCommEvent', 't', each);
}

const answering = 'answers-when-told %(here)s';

function waitForWords(daemon: Daemon, words: string): Promise<void> {
  return waitFor(() => textOf(daemon, 'said').includes(words), { what: words });
}

describe('a listener that outlives its daemon', () => {
  it('is sent the rest of an event of which it had a part', async () => {
    await using daemon = await start(listener('reads-late %(here)s/l %(here)s/go'));
    await waitForLog(daemon, 'l: ACKNOWLEDGED -> READY');
    const data = Array.from({ length: 50_000 }, (_, number) => number).join(' ');
    await tell(daemon, data, 'next');
    await waitForLog(daemon, 'event 0 sent to listener l');
    const pid = await pidOf(daemon, 'l');
    // The second of the next ones has nothing to add: the pipe is full.
    for (let count = 0; count < 2; count += 1) await replace(daemon);
    writeFileSync(join(daemon.dir, 'go'), '');
    await waitFor(() => textOf(daemon, 'l').includes('next'), { what: 'the next event' });
    expect(received(daemon, 'l').map(({ text }) => text.split('\n')[1])).toEqual([data, 'next']);
    expect(await pidOf(daemon, 'l')).toBe(pid);
  });

  it('is not asked again when it answers while there is no daemon', async () => {
    await using daemon = await start(listener(answering));
    await waitForState(daemon, 'l', 'RUNNING');
    const pid = await pidOf(daemon, 'l');
    await tell(daemon, 'first');
    await waitForWords(daemon, `${pid} has ver`);
    daemon.kill('SIGKILL');
    await daemon.ended();
    writeFileSync(join(daemon.dir, String(pid)), '');
    await waitForWords(daemon, `${pid} has answered`);
    await daemon.start();
    await tell(daemon, 'second');
    await waitForWords(daemon, 'serial:1 ');
    expect(textOf(daemon, 'said').match(/^\d+ has ver.* poolserial:\d+/gm)).toEqual(
      [0, 1].map(
        (serial) => `${pid} has ver:3.0 server:supervisor serial:${serial} pool:l poolserial:${serial}`,
      ),
    );
  });

  it('is waited for when it goes on with an event under the next daemon', async () => {
    await using daemon = await start(listener(answering));
    await waitForState(daemon, 'l', 'RUNNING');
    const pid = await pidOf(daemon, 'l');
    await tell(daemon, 'first', 'second');
    await waitForWords(daemon, `${pid} has ver`);
    await replace(daemon);
    await waitForLog(daemon, `adopted: 'l' with pid ${pid}`);
    expect(textOf(daemon, 'said').match(/has ver/g)).toHaveLength(1);
    writeFileSync(join(daemon.dir, String(pid)), '');
    await waitForWords(daemon, 'serial:1 ');
    expect(textOf(daemon, 'said').match(/ serial:\d+/g)).toEqual([' serial:0', ' serial:1']);
  });

  it('is restarted when nothing is known of it, and is sent what comes', async () => {
    await using daemon = await start(listener("answers %(here)s/l 'RESULT 2\\nOK'"));
    await waitForState(daemon, 'l', 'RUNNING');
    const pid = await pidOf(daemon, 'l');
    daemon.kill('SIGKILL');
    await daemon.ended();
    rmSync(join(daemon.dir, 'supervisor.sock.d', 'events'));
    await daemon.start();
    await waitForLog(
      daemon,
      'listener l is stopped and started again: the conversation with it is not known',
    );
    await waitFor(async () => ![0, pid].includes(await pidOf(daemon, 'l')), { what: 'another pid' });
    await tell(daemon, 'first');
    await waitFor(() => textOf(daemon, 'l').includes('first'), { what: 'the event' });
  });

  it('is restarted also when that daemon is killed before it has stopped', async () => {
    const isDeaf = `/bin/sh -c 'trap "" TERM; exec ${listeners}/answers %(here)s/l "RESULT 2\\nOK"'`;
    await using daemon = await start(
      `[eventlistener:l]\ncommand=${isDeaf}\nevents=REMOTE_COMMUNICATION\nstartsecs=0\nstopwaitsecs=1000\n`,
    );
    await waitForLog(daemon, 'l: ACKNOWLEDGED -> READY');
    const pid = await pidOf(daemon, 'l');
    daemon.kill('SIGKILL');
    await daemon.ended();
    rmSync(join(daemon.dir, 'supervisor.sock.d', 'events'));
    await daemon.start();
    await waitForState(daemon, 'l', 'STOPPING');
    await replace(daemon);
    await waitForState(daemon, 'l', 'STOPPING');
    await tell(daemon, 'first');
    process.kill(pid, 'SIGKILL');
    await waitFor(() => textOf(daemon, 'l').includes('first'), { what: 'the event' });
  });
});

it('sends the event of a listener that dies with the daemon to the next one, first of all', async () => {
  await using daemon = await start(listener(answering));
  await waitForState(daemon, 'l', 'RUNNING');
  const pid = await pidOf(daemon, 'l');
  await tell(daemon, 'first', 'second');
  await waitForWords(daemon, `${pid} has ver`);
  daemon.kill('SIGKILL');
  await daemon.ended();
  process.kill(pid, 'SIGKILL');
  await daemon.start();
  await waitFor(() => (textOf(daemon, 'said').match(/has ver/g) ?? []).length >= 2, {
    what: 'the same event',
  });
  const [one, other] = textOf(daemon, 'said').match(/ver.*$/gm) ?? [];
  expect(other).toBe(one);
  expect(other).toContain(' serial:0 ');
});

it('keeps events that wait for a listener', async () => {
  await using daemon = await start(listener("answers %(here)s/l 'RESULT 2\\nOK'", 'autostart=false'));
  await tell(daemon, 'first', 'second');
  for (let count = 0; count < 2; count += 1) {
    await replace(daemon);
    await tell(daemon, `after ${count}`);
  }
  await daemon.rpc('supervisor.startProcess', 'l');
  await waitFor(() => received(daemon, 'l').length === 4, { what: 'all events' });
  expect(received(daemon, 'l').map(({ serial, text }) => [serial, text.split('\n')[1]])).toEqual(
    ['first', 'second', 'after 0', 'after 1'].map((data, serial) => [serial, data]),
  );
});

it('goes on through upgrades', async () => {
  await using daemon = await start(listener(answering) + recorder('other', 'REMOTE_COMMUNICATION'));
  await waitForState(daemon, 'l', 'RUNNING');
  const pid = await pidOf(daemon, 'l');
  await tell(daemon, 'first');
  await waitForWords(daemon, `${pid} has ver`);
  for (let count = 1; count <= 3; count += 1) {
    await daemon.rpc('monitor.upgrade');
    const upgraded = () => daemon.logText().match(/upgraded from version/g)?.length === count;
    await waitFor(upgraded, { what: 'the new version' });
    await tell(daemon, `after ${count}`);
  }
  writeFileSync(join(daemon.dir, String(pid)), '');
  await waitForWords(daemon, 'serial:3 ');
  expect(textOf(daemon, 'said').match(/^\d+ has ver.* serial:\d+/gm)).toEqual(
    [0, 1, 2, 3].map((serial) => `${pid} has ver:3.0 server:supervisor serial:${serial}`),
  );
  await waitFor(() => received(daemon, 'other').length === 4, { what: 'all events' });
});

it('keeps nothing at an orderly end', async () => {
  await using daemon = await start(listener("answers %(here)s/l 'RESULT 2\\nOK'", 'autostart=false'));
  await tell(daemon, 'first');
  expect(await daemon.stop()).toBe(0);
  await daemon.start();
  await daemon.rpc('supervisor.startProcess', 'l');
  await tell(daemon, 'second');
  await waitFor(() => received(daemon, 'l').length > 0, { what: 'an event' });
  expect(received(daemon, 'l')).toMatchObject([{ serial: 0, text: expect.stringContaining('second') }]);
});

it('leaves events to the next daemon when its processes are left, too', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: recorder('l', 'SUPERVISOR_STATE_CHANGE'),
    supervisord: 'on_daemon_exit=adopt',
  });
  await waitForState(daemon, 'l', 'RUNNING');
  expect(await daemon.stop()).toBe(0);
  await daemon.start();
  await waitFor(() => received(daemon, 'l').length === 3, { what: 'the events of both daemons' });
  expect(
    received(daemon, 'l').map(({ serial, text }) => [serial, /eventname:(\S+)/.exec(text)?.[1]]),
  ).toEqual([
    [0, 'SUPERVISOR_STATE_CHANGE_RUNNING'],
    [1, 'SUPERVISOR_STATE_CHANGE_STOPPING'],
    [2, 'SUPERVISOR_STATE_CHANGE_RUNNING'],
  ]);
});
