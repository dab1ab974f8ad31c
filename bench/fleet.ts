/** Daemons with many programs, for benchmarks. */
import { type Daemon, type Implementation, startDaemon } from '../test/support/daemons.ts';
import { waitFor } from '../test/support/wait-for.ts';

/** `count` programs that do nothing, RUNNING as soon as they are spawned. */
export function sleepers(count: number): string {
  return `[program:sleeper]
command=/bin/sleep 100000
process_name=%(program_name)s_%(process_num)05d
numprocs=${count}
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
`;
}

/** Starts a daemon and waits until `count` programs are RUNNING. */
export async function startFleet(
  implementation: Implementation,
  configuration: string,
  count: number,
): Promise<Daemon> {
  const daemon = await startDaemon({ implementation, configuration });
  await waitFor(async () => (await runningCount(daemon)) === count, { limit: 120_000 });
  return daemon;
}

async function runningCount(daemon: Daemon): Promise<number> {
  const processes = await daemon.rpc('supervisor.getAllProcessInfo');
  if (!Array.isArray(processes)) return 0;
  return processes.filter((process) => process instanceof Map && process.get('statename') === 'RUNNING')
    .length;
}
