import { performance } from 'node:perf_hooks';
import type { Benchmark, Figure } from './benchmark.ts';
import { sleepers, startFleet } from './fleet.ts';

const count = 50;
const repetitions = 10;

/** `supervisorctl status` and `restart` of one program, each implementation's client with its own daemon. */
export const status: Benchmark = {
  name: 'status',
  title: `supervisorctl with ${count} programs`,
  rounds: 2,
  async run(implementation) {
    await using daemon = await startFleet(implementation, sleepers(count), count);
    const figures: Figure[] = [];
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const args of [['status'], ['restart', 'sleeper:sleeper_00007']]) {
        const before = performance.now();
        await daemon.ctl(implementation, args);
        figures.push({ name: args[0] ?? '', unit: 'ms', value: performance.now() - before });
      }
    }
    return figures;
  },
};
