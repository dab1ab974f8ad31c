import { execPath } from 'node:process';
import { execa } from 'execa';
import type { Implementation } from '../test/support/daemons.ts';
import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { startFleet } from './fleet.ts';
import { needsRoomFor } from './needs.ts';
import { type Memory, memoryOf } from './proc.ts';

const [few, many] = [500, 5000];
/** Start-up is over by then, the collection of its garbage included. */
const settleSeconds = 8;
const further = `private dirty memory, a further program between ${few} and ${many}`;
const title = `${settleSeconds} s after the start`;

export const memory: Benchmark = {
  name: 'memory',
  title: `memory with 1 and with ${few} programs, ${title}`,
  rounds: 2,
  contenders: [
    ...bothDaemons(async (implementation) => [
      ...figuresOf(1, await memoryWith(implementation, 1)),
      ...figuresOf(few, await memoryWith(implementation, few)),
    ]),
    { name: 'bare node', run: async () => figuresOf(1, await memoryOfBareNode()) },
  ],
  marks: [
    { figure: privateDirtyWith(1), limit: { atMost: 0.6 }, against: 'supervisord' },
    { figure: privateDirtyWith(few), limit: { atMost: 0.6 }, against: 'supervisord' },
    { figure: residentWith(few), limit: { atMost: 1.5 }, against: 'supervisord' },
  ],
};

const [ours, supervisord] = bothDaemons(async (implementation) => {
  const ofFew = await memoryWith(implementation, few);
  const ofMany = await memoryWith(implementation, many);
  const kilobytes = ((ofMany.privateDirty - ofFew.privateDirty) * 1024) / (many - few);
  return [...figuresOf(many, ofMany), { name: further, unit: 'KB', value: kilobytes }];
}, needsRoomFor(many));

export const memoryOfMany: Benchmark = {
  name: 'memory-large',
  title: `memory with ${many} programs, ${title}`,
  rounds: 2,
  contenders: [ours, { ...supervisord, rounds: 1 }],
  marks: [
    { figure: privateDirtyWith(many), limit: { atMost: 0.6 }, against: 'supervisord' },
    { figure: further, limit: { atMost: 8 } },
  ],
};

async function memoryWith(implementation: Implementation, count: number): Promise<Memory> {
  await using daemon = await startFleet({ implementation, count });
  await elapse(settleSeconds);
  return memoryOf(daemon.pid);
}

/** A Node that waits for nothing: what our daemon begins with. */
async function memoryOfBareNode(): Promise<Memory> {
  const child = execa(execPath, ['-e', 'setInterval(() => {}, 1e9)'], { reject: false });
  await elapse(settleSeconds);
  const found = memoryOf(Number(child.pid));
  child.kill();
  await child;
  return found;
}

function figuresOf(count: number, { privateDirty, rss }: Memory): readonly Figure[] {
  return [
    { name: privateDirtyWith(count), unit: 'MB', value: privateDirty },
    { name: residentWith(count), unit: 'MB', value: rss },
  ];
}

function privateDirtyWith(count: number): string {
  return `private dirty memory, ${programs(count)}`;
}

function residentWith(count: number): string {
  return `resident memory, ${programs(count)}`;
}

function programs(count: number): string {
  return count === 1 ? '1 program' : `${count} programs`;
}
