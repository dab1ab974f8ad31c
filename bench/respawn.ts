import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { kill } from 'node:process';
import { execa } from 'execa';
import { Daemon } from '../test/support/daemons.ts';
import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { Births, victim } from './births.ts';
import { elapse } from './elapse.ts';
import { needsFile } from './needs.ts';

const figure = 'kill -9 of a child → first byte of its replacement';
const kills = 8;
const runsv = '/usr/bin/runsv';

export const respawn: Benchmark = {
  name: 'respawn',
  title: 'a child is killed, at no certain time of the second, until its replacement has written',
  rounds: 3,
  contenders: [
    ...bothDaemons(async (implementation) => {
      await using daemon = new Daemon({ implementation, configuration: victim });
      using births = await Births.prepare(daemon.dir);
      const [pid] = await Promise.all([births.next(), daemon.start()]);
      return await killings(births, pid);
    }),
    { name: 'runsv', lacks: needsFile(runsv, 'runit'), run: underRunsv },
  ],
  marks: [
    { figure, limit: { atMost: 1 / 300 }, against: 'supervisord' },
    { figure, limit: { atMost: 1.5 }, against: 'runsv' },
  ],
};

async function underRunsv(): Promise<readonly Figure[]> {
  await using stack = new AsyncDisposableStack();
  const service = mkdtempSync(join(tmpdir(), 'supervisord-runsv-'));
  stack.defer(() => rmSync(service, { recursive: true, force: true }));
  const births = stack.use(await Births.prepare(service));
  const supervision = execa(runsv, [service], { reject: false, stdio: 'ignore' });
  stack.defer(async () => {
    // It ends its service first.
    supervision.kill('SIGTERM');
    await supervision;
  });
  return await killings(births, await births.next());
}

async function killings(births: Births, first: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  let pid = first;
  for (let count = 0; count < kills; count += 1) {
    // Neither in step with the daemon's own seconds, nor so soon that runsv, which keeps a service from being
    // started twice within a second, would wait.
    await elapse(1.1 + Math.random() * 0.9);
    const birth = births.next();
    const before = performance.now();
    kill(pid, 'SIGKILL');
    pid = await birth;
    figures.push({ name: figure, unit: 'ms', value: performance.now() - before });
  }
  return figures;
}
