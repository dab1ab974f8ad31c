import { performance } from 'node:perf_hooks';
import { Daemon } from '../test/support/daemons.ts';
import { pidOf } from '../test/support/supervised.ts';
import { type Benchmark, bothDaemons } from './benchmark.ts';
import { timeOfCtl } from './ctl.ts';
import { sleeperKeys, sleeperName, startAndRun } from './fleet.ts';
import { needsRoomFor } from './needs.ts';

const count = 1000;
const repetitions = 3;
const changed = sleeperName(count / 2);
const byClient = `supervisorctl reread + update, 1 of ${count} programs changed`;
const byCalls = `reloadConfig, stop, remove and add by XML-RPC, 1 of ${count} programs changed`;

export const update: Benchmark = {
  name: 'update',
  title: `one of ${count} running programs gets another environment, and is replaced`,
  rounds: 2,
  contenders: bothDaemons(async (implementation) => {
    await using daemon = new Daemon({
      implementation,
      configuration: programs('0'),
      supervisord: 'minfds=8192\n',
      startLimit: 120_000,
    });
    await startAndRun(daemon, count);
    const figures = [];
    for (let repetition = 1; repetition <= repetitions; repetition += 1) {
      figures.push(
        {
          name: byClient,
          unit: 'ms',
          value: await replaced(daemon, `client ${repetition}`, async () => {
            timeOfCtl(daemon, ['reread']);
            timeOfCtl(daemon, ['update']);
          }),
        },
        {
          name: byCalls,
          unit: 'ms',
          value: await replaced(daemon, `calls ${repetition}`, async () => {
            await daemon.rpc('supervisor.reloadConfig');
            await daemon.rpc('supervisor.stopProcessGroup', changed);
            await daemon.rpc('supervisor.removeProcessGroup', changed);
            await daemon.rpc('supervisor.addProcessGroup', changed);
          }),
        },
      );
    }
    return figures;
  }, needsRoomFor(count)),
  marks: [{ figure: byClient, limit: { atMost: 0.2 }, against: 'supervisord' }],
};

/** Changes the program, has it updated, and sees to it that it was. @returns milliseconds of the update */
async function replaced(daemon: Daemon, value: string, act: () => Promise<void>): Promise<number> {
  const pid = await pidOf(daemon, changed);
  daemon.configure(programs(value));
  const before = performance.now();
  await act();
  const elapsed = performance.now() - before;
  if ((await pidOf(daemon, changed)) === pid) throw new Error('The program was not replaced');
  return elapsed;
}

function programs(value: string): string {
  return Array.from({ length: count }, (_, number) => {
    const name = sleeperName(number);
    const environment = name === changed ? `environment=VALUE="${value}"\n` : '';
    return `[program:${name}]\n${sleeperKeys}${environment}`;
  }).join('\n');
}
