import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execPath } from 'node:process';
import { bins, type Daemon } from '../test/support/daemons.ts';
import { type Benchmark, bothDaemons, type Contender, type Figure } from './benchmark.ts';
import { sleeperName, startFleet } from './fleet.ts';
import { needsFile } from './needs.ts';

const count = 50;
const repetitions = 10;
const status = `supervisorctl status, ${count} programs`;
const restart = 'supervisorctl restart of one';
const python = '/usr/bin/python3';

/** Each daemon with its own client; and what their runtimes take to do nothing, which no client can beat. */
export const ctl: Benchmark = {
  name: 'ctl',
  title: `supervisorctl with ${count} programs`,
  rounds: 3,
  contenders: [
    ...bothDaemons(async (implementation) => {
      await using daemon = await startFleet({ implementation, count });
      return repeatedly(() => [
        { name: status, unit: 'ms', value: timeOfCtl(daemon, ['status']) },
        {
          name: restart,
          unit: 'ms',
          value: timeOfCtl(daemon, ['restart', `sleeper:${sleeperName(7)}`]),
        },
      ]);
    }),
    nothing('bare node', [execPath, '-e', '0']),
    { ...nothing('bare python', [python, '-c', 'pass']), lacks: needsFile(python, 'python3') },
  ],
  marks: [
    { figure: status, limit: { atMost: 0.25 }, against: 'supervisord' },
    { figure: restart, limit: { atMost: 0.25 }, against: 'supervisord' },
  ],
};

/** How long a client of the daemon's own implementation takes, in milliseconds. @throws if it fails */
export function timeOfCtl(daemon: Daemon, words: readonly string[]): number {
  const supervisorctl = join(bins[daemon.implementation], 'supervisorctl');
  return timeOf([supervisorctl, '-c', daemon.configurationFile, ...words]);
}

function nothing(name: string, command: readonly string[]): Contender {
  return {
    name,
    run: async () => repeatedly(() => [{ name: 'start of nothing', unit: 'ms', value: timeOf(command) }]),
  };
}

function repeatedly(once: () => readonly Figure[]): readonly Figure[] {
  return Array.from({ length: repetitions }, once).flat();
}

/** Waits without a turn of the event loop, whose own work would be measured too. */
function timeOf([command = '', ...args]: readonly string[]): number {
  const before = performance.now();
  const { status: exitStatus, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const elapsed = performance.now() - before;
  if (exitStatus !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${exitStatus}: ${stderr}`);
  return elapsed;
}
