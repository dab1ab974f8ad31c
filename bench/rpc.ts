import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { startFleet } from './fleet.ts';
import { KeptConnection } from './kept-connection.ts';

const count = 200;
const calls = { 'supervisor.getAllProcessInfo': 60, 'supervisor.getState': 200 } as const;
const getAllProcessInfo = `getAllProcessInfo of ${count} over a kept connection`;
const getState = 'getState over a kept connection';

export const rpc: Benchmark = {
  name: 'rpc',
  title: `answers of a daemon with ${count} programs, on one unix socket`,
  rounds: 3,
  contenders: bothDaemons(async (implementation) => {
    await using daemon = await startFleet({ implementation, count });
    using connection = await KeptConnection.open(daemon.socket);
    const timesOf = async (name: string, method: keyof typeof calls): Promise<Figure[]> => {
      const figures: Figure[] = [];
      for (let call = 0; call < calls[method]; call += 1) {
        figures.push({ name, unit: 'ms', value: await connection.timeOf(method) });
      }
      return figures;
    };
    return [
      ...(await timesOf(getAllProcessInfo, 'supervisor.getAllProcessInfo')),
      ...(await timesOf(getState, 'supervisor.getState')),
    ];
  }),
  marks: [
    { figure: getAllProcessInfo, limit: { atMost: 0.1 }, against: 'supervisord' },
    { figure: getState, limit: { atMost: 0.6 }, against: 'supervisord' },
  ],
};
