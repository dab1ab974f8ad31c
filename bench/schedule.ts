import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { execa } from 'execa';
import type { Benchmark, Contender, Figure } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { memoryOf, runMilliseconds, wakeUps } from './proc.ts';

const count = 10_000;
const idleSeconds = 10;
const fireSeconds = 20;
const firesPerSecond = 200;
const memory = `${count} schedules: private dirty, beside none, garbage given back`;
const wakeUpsASecond = `${count} schedules, nothing due: wake-ups a second`;
const cpu = `${count} schedules, nothing due: CPU a second`;
const p50 = `${firesPerSecond} fires a second: lateness, median`;
const p99 = `${firesPerSecond} fires a second: lateness, 99 of 100`;
const cpuOfFire = `${firesPerSecond} fires a second: CPU for each`;

/** A Python that has APScheduler 3; Debian's has 3.9.1. */
const python = env['APSCHEDULER_PYTHON'] ?? '/usr/bin/python3';
const bundle = (): string => join(env['SUPERVISORD_TEST_BIN'] ?? resolve('bin'), '../dist/schedule.js');

export const schedule: Benchmark = {
  name: 'schedule',
  title: `${count} schedules in memory, of which ${firesPerSecond} a second are due for ${fireSeconds} s`,
  rounds: 2,
  contenders: [
    contender('ours', 'node', () => [
      '--expose-gc',
      join(import.meta.dirname, 'schedules-child.ts'),
      bundle(),
    ]),
    {
      ...contender('APScheduler', python, () => [join(import.meta.dirname, 'schedules-child.py')]),
      lacks: () =>
        spawnSync(python, ['-c', 'import apscheduler.schedulers.background']).status === 0
          ? undefined
          : `${python} has no APScheduler 3 (APSCHEDULER_PYTHON says which Python has it)`,
    },
  ],
  marks: [
    { figure: p99, limit: { atMost: 20 } },
    { figure: memory, limit: { atMost: 1 }, against: 'APScheduler' },
  ],
};

function contender(name: string, command: string, words: () => readonly string[]): Contender {
  return {
    name,
    async run() {
      const child = execa(command, [...words(), String(count)], { preferLocal: true, stderr: 'inherit' });
      const { pid } = child;
      if (pid === undefined) throw new Error(`${command} does not start`);
      try {
        return await ask(pid, child[Symbol.asyncIterator](), (line) => child.stdin.write(`${line}\n`));
      } finally {
        child.kill('SIGKILL');
        await child.catch(() => undefined);
      }
    },
  };
}

async function ask(
  pid: number,
  lines: AsyncIterator<unknown>,
  say: (line: string) => void,
): Promise<readonly Figure[]> {
  await lines.next();
  const empty = memoryOf(pid).privateDirty;
  say('fill');
  await lines.next();
  // Node wakes up at the end of a timer also when that has been cleared; V8 tidies up after so many additions.
  await elapse(15);
  const full = memoryOf(pid).privateDirty;
  const [wakeUpsBefore, cpuBefore] = [wakeUps(pid), runMilliseconds(pid)];
  await elapse(idleSeconds);
  const idle = [wakeUps(pid) - wakeUpsBefore, runMilliseconds(pid) - cpuBefore].map(
    (value) => value / idleSeconds,
  );
  say(`fire ${fireSeconds} ${firesPerSecond}`);
  await elapse(12);
  const firing = runMilliseconds(pid);
  await elapse(5);
  const cpuOfFires = runMilliseconds(pid) - firing;
  const { value } = await lines.next();
  const lateness: number[] = JSON.parse(String(value));
  if (lateness.length < fireSeconds * firesPerSecond * 0.95) {
    throw new Error(`only ${lateness.length} of ${fireSeconds * firesPerSecond} fires were run`);
  }
  lateness.sort((one, other) => one - other);
  const quantile = (part: number) => lateness[Math.floor(lateness.length * part)] ?? Number.NaN;
  return [
    { name: memory, unit: 'MB', value: full - empty },
    { name: wakeUpsASecond, unit: '/s', value: idle[0] ?? Number.NaN },
    { name: cpu, unit: 'ms/s', value: idle[1] ?? Number.NaN },
    { name: p50, unit: 'ms', value: quantile(0.5) },
    { name: p99, unit: 'ms', value: quantile(0.99) },
    { name: cpuOfFire, unit: 'µs', value: (cpuOfFires / (5 * firesPerSecond)) * 1000 },
  ];
}
