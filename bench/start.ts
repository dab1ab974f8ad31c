import { performance } from 'node:perf_hooks';
import type { Benchmark } from './benchmark.ts';
import { sleepers, startFleet } from './fleet.ts';

const count = 500;

/** Daemon start until 500 programs are RUNNING. */
export const start: Benchmark = {
  name: 'start',
  title: `daemon start → ${count} programs RUNNING (startsecs=0), and the shutdown that ends them`,
  rounds: 3,
  async run(implementation) {
    const before = performance.now();
    const daemon = await startFleet(implementation, sleepers(count), count);
    const started = performance.now();
    await daemon.stop();
    const stopped = performance.now();
    return [
      { name: 'start', unit: 'ms', value: started - before },
      { name: 'shutdown', unit: 'ms', value: stopped - started },
    ];
  },
};
