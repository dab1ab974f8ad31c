import { performance } from 'node:perf_hooks';
import type { Benchmark, Figure } from './benchmark.ts';
import { startFleet } from './fleet.ts';

const counts = [1, 100, 500];

/** Upgrades in place. supervisord has none. */
export const upgrade: Benchmark = {
  name: 'upgrade',
  title: 'upgrade in place: all of it, and how long a client that connects meanwhile waits',
  rounds: 3,
  contenders: [{ name: 'ours', run: upgrades }],
  marks: [],
};

async function upgrades(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const count of counts) {
    const programs = count === 1 ? '1 program' : `${count} programs`;
    await using daemon = await startFleet({ implementation: 'ours', count });
    for (let repetition = 0; repetition < 3; repetition += 1) {
      const asked = performance.now();
      await daemon.rpc('monitor.upgrade');
      const begun = performance.now();
      // On a connection of its own: that of the call before has been closed.
      await daemon.rpc('supervisor.getState');
      const answered = performance.now();
      figures.push(
        { name: `upgrade in place, ${programs}: all of it`, unit: 'ms', value: answered - asked },
        { name: `upgrade in place, ${programs}: silence`, unit: 'ms', value: answered - begun },
      );
    }
  }
  return figures;
}
