import { resolve } from 'node:path';
import { startDaemon } from '../test/support/daemons.ts';
import { ActivityLog } from './activity-log.ts';
import { type Benchmark, bothDaemons } from './benchmark.ts';
import { elapse } from './elapse.ts';
import { needsFile } from './needs.ts';
import { cpuSeconds } from './proc.ts';

const children = 100;
const linesASecond = 100;
const settleSeconds = 4;
const seconds = 8;
const perl = '/usr/bin/perl';
const cpu = `${children} children, ${linesASecond} short lines a second each: CPU of the daemon`;

export const lines: Benchmark = {
  name: 'lines',
  title: `${children} children write ${linesASecond} short lines a second each, over ${seconds} s`,
  rounds: 3,
  contenders: bothDaemons(
    async (implementation) => {
      await using daemon = await startDaemon({
        implementation,
        configuration: `[program:writer]
command=${perl} ${resolve(import.meta.dirname, 'writes-lines.pl')} ${linesASecond}
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
      return [{ name: cpu, unit: '% of a core', value: ((cpuSeconds(daemon.pid) - before) / seconds) * 100 }];
    },
    needsFile(perl, 'perl'),
  ),
  marks: [{ figure: cpu, limit: { atMost: 0.7 }, against: 'supervisord' }],
};
