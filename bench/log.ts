import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { startDaemon } from '../test/support/daemons.ts';
import { ActivityLog } from './activity-log.ts';
import { type Benchmark, bothDaemons, type Figure } from './benchmark.ts';
import { cpuSeconds } from './proc.ts';

const gigabytes = 2;
const writer = `/usr/bin/head -c ${gigabytes * 1e9} /dev/zero`;
const throughput = 'one child at full speed, rotation at 50 MB';
const cpu = 'one child at full speed: CPU of the daemon';

export const log: Benchmark = {
  name: 'log',
  title: `one child writes ${gigabytes} GB at full speed, rotation at 50 MB, 2 backups`,
  rounds: 5,
  contenders: [
    ...bothDaemons(async (implementation) => {
      await using daemon = await startDaemon({
        implementation,
        configuration: `[program:writer]
command=${writer}
autostart=false
autorestart=false
startsecs=0
stdout_logfile=%(here)s/writer.log
stdout_logfile_maxbytes=50MB
stdout_logfile_backups=2
`,
      });
      using activity = new ActivityLog(daemon.logfile);
      const cpuBefore = cpuSeconds(daemon.pid);
      const before = performance.now();
      await daemon.rpc('supervisor.startProcess', 'writer');
      // All that it has written is in the log by then.
      await activity.count(/ exited: writer /g, 1);
      return [
        throughputIn(performance.now() - before),
        { name: cpu, unit: 's/GB', value: (cpuSeconds(daemon.pid) - cpuBefore) / gigabytes },
      ];
    }),
    { name: 'cat | cat', run: throughCats },
  ],
  marks: [
    { figure: throughput, limit: { atLeast: 1.05 }, against: 'supervisord' },
    { figure: throughput, limit: { atLeast: 0.95 }, against: 'cat | cat' },
    { figure: cpu, limit: { atMost: 0.65 }, against: 'supervisord' },
  ],
};

/** The least that something between the child and a file can do; without rotation. */
async function throughCats(): Promise<readonly Figure[]> {
  using stack = new DisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'supervisord-cats-'));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const before = performance.now();
  await execa('sh', ['-c', `${writer} | cat | cat > writer.log`], { cwd: directory });
  return [throughputIn(performance.now() - before)];
}

function throughputIn(milliseconds: number): Figure {
  return { name: throughput, unit: 'MB/s', value: (gigabytes * 1e6) / milliseconds };
}
