import { performance } from 'node:perf_hooks';
import { type Benchmark, bothDaemons } from './benchmark.ts';
import { daemonOf, startAndRun } from './fleet.ts';
import { needsCompiler, plainSpawns, timeOfSpawns } from './spawns.ts';

const count = 500;
const start = `daemon start → ${count} programs RUNNING (startsecs=0)`;
const shutdown = `shutdown with ${count} programs`;

export const startAndShutdown: Benchmark = {
  name: 'start',
  title: `the daemon starts with ${count} programs, and ends`,
  rounds: 5,
  contenders: [
    ...bothDaemons(async (implementation) => {
      await using daemon = daemonOf({ implementation, count });
      const started = await startAndRun(daemon, count);
      const before = performance.now();
      await daemon.stop();
      return [
        { name: start, unit: 'ms', value: started },
        { name: shutdown, unit: 'ms', value: performance.now() - before },
      ];
    }),
    {
      name: plainSpawns,
      lacks: needsCompiler,
      run: async () => [{ name: start, unit: 'ms', value: await timeOfSpawns(count) }],
    },
  ],
  marks: [
    { figure: start, limit: { atMost: 0.6 }, against: 'supervisord' },
    { figure: shutdown, limit: { atMost: 0.15 }, against: 'supervisord' },
  ],
};
