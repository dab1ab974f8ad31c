import { type Benchmark, bothDaemons } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { startFleet } from './fleet.ts';
import { runMilliseconds, wakeUps } from './proc.ts';

const count = 500;
/**
 * Start-up is over by then, the collection of its garbage included; and so are the 30 s that a new connection has for
 * its first request. Node wakes up at the end of a timer also when that has been cleared.
 */
const settleSeconds = 32;
const seconds = 10;
const wakeUpsASecond = `idle with ${count} programs: wake-ups a second`;
const cpu = `idle with ${count} programs: CPU a second`;

export const idle: Benchmark = {
  name: 'idle',
  title: `a daemon with ${count} programs when nothing happens, over ${seconds} s`,
  rounds: 2,
  contenders: bothDaemons(async (implementation) => {
    await using daemon = await startFleet({ implementation, count });
    await elapse(settleSeconds);
    const wakeUpsBefore = wakeUps(daemon.pid);
    const cpuBefore = runMilliseconds(daemon.pid);
    await elapse(seconds);
    return [
      { name: wakeUpsASecond, unit: '/s', value: (wakeUps(daemon.pid) - wakeUpsBefore) / seconds },
      { name: cpu, unit: 'ms/s', value: (runMilliseconds(daemon.pid) - cpuBefore) / seconds },
    ];
  }),
  marks: [
    { figure: wakeUpsASecond, limit: { atMost: 0 } },
    { figure: cpu, limit: { atMost: 0 } },
  ],
};
