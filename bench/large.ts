import { performance } from 'node:perf_hooks';
import { kill } from 'node:process';
import type { Implementation } from '../test/support/daemons.ts';
import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { Births, victim } from './births.ts';
import { timeOfCtl } from './ctl.ts';
import { elapse } from './elapse.ts';
import { daemonOf, startAndRun } from './fleet.ts';
import { KeptConnection } from './kept-connection.ts';
import { needsAll, needsRoomFor } from './needs.ts';
import { needsCompiler, plainSpawns, timeOfSpawns } from './spawns.ts';
import { spreadOf } from './summary.ts';

const [few, many] = [500, 5000];
const repetitions = 5;
/** Milliseconds. supervisord's own client takes half a minute for 5,000 programs. */
const repetitionLimit = 15_000;

/** What a daemon with so many programs takes for each thing, in milliseconds. */
interface Costs {
  readonly start: number;
  readonly answer: number;
  readonly status: number;
  readonly crash: number;
  readonly stop: number;
}

/** Names of the figures; and whether it is the cost of each program, or of one thing among so many. */
const things: { readonly [C in keyof Costs]: { readonly name: string; readonly isPerProgram: boolean } } = {
  start: { name: 'start', isPerProgram: true },
  answer: { name: 'getAllProcessInfo', isPerProgram: true },
  status: { name: 'supervisorctl status', isPerProgram: true },
  crash: { name: 'one crash', isPerProgram: false },
  stop: { name: 'stopAllProcesses', isPerProgram: true },
};
const kinds = Object.keys(things) as (keyof Costs)[];

const [ours, supervisord] = bothDaemons(async (implementation) => {
  const ofFew = await costs(implementation, few);
  const ofMany = await costs(implementation, many);
  return kinds.flatMap((kind) => figuresOf(kind, ofFew[kind], ofMany[kind]));
}, needsRoomFor(many));

/** Whether anything grows faster than the number of programs. */
export const large: Benchmark = {
  name: 'large',
  title: `${many} programs: what each costs, against ${few}`,
  rounds: 3,
  contenders: [
    ours,
    { ...supervisord, rounds: 1 },
    {
      name: plainSpawns,
      lacks: needsAll(needsCompiler, needsRoomFor(many)),
      run: async () => figuresOf('start', await timeOfSpawns(few), await timeOfSpawns(many)),
    },
  ],
  marks: kinds.map((kind) => ({ figure: growthOf(kind), limit: { atMost: 1 } })),
};

function figuresOf(kind: keyof Costs, ofFew: number, ofMany: number): readonly Figure[] {
  const { name, isPerProgram } = things[kind];
  const [costOfFew, costOfMany] = isPerProgram ? [ofFew / few, ofMany / many] : [ofFew, ofMany];
  const what = isPerProgram ? `${name}, each program of` : `${name} among`;
  return [
    { name: `${what} ${few}`, unit: 'ms', value: costOfFew },
    { name: `${what} ${many}`, unit: 'ms', value: costOfMany },
    { name: growthOf(kind), unit: '×', value: costOfMany / costOfFew },
  ];
}

function growthOf(kind: keyof Costs): string {
  return `${things[kind].name}: ${many} programs against ${few}`;
}

async function costs(implementation: Implementation, count: number): Promise<Costs> {
  await using daemon = daemonOf({ implementation, count, sections: victim });
  using births = await Births.prepare(daemon.dir);
  const [first, start] = await Promise.all([births.next(300_000), startAndRun(daemon, count + 1)]);
  let pid = first;

  using connection = await KeptConnection.open(daemon.socket);
  const answers: number[] = [];
  const statuses: number[] = [];
  const crashes: number[] = [];
  const enough = performance.now() + repetitionLimit;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    if (repetition > 0 && performance.now() > enough) break;
    answers.push(await connection.timeOf('supervisor.getAllProcessInfo'));
    statuses.push(timeOfCtl(daemon, ['status']));
  }
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    await elapse(1 + Math.random());
    const next = births.next();
    const before = performance.now();
    kill(pid, 'SIGKILL');
    pid = await next;
    crashes.push(performance.now() - before);
  }

  const before = performance.now();
  await daemon.rpc('supervisor.stopAllProcesses');
  const stop = performance.now() - before;
  return { start, answer: median(answers), status: median(statuses), crash: median(crashes), stop };
}

function median(values: readonly number[]): number {
  return spreadOf(values).median;
}
