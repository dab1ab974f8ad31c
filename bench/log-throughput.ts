import { performance } from 'node:perf_hooks';
import { type Daemon, startDaemon } from '../test/support/daemons.ts';
import { waitFor } from '../test/support/wait-for.ts';
import type { Benchmark } from './benchmark.ts';
import { cpuSeconds } from './proc.ts';

const gigabytes = 2;

/** One child that writes as fast as it can, into a log that rotates at 50 MB. */
export const logThroughput: Benchmark = {
  name: 'log',
  title: `one child writes ${gigabytes} GB at full speed, rotation at 50 MB, 2 backups`,
  rounds: 3,
  async run(implementation) {
    const configuration = `[program:writer]
command=/usr/bin/head -c ${gigabytes * 1e9} /dev/zero
autostart=false
autorestart=false
startsecs=0
stdout_logfile=%(here)s/writer.log
stdout_logfile_maxbytes=50MB
stdout_logfile_backups=2
`;
    await using daemon = await startDaemon({ implementation, configuration });
    const cpuBefore = cpuSeconds(daemon.pid);
    const before = performance.now();
    await daemon.rpc('supervisor.startProcess', 'writer');
    await waitFor(async () => (await stateOf(daemon, 'writer')) === 'EXITED', { limit: 120_000 });
    const elapsed = (performance.now() - before) / 1000;
    return [
      { name: 'throughput', unit: 'MB/s', value: (gigabytes * 1000) / elapsed },
      { name: 'CPU', unit: 's/GB', value: (cpuSeconds(daemon.pid) - cpuBefore) / gigabytes },
    ];
  },
};

async function stateOf(daemon: Daemon, name: string): Promise<unknown> {
  const info = await daemon.rpc('supervisor.getProcessInfo', name);
  return info instanceof Map ? info.get('statename') : undefined;
}
