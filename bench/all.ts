import { performance } from 'node:perf_hooks';
import { type Benchmark, bothDaemons } from './benchmark.ts';
import { daemonOf } from './fleet.ts';

const count = 200;
const repetitions = 5;
const start = `startAllProcesses of ${count}`;
const stop = `stopAllProcesses of ${count}`;

/** Until the answer, which comes when all of them have started or stopped. */
export const startAndStopAll: Benchmark = {
  name: 'all',
  title: `all of ${count} programs are started and stopped by XML-RPC`,
  rounds: 3,
  contenders: bothDaemons(async (implementation) => {
    await using daemon = daemonOf({ implementation, count, keys: 'autostart=false' });
    await daemon.start();
    const timeOf = async (method: string): Promise<number> => {
      const before = performance.now();
      await daemon.rpc(method);
      return performance.now() - before;
    };
    const figures = [];
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      figures.push(
        { name: start, unit: 'ms', value: await timeOf('supervisor.startAllProcesses') },
        { name: stop, unit: 'ms', value: await timeOf('supervisor.stopAllProcesses') },
      );
    }
    return figures;
  }),
  marks: [
    { figure: start, limit: { atMost: 0.6 }, against: 'supervisord' },
    { figure: stop, limit: { atMost: 0.3 }, against: 'supervisord' },
  ],
};
