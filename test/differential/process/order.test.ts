/** The order in which processes start and stop, when the daemon does and when somebody asks. */
import { beforeAll, expect, it } from '@jest/globals';
import { Daemon, type Implementation } from '../../support/daemons.ts';
import { describeWithPeer } from '../../support/peer.ts';
import { waitFor } from '../../support/wait-for.ts';
import { activityLinesOf } from '../steps/activity-lines.ts';
import { inBoth } from '../steps/in-both.ts';
import { programSection } from '../steps/programs.ts';

const quiet = ['startsecs=0', 'stdout_logfile=NONE', 'stderr_logfile=NONE'];
const cat = (name: string, ...lines: readonly string[]) =>
  programSection(name, 'command=/bin/cat', ...quiet, ...lines);

const configuration = [
  cat('last', 'priority=1000'),
  cat('first', 'priority=1'),
  cat('beta'),
  cat('alpha'),
  cat(
    'many',
    'process_name=%(program_name)s_%(process_num)02d',
    'numprocs=3',
    'numprocs_start=5',
    'priority=50',
  ),
  cat('inner-late', 'priority=30'),
  cat('inner-early', 'priority=20'),
  cat('inner-many', 'process_name=in_%(process_num)d', 'numprocs=2', 'priority=25'),
  cat('down', 'autostart=false', 'priority=2'),
  '[group:mixed]\nprograms=inner-late,inner-early,inner-many\npriority=40\n',
].join('');

interface Orders {
  readonly listed: readonly unknown[];
  readonly spawned: readonly string[];
  readonly stoppedByCall: readonly string[];
  readonly startedByCall: readonly string[];
  readonly groupStartedByCall: readonly string[];
  readonly respawned: readonly string[];
  readonly stoppedForRestart: readonly string[];
  readonly stoppedForEnd: readonly string[];
  readonly lifeLines: readonly string[];
  readonly exitStatus: number;
}

const spawnLine = /^INFO spawned: '(\S+)'/;
const stopLine = /^DEBG killing (\S+) \(pid N\) with signal SIGTERM$/;

function namesIn(lines: readonly string[], pattern: RegExp): string[] {
  return lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
}

async function orders(implementation: Implementation): Promise<Orders> {
  await using daemon = new Daemon({ implementation, configuration, supervisord: 'loglevel=debug' });
  await daemon.start();
  const text = async () => String(await daemon.rpc('supervisor.readLog', 0, 0));
  const lines = async () => activityLinesOf(await text(), daemon);
  const count = async (pattern: RegExp) => namesIn(await lines(), pattern).length;
  const arrive = async (pattern: RegExp, wanted: number) =>
    await waitFor(async () => (await count(pattern)) >= wanted, { what: `${wanted} times ${pattern}` });
  /** Names in the lines that an action adds. */
  const after = async (pattern: RegExp, wanted: number, action: () => Promise<unknown>) => {
    const before = await count(pattern);
    await action();
    await arrive(pattern, before + wanted);
    return namesIn(await lines(), pattern).slice(before);
  };

  const total = 11;
  await arrive(spawnLine, total);
  await arrive(/^INFO success: (\S+)/, total);
  const spawned = namesIn(await lines(), spawnLine);
  const listed = ((await daemon.rpc('supervisor.getAllProcessInfo')) as ReadonlyMap<string, unknown>[]).map(
    (info) => [info.get('group'), info.get('name')],
  );
  const stoppedByCall = await after(stopLine, total, () => daemon.rpc('supervisor.stopAllProcesses'));
  const groupStartedByCall = await after(spawnLine, 4, () =>
    daemon.rpc('supervisor.startProcessGroup', 'mixed'),
  );
  const startedByCall = await after(spawnLine, total - 3, () => daemon.rpc('supervisor.startAllProcesses'));

  const beforeRestart = await lines();
  daemon.kill('SIGHUP');
  await waitFor(() => (daemon.logText().match(/supervisord started with pid/g) ?? []).length === 2, {
    what: 'the restart',
  });
  await waitFor(
    () => namesIn(activityLinesOf(daemon.logText(), daemon), spawnLine).length === 2 * total + total + 1,
    { what: 'the spawns after the restart' },
  );
  const beforeEnd = activityLinesOf(daemon.logText(), daemon);
  const restart = beforeEnd.slice(beforeRestart.length);
  const exitStatus = await daemon.stop();
  const all = activityLinesOf(daemon.logText(), daemon);
  return {
    listed,
    spawned,
    stoppedByCall,
    groupStartedByCall,
    startedByCall,
    stoppedForRestart: namesIn(restart, stopLine),
    respawned: namesIn(restart, spawnLine),
    stoppedForEnd: namesIn(all.slice(beforeEnd.length), stopLine),
    lifeLines: all.filter((line) => /supervisord started|received SIG|^\w+ waiting for .* to die/.test(line)),
    exitStatus,
  };
}

describeWithPeer('the order of starts and stops', () => {
  let ours: Orders;
  let real: Orders;

  beforeAll(async () => {
    ({ ours, real } = await inBoth(orders));
  });

  const claims = {
    listed: 'lists processes by group, then by name',
    spawned: 'spawns groups by priority, and the processes of each as they are configured',
    stoppedByCall: 'stops all processes by priority when asked to',
    groupStartedByCall: 'starts a group by priority when asked to',
    startedByCall: 'starts what has stopped by priority when asked to',
    stoppedForRestart: 'stops groups in reverse order for a restart',
    respawned: 'spawns in the order of the first start after a restart',
    stoppedForEnd: 'stops groups in reverse order in the end',
    exitStatus: 'ends with the same status',
  } satisfies { readonly [K in keyof Orders]?: string };

  for (const [key, claim] of Object.entries(claims)) {
    it(`${claim}, as supervisord does`, () => {
      expect(ours[key as keyof Orders]).toEqual(real[key as keyof Orders]);
    });
  }

  it('announces its lives and its signals as supervisord does', () => {
    const first = (lines: readonly string[]) =>
      lines.filter((line, index) => !(line.includes('to die') && lines[index - 1]?.includes('to die')));
    expect(first(ours.lifeLines)).toEqual(first(real.lifeLines));
  });
});
