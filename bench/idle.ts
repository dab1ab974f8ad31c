import type { Benchmark } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { sleepers, startFleet } from './fleet.ts';
import { cpuSeconds, memory, wakeUps } from './proc.ts';

const count = 500;
/** Start-up is over by then, the collection of its garbage included. */
const settleSeconds = 15;
const seconds = 10;

/** A daemon with 500 programs when nothing happens. */
export const idle: Benchmark = {
  name: 'idle',
  title: `idle with ${count} programs, over ${seconds} s`,
  rounds: 2,
  async run(implementation) {
    await using daemon = await startFleet(implementation, sleepers(count), count);
    await elapse(settleSeconds);
    const wakeUpsBefore = wakeUps(daemon.pid);
    const cpuBefore = cpuSeconds(daemon.pid);
    await elapse(seconds);
    const { privateDirty, rss } = memory(daemon.pid);
    return [
      { name: 'wake-ups', unit: '/s', value: (wakeUps(daemon.pid) - wakeUpsBefore) / seconds },
      { name: 'CPU', unit: 'ms/s', value: ((cpuSeconds(daemon.pid) - cpuBefore) / seconds) * 1000 },
      { name: 'private dirty', unit: 'MB', value: privateDirty },
      { name: 'RSS', unit: 'MB', value: rss },
    ];
  },
};
