import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execPath, hrtime, kill } from 'node:process';
import { type Daemon, type Implementation, startDaemon } from '../test/support/daemons.ts';
import { pidOf, waitForState } from '../test/support/supervised.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { cpuSeconds, wakeUps } from './proc.ts';

const eventCount = 2000;
const kills = 5;
/** Start-up is over by then, the collection of its garbage included. */
const settleSeconds = 20;
const idleSeconds = 15;

/** What one event listener gets, which answers OK at once, and what that costs the daemon. */
export const events: Benchmark = {
  name: 'events',
  title: `one listener: ${eventCount} events at once; kill -9 of a child → its end is read; idle with TICK_5`,
  rounds: 2,
  contenders: bothDaemons(async (implementation) => [
    ...(await flood(implementation)),
    ...(await deaths(implementation)),
    ...(await ticks(implementation)),
  ]),
  marks: [],
};

async function flood(implementation: Implementation): Promise<readonly Figure[]> {
  await using daemon = await startListener(implementation, 'REMOTE_COMMUNICATION');
  const call = { methodName: 'supervisor.sendRemoteCommEvent', params: ['type', 'data'] };
  const cpuBefore = cpuSeconds(daemon.pid);
  // One call: they all wait for the listener before it has answered the first.
  await daemon.rpc(
    'system.multicall',
    Array.from({ length: eventCount }, () => call),
  );
  await waitFor(() => readBy(daemon).length === eventCount, { what: 'all events', limit: 120_000 });
  const times = readBy(daemon).map(({ at }) => at);
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1e9;
  return [
    {
      name: 'events that one listener gets and answers at once',
      unit: '/s',
      value: (eventCount - 1) / seconds,
    },
    {
      name: 'CPU of the daemon for an event to one listener, its making included',
      unit: 'ms/event',
      value: perEvent(cpuSeconds(daemon.pid) - cpuBefore),
    },
  ];
}

function perEvent(seconds: number): number {
  return (seconds * 1000) / eventCount;
}

async function deaths(implementation: Implementation): Promise<readonly Figure[]> {
  const victim = '[program:victim]\ncommand=/bin/sleep 100000\nstartsecs=0\nautorestart=false\n';
  await using daemon = await startListener(implementation, 'PROCESS_STATE_EXITED', victim);
  const figures: Figure[] = [];
  for (let count = 1; count <= kills; count += 1) {
    await waitForState(daemon, 'victim', 'RUNNING');
    // Neither in step with the daemon's own seconds, nor with its other work.
    await elapse(0.5 + Math.random());
    const pid = await pidOf(daemon, 'victim');
    const before = Number(hrtime.bigint());
    kill(pid, 'SIGKILL');
    await waitFor(() => readBy(daemon).length === count, { what: 'the news of the end' });
    figures.push({
      name: 'kill -9 of a child → a listener has read of its end',
      unit: 'ms',
      value: ((readBy(daemon).at(-1)?.at ?? 0) - before) / 1e6,
    });
    await daemon.rpc('supervisor.startProcess', 'victim');
  }
  return figures;
}

async function ticks(implementation: Implementation): Promise<readonly Figure[]> {
  await using daemon = await startListener(implementation, 'TICK_5');
  await elapse(settleSeconds);
  const wakeUpsBefore = wakeUps(daemon.pid);
  const cpuBefore = cpuSeconds(daemon.pid);
  await elapse(idleSeconds);
  return [
    {
      name: 'idle with a listener of TICK_5: wake-ups a second',
      unit: '/s',
      value: (wakeUps(daemon.pid) - wakeUpsBefore) / idleSeconds,
    },
    {
      name: 'idle with a listener of TICK_5: CPU a second',
      unit: 'ms/s',
      value: ((cpuSeconds(daemon.pid) - cpuBefore) / idleSeconds) * 1000,
    },
  ];
}

/** A daemon with one listener, which is ready. */
async function startListener(implementation: Implementation, types: string, program = ''): Promise<Daemon> {
  const script = resolve(import.meta.dirname, 'listener.ts');
  const daemon = await startDaemon({
    implementation,
    configuration: `[eventlistener:listener]
command=${execPath} ${script} %(here)s/events
events=${types}
buffer_size=${eventCount}
startsecs=0
${program}`,
  });
  // The listener makes the file just before it says that it is ready.
  await waitFor(() => existsSync(join(daemon.dir, 'events')), { what: 'the listener' });
  await elapse(0.5);
  return daemon;
}

/** The events that the listener has read so far; `at` in nanoseconds of the monotonic clock. */
function readBy(daemon: Daemon): readonly { readonly at: number }[] {
  const lines = readFileSync(join(daemon.dir, 'events'), 'latin1').split('\n').slice(0, -1);
  return lines.map((line) => ({ at: Number(line) }));
}
