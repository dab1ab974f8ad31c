/** Event listeners written with supervisor.childutils, and programs that speak to them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { program, programSection } from '../differential/steps/programs.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { pidOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeEachDaemon } from './each-daemon.ts';
import { pythonProgram } from './python-programs.ts';
import { quickProgram } from './quick-program.ts';

/** What a listener was sent. */
interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

/** A listener that records what it is sent in a file of its name. */
function recorder(name: string, events: string, failures = 0): string {
  return `[eventlistener:${name}]
command=${pythonProgram('records-events')} %(here)s/${name} ${failures}
events=${events}
startsecs=0
`;
}

/** What a recorder was sent so far. */
function receivedBy(daemon: Daemon, listener: string): Received[] {
  const file = join(daemon.dir, listener);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** Waits for events that a recorder is sent, among others. */
async function received(
  daemon: Daemon,
  listener: string,
  isWanted: (event: Received) => boolean,
  { count = 1 } = {},
): Promise<Received[]> {
  const wanted = () => receivedBy(daemon, listener).filter(isWanted);
  await waitFor(() => wanted().length >= count, { what: `${listener} to be sent ${count} events` });
  return wanted();
}

/** The words of a payload's first line, as `childutils.get_headers` splits them. */
function wordsOf(payload: string): Record<string, string> {
  const [line = ''] = payload.split('\n');
  return Object.fromEntries(line.split(' ').map((word) => word.split(':')));
}

function dataOf(payload: string): string {
  return payload.slice(payload.indexOf('\n') + 1);
}

describeEachDaemon('listeners written with supervisor.childutils', (implementation) => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startDaemon({
      implementation,
      configuration: [
        recorder('states', 'PROCESS_STATE'),
        recorder('ticks', 'TICK_5'),
        recorder('remote', 'REMOTE_COMMUNICATION'),
        quickProgram('cat', '/bin/cat', 'autostart=false'),
      ].join(''),
    });
    for (const name of ['states', 'ticks', 'remote']) await waitForState(daemon, name, 'RUNNING');
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  it('are told each state of a process, with the pid', async () => {
    await daemon.rpc('supervisor.startProcess', 'cat');
    const pid = String(await pidOf(daemon, 'cat'));
    await daemon.rpc('supervisor.stopProcess', 'cat');
    const isOfCat = ({ payload }: Received) => wordsOf(payload)['processname'] === 'cat';
    const events = await received(daemon, 'states', isOfCat, { count: 4 });
    expect(events.map(({ headers, payload }) => [headers['eventname'], wordsOf(payload)])).toEqual([
      ['PROCESS_STATE_STARTING', { processname: 'cat', groupname: 'cat', from_state: 'STOPPED', tries: '0' }],
      ['PROCESS_STATE_RUNNING', { processname: 'cat', groupname: 'cat', from_state: 'STARTING', pid }],
      ['PROCESS_STATE_STOPPING', { processname: 'cat', groupname: 'cat', from_state: 'RUNNING', pid }],
      ['PROCESS_STATE_STOPPED', { processname: 'cat', groupname: 'cat', from_state: 'STOPPING', pid }],
    ]);
    for (const { headers } of events)
      expect(headers).toMatchObject({ ver: '3.0', server: 'supervisor', pool: 'states' });
  });

  it('are sent what a client says with sendRemoteCommEvent', async () => {
    expect(await daemon.rpc('supervisor.sendRemoteCommEvent', 'deploy', 'grüß\n2')).toBe(true);
    expect(await daemon.rpc('supervisor.sendRemoteCommEvent', 'next', '')).toBe(true);
    const events = await received(daemon, 'remote', () => true, { count: 2 });
    expect(events.map(({ payload }) => payload)).toEqual(['type:deploy\ngrüß\n2', 'type:next\n']);
  });

  it('are sent ticks that start at multiples of 5 seconds', async () => {
    const [event] = await received(daemon, 'ticks', ({ headers }) => headers['eventname'] === 'TICK_5');
    expect(Number(wordsOf(event?.payload ?? '')['when']) % 5).toBe(0);
  });
});

