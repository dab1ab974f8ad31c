import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { startFleet } from './fleet.ts';
import { needsRoomFor } from './needs.ts';
import { memory } from './proc.ts';

const counts = [1, 500, 5000] as const;
/** Start-up is over by then, the collection of its garbage included. */
const settleSeconds = 8;
const further = 'private dirty memory, a further program';

export const memoryOfDaemon: Benchmark = {
  name: 'memory',
  title: `memory of a daemon with ${counts.join(' / ')} programs, ${settleSeconds} s after its start`,
  rounds: 1,
  contenders: bothDaemons(async (implementation) => {
    const dirty: number[] = [];
    const figures: Figure[] = [];
    for (const count of counts) {
      await using daemon = await startFleet({ implementation, count });
      await elapse(settleSeconds);
      const { privateDirty, rss } = memory(daemon.pid);
      dirty.push(privateDirty);
      figures.push(
        { name: privateDirtyWith(count), unit: 'MB', value: privateDirty },
        { name: residentWith(count), unit: 'MB', value: rss },
      );
    }
    const [, few = 0, many = 0] = dirty;
    const kilobytes = ((many - few) * 1024) / (counts[2] - counts[1]);
    return [...figures, { name: further, unit: 'KB', value: kilobytes }];
  }, needsRoomFor(counts[2])),
  marks: [
    ...counts.map((count) => ({
      figure: privateDirtyWith(count),
      limit: { atMost: 0.6 },
      against: 'supervisord',
    })),
    { figure: further, limit: { atMost: 8 } },
    { figure: residentWith(500), limit: { atMost: 1.5 }, against: 'supervisord' },
  ],
};

function privateDirtyWith(count: number): string {
  return `private dirty memory, ${programs(count)}`;
}

function residentWith(count: number): string {
  return `resident memory, ${programs(count)}`;
}

function programs(count: number): string {
  return count === 1 ? '1 program' : `${count} programs`;
}
