/** Daemons with many programs. */
import { performance } from 'node:perf_hooks';
import { Daemon, type Implementation } from '../test/support/daemons.ts';
import { ActivityLog } from './activity-log.ts';

export interface Fleet {
  readonly implementation: Implementation;
  /** How many programs. */
  readonly count: number;
  /** Further keys of each. */
  readonly keys?: string;
  /** Further sections. */
  readonly sections?: string;
}

/** Children that do nothing, and are RUNNING as soon as they are spawned. */
export const sleeperKeys = `command=/bin/sleep 100000
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
`;

/** A program of that name and number; by the number all of them have names of the same length. */
export function sleeperName(number: number): string {
  return `sleeper_${String(number).padStart(5, '0')}`;
}

/** Starts a daemon and waits until all its programs are RUNNING. */
export async function startFleet(fleet: Fleet): Promise<Daemon> {
  const daemon = daemonOf(fleet);
  await startAndRun(daemon, fleet.count);
  return daemon;
}

/** A daemon that is yet to start. */
export function daemonOf({ implementation, count, keys = '', sections = '' }: Fleet): Daemon {
  return new Daemon({
    implementation,
    supervisord: `minfds=${Math.max(1024, count * 3 + 100)}\n`,
    configuration: `[program:sleeper]
${sleeperKeys}process_name=%(program_name)s_%(process_num)05d
numprocs=${count}
${keys}
${sections}`,
    startLimit: 120_000,
  });
}

/**
 * Starts a daemon and waits until `count` programs are RUNNING, and it answers.
 *
 * @returns milliseconds until they were RUNNING
 */
export async function startAndRun(daemon: Daemon, count: number): Promise<number> {
  using log = new ActivityLog(daemon.logfile);
  const before = performance.now();
  const running = log.count(/ entered RUNNING state/g, count).then(() => performance.now() - before);
  const [milliseconds] = await Promise.all([running, daemon.start()]);
  return milliseconds;
}
