import { performance } from 'node:perf_hooks';
import type { Benchmark, Figure } from './benchmark.ts';
import { sleepers, startFleet } from './fleet.ts';

const counts = [1, 100, 500];

/** Upgrades in place. supervisord has none. */
export const upgrade: Benchmark = {
  name: 'upgrade',
  title: 'upgrade in place: all of it, and how long a client that connects meanwhile waits',
  rounds: 3,
  async run(implementation) {
    if (implementation === 'real') return [];
    const figures: Figure[] = [];
    for (const count of counts) {
      await using daemon = await startFleet(implementation, sleepers(count), count);
      for (let round = 0; round < 3; round += 1) {
        const asked = performance.now();
        await daemon.rpc('monitor.upgrade');
        const begun = performance.now();
        // On a connection of its own: that of the call before has been closed.
        await daemon.rpc('supervisor.getState');
        const answered = performance.now();
        figures.push(
          { name: `${count} programs, whole`, unit: 'ms', value: answered - asked },
          { name: `${count} programs, silence`, unit: 'ms', value: answered - begun },
        );
      }
    }
    return figures;
  },
};