describeEachDaemon('listeners to what programs write', (implementation) => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startDaemon({
      implementation,
      configuration: [
        recorder('logs', 'PROCESS_LOG'),
        recorder('messages', 'PROCESS_COMMUNICATION'),
        programSection(
          'echo',
          `command=${program('repeats-stdin')}`,
          'startsecs=0',
          'stdout_events_enabled=true',
          'stderr_events_enabled=true',
        ),
        programSection(
          'talks',
          `command=${pythonProgram('talks-to-listeners')}`,
          'autostart=false',
          'startsecs=0',
          'stdout_capture_maxbytes=1KB',
          'stderr_capture_maxbytes=1KB',
        ),
      ].join(''),
    });
    for (const name of ['logs', 'messages', 'echo']) await waitForState(daemon, name, 'RUNNING');
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  it.each(['stdout', 'stderr'])('are sent what a program writes on %s', async (channel) => {
    await daemon.rpc('supervisor.sendProcessStdin', 'echo', `on ${channel}\n`);
    const [event] = await received(
      daemon,
      'logs',
      ({ headers, payload }) =>
        headers['eventname'] === `PROCESS_LOG_${channel.toUpperCase()}` && payload.includes(`on ${channel}`),
    );
    expect(wordsOf(event?.payload ?? '')).toEqual({
      processname: 'echo',
      groupname: 'echo',
      pid: String(await pidOf(daemon, 'echo')),
      channel,
    });
  });

  it('are sent what a program says with childutils.pcomm, which is not in its logs', async () => {
    await daemon.rpc('supervisor.startProcess', 'talks');
    const events = await received(daemon, 'messages', () => true, { count: 2 });
    const pid = String(await pidOf(daemon, 'talks'));
    for (const channel of ['stdout', 'stderr']) {
      const event = events.find(
        ({ headers }) => headers['eventname'] === `PROCESS_COMMUNICATION_${channel.toUpperCase()}`,
      );
      expect(wordsOf(event?.payload ?? '')).toEqual({ processname: 'talks', groupname: 'talks', pid });
      expect(dataOf(event?.payload ?? '')).toBe(`key:value on ${channel}\ngrüß`);
      const method = `supervisor.readProcess${channel === 'stdout' ? 'Stdout' : 'Stderr'}Log`;
      const log = async () => String(await daemon.rpc(method, 'talks', 0, 0));
      await waitFor(async () => (await log()).endsWith('after the message\n'), {
        what: `the ${channel} log`,
      });
      expect(await log()).toBe('printed before the message\nprinted after the message\n');
    }
  });
});

// In a daemon of its own: supervisord puts an event that one listener fails into the buffer of every pool.
describeEachDaemon('listeners that answer FAIL with supervisor.childutils', (implementation) => {
  it('are sent the event again', async () => {
    await using daemon = await startDaemon({
      implementation,
      configuration: recorder('picky', 'REMOTE_COMMUNICATION', 2),
    });
    await waitForState(daemon, 'picky', 'RUNNING');
    await daemon.rpc('supervisor.sendRemoteCommEvent', 'first', 'event');
    await daemon.rpc('supervisor.sendRemoteCommEvent', 'second', 'event');
    const events = await received(daemon, 'picky', () => true, { count: 4 });
    const [first, , , second] = events.map(({ headers }) => headers['serial']);
    expect(events.map(({ headers, payload }) => [headers['serial'], payload])).toEqual([
      [first, 'type:first\nevent'],
      [first, 'type:first\nevent'],
      [first, 'type:first\nevent'],
      [second, 'type:second\nevent'],
    ]);
  });
});

describeEachDaemon('listeners that call the daemon while they handle an event', (implementation) => {
  it('are answered', async () => {
    await using daemon = await startDaemon({
      implementation,
      configuration: [
        `[eventlistener:restarts]
command=${pythonProgram('restarts-what-died')} program
events=PROCESS_STATE_EXITED
startsecs=0
`,
        programSection(
          'program',
          `command=${program('ends-a-few-times')} %(here)s/ends 1 0.1 0`,
          'startsecs=0',
          'autorestart=false',
        ),
      ].join(''),
    });
    await waitFor(() => (daemon.logText().match(/spawned: 'program'/g) ?? []).length === 2, {
      what: 'the listener to start the program again',
    });
    await waitForState(daemon, 'restarts', 'RUNNING');
    await waitForState(daemon, 'program', 'RUNNING');
  });
});
