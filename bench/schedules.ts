import type { XmlRpcValue } from '../rpc/xmlrpc.ts';
import { Daemon } from '../test/support/daemons.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { memoryOf, runMilliseconds, wakeUps } from './proc.ts';

const count = 10_000;
const runsPerSecond = 200;
/** Reading the configuration and bringing the job store in line with it is over by then, and so is what is below. */
const leadSeconds = 90;
/** See `idle.ts`. */
const settleSeconds = 32;
const idleSeconds = 10;
const runSeconds = 20;

const stores = { sqlite: 'records in a file', memory: 'records in memory' } as const;
type Store = keyof typeof stores;

const memory = `a daemon with ${count} schedules: private dirty memory`;
const wakeUpsASecond = `a daemon with ${count} schedules, nothing due: wake-ups a second`;
const cpu = `a daemon with ${count} schedules, nothing due: CPU a second`;

/** What the daemon adds to the library, which `schedule.ts` measures: processes, their records, and a disk. */
export const schedules: Benchmark = {
  name: 'schedules',
  title: `a daemon with ${count} schedules, of which ${runsPerSecond} a second run /bin/true for ${runSeconds} s`,
  rounds: 1,
  contenders: [
    { name: 'ours', run: async () => [...(await figuresOf('sqlite')), ...(await figuresOf('memory'))] },
  ],
  marks: [],
};

async function figuresOf(store: Store): Promise<readonly Figure[]> {
  const first = (Math.ceil(Date.now() / 1000) + leadSeconds) * 1000;
  await using daemon = new Daemon({
    implementation: 'ours',
    configuration: configurationOf(store, first),
    startLimit: leadSeconds * 1000,
  });
  await daemon.start();
  await elapse(settleSeconds);
  const { privateDirty } = memoryOf(daemon.pid);
  const idleBefore = [wakeUps(daemon.pid), runMilliseconds(daemon.pid)] as const;
  await elapse(idleSeconds);
  const idle = [wakeUps(daemon.pid) - idleBefore[0], runMilliseconds(daemon.pid) - idleBefore[1]] as const;
  const left = first - Date.now();
  if (left < 0) throw new Error(`the first run was due ${-left} ms too early for a machine that is so slow`);

  const runsBefore = runMilliseconds(daemon.pid);
  await elapse(left / 1000 + runSeconds);
  const runCpu = runMilliseconds(daemon.pid) - runsBefore;
  const due = runsPerSecond * runSeconds;
  const lateness = (await latenessOf(daemon, first)).sort((one, other) => one - other);
  if (lateness.length < due * 0.9) throw new Error(`only ${lateness.length} of ${due} runs were started`);
  const quantile = (part: number) => lateness[Math.floor(lateness.length * part)] ?? Number.NaN;
  const runs = `${runsPerSecond} processes a second, ${stores[store]}`;
  return [
    ...(store === 'sqlite'
      ? [
          { name: memory, unit: 'MB', value: privateDirty },
          { name: wakeUpsASecond, unit: '/s', value: idle[0] / idleSeconds },
          { name: cpu, unit: 'ms/s', value: idle[1] / idleSeconds },
        ]
      : []),
    { name: `${runs}: lateness, median`, unit: 'ms', value: quantile(0.5) },
    { name: `${runs}: lateness, 99 of 100`, unit: 'ms', value: quantile(0.99) },
    { name: `${runs}: CPU of the daemon for each`, unit: 'ms', value: runCpu / lateness.length },
  ];
}

/** One that fires after the other, at equal distances. */
function configurationOf(store: Store, first: number): string {
  const sections = Array.from({ length: count }, (_, number) => {
    const start = new Date(first + (number * 1000) / runsPerSecond).toISOString();
    return `[schedule:s${String(number).padStart(5, '0')}]
command=/bin/true
seconds=${count / runsPerSecond}
start_date=${start.slice(0, -1)}
misfire_grace_time=none
stdout_logfile=NONE
stderr_logfile=NONE
`;
  });
  return `[scheduler]
jobstore=${store}
timezone=UTC
max_runs=1000
${sections.join('')}`;
}

/** Milliseconds from the moment at which a run was due to that at which its process was there, of those that were due. */
async function latenessOf(daemon: Daemon, first: number): Promise<number[]> {
  const runs = await daemon.rpc('scheduler.getRuns', '', 0, count);
  if (!Array.isArray(runs)) throw new Error('getRuns does not answer an array');
  return runs.flatMap((run) => {
    const [due, started] = [secondsIn(run, 'due_time'), secondsIn(run, 'start_time')];
    const isMeasured = started > 0 && due * 1000 < first + runSeconds * 1000;
    return isMeasured ? [(started - due) * 1000] : [];
  });
}

function secondsIn(run: XmlRpcValue, member: string): number {
  return run instanceof Map ? Number(run.get(member)) : Number.NaN;
}
