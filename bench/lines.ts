import { resolve } from 'node:path';
import { type Implementation, startDaemon } from '../test/support/daemons.ts';
import { ActivityLog } from './activity-log.ts';
import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { needsFile } from './needs.ts';
import { cpuSeconds } from './proc.ts';

const children = 100;
const settleSeconds = 3;
const seconds = 6;
const perl = '/usr/bin/perl';

/** How a child divides its second. */
interface Rhythm {
  readonly figure: string;
  readonly linesAtATime: number;
  readonly timesASecond: number;
}

const rhythms: readonly Rhythm[] = [
  {
    figure: `${children} children, 100 short lines a second each: CPU of the daemon`,
    linesAtATime: 1,
    timesASecond: 100,
  },
  {
    figure: `${children} children, 100 short lines at once each second: CPU of the daemon`,
    linesAtATime: 100,
    timesASecond: 1,
  },
];

export const lines: Benchmark = {
  name: 'lines',
  title: `${children} children write 100 short lines a second each, over ${seconds} s`,
  rounds: 3,
  contenders: bothDaemons(
    async (implementation) => {
      const figures: Figure[] = [];
      for (const rhythm of rhythms) {
        figures.push({
          name: rhythm.figure,
          unit: '% of a core',
          value: await cpuShare(implementation, rhythm),
        });
      }
      return figures;
    },
    needsFile(perl, 'perl'),
  ),
  marks: rhythms.map(({ figure }) => ({ figure, limit: { atMost: 0.7 }, against: 'supervisord' })),
};

async function cpuShare(
  implementation: Implementation,
  { linesAtATime, timesASecond }: Rhythm,
): Promise<number> {
  const script = resolve(import.meta.dirname, 'writes-lines.pl');
  await using daemon = await startDaemon({
    implementation,
    configuration: `[program:writer]
command=${perl} ${script} ${linesAtATime} ${timesASecond}
process_name=%(program_name)s_%(process_num)03d
numprocs=${children}
startsecs=0
stdout_logfile=%(here)s/%(program_name)s_%(process_num)03d.log
`,
  });
  using activity = new ActivityLog(daemon.logfile);
  await activity.count(/ entered RUNNING state/g, children);
  await elapse(settleSeconds);
  const before = cpuSeconds(daemon.pid);
  await elapse(seconds);
  return ((cpuSeconds(daemon.pid) - before) / seconds) * 100;
}
