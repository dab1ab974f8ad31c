import { describe, expect, it } from '@jest/globals';
import { groupSettings } from '../../support/process-settings.ts';
import { exitStatus, ignoreAllButKill, signalStatus } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

function worldOf(changes: Parameters<typeof groupSettings>[1][number] = {}): SimulatedWorld {
  return new SimulatedWorld([groupSettings('web', [{ name: 'web', ...changes }])]);
}

const success =
  'INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)';

describe('a supervised process', () => {
  it('is spawned at start-up and RUNNING after startsecs', () => {
    const world = worldOf();
    expect(world.takeLines()).toEqual([`INFO spawned: 'web' with pid 100`]);
    expect(world.view('web')).toMatchObject({ state: 'STARTING', pid: 100, start: 1_700_000_000, stop: 0 });
    world.clock.advance(1);
    expect(world.view('web').state).toBe('STARTING');
    world.clock.advance(0.001);
    expect(world.view('web')).toMatchObject({ state: 'RUNNING', description: 'pid 100, uptime 0:00:01' });
    expect(world.takeLines()).toEqual([success]);
    expect(world.clock.armedTimers).toBe(0);
  });

  it('is back at once after an unexpected exit, in the same turn, its last output drained first', () => {
    const world = worldOf();
    world.clock.advance(2);
    world.takeLines();
    world.host.exit('web', signalStatus(9));
    expect(world.host.happenings).toEqual(['spawn web', 'finish web', 'spawn web']);
    expect(world.takeLines()).toEqual([
      'WARN exited: web (terminated by SIGKILL; not expected)',
      `INFO spawned: 'web' with pid 101`,
    ]);
    expect(world.view('web')).toMatchObject({ state: 'STARTING', pid: 101, restarts: 1 });
    expect(world.view('web').lastExit).toEqual(signalStatus(9));
  });

  it('is tried startretries times more, one second later each time, then given up', () => {
    const world = worldOf({ startretries: 3 });
    const waits: number[] = [];
    while (world.view('web').state !== 'FATAL') {
      world.host.exit('web', exitStatus(1));
      const failedAt = world.clock.now().instant;
      if (!world.clock.advanceToNextTimer()) break;
      waits.push(Math.round(world.clock.now().instant - failedAt));
    }
    expect(world.host.spawned).toHaveLength(4);
    expect(waits).toEqual([1, 2, 3]);
    expect(world.takeEvents().filter((event) => event.includes('tries:'))).toEqual(
      [
        'STARTING processname:web groupname:web from_state:STOPPED tries:0',
        'BACKOFF processname:web groupname:web from_state:STARTING tries:1',
        'STARTING processname:web groupname:web from_state:BACKOFF tries:1',
        'BACKOFF processname:web groupname:web from_state:STARTING tries:2',
        'STARTING processname:web groupname:web from_state:BACKOFF tries:2',
        'BACKOFF processname:web groupname:web from_state:STARTING tries:3',
        'STARTING processname:web groupname:web from_state:BACKOFF tries:3',
        'BACKOFF processname:web groupname:web from_state:STARTING tries:4',
      ].map((event) => `PROCESS_STATE_${event}`),
    );
    expect(world.takeLines().at(-1)).toBe(
      'INFO gave up: web entered FATAL state, too many start retries too quickly',
    );
    expect(world.view('web').description).toBe('Exited too quickly (process log may have details)');
    expect(world.clock.armedTimers).toBe(0);
  });

  it('has all its retries again after a manual start out of FATAL', async () => {
    const world = worldOf({ startretries: 0 });
    world.host.exit('web', exitStatus(1));
    expect(world.view('web').state).toBe('FATAL');
    await world.supervisor.start(world.process('web'), { until: 'spawned' });
    expect(world.takeEvents().at(-1)).toContain('from_state:FATAL tries:0');
  });

  it('does not keep the daemon from its work when it crashes as fast as it starts', () => {
    const world = worldOf({ startsecs: 0, autorestart: 'always' });
    for (let crash = 1; crash <= 1_000; crash += 1) {
      world.host.exit('web', exitStatus(1));
      expect(world.view('web')).toMatchObject({ state: 'STARTING', pid: 0, restarts: crash });
      expect(world.host.live.size).toBe(0);
      // The very next thing the clock does, but not within the turn that told of the exit.
      world.clock.advance(0.001);
      expect(world.view('web')).toMatchObject({ state: 'RUNNING', pid: 100 + crash });
    }
  });

  it('keeps order when a child ends from within its own spawn, without going deeper and deeper', () => {
    const world = worldOf({ startsecs: 0, autorestart: 'always', autostart: false });
    let crashes = 0;
    world.onEvent = (event) => {
      // The earliest a child can end: while the line about its start is still being told.
      if (event.type === 'PROCESS_STATE_RUNNING' && crashes++ < 1_000) world.host.exit('web', exitStatus(1));
    };
    void world.supervisor.start(world.process('web'), { until: 'spawned' });
    world.clock.advance(10);
    expect(world.view('web')).toMatchObject({ state: 'RUNNING', restarts: 1_000 });
    expect(world.host.live.size).toBe(1);
  });

  it('gives others their turn when much has to be done at the same moment', () => {
    const world = new SimulatedWorld();
    world.supervisor.addGroup(
      groupSettings(
        'g',
        Array.from({ length: 10 }, (_, number) => ({
          name: `p${number}`,
          startsecs: 0,
          autorestart: 'always',
        })),
      ),
    );
    for (const name of [...world.host.children.keys()]) world.host.exit(name);
    const turns: number[] = [];
    world.host.onSpawn = () => {
      turns.push(world.clock.wakes);
      world.clock.work(0.011);
    };
    world.clock.advance(1);
    expect(turns).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  });

  it('can be stopped between two children of a crash loop', async () => {
    const world = worldOf({ startsecs: 0, autorestart: 'always' });
    world.host.exit('web', exitStatus(1));
    world.takeEvents();
    const stopped = world.supervisor.stop(world.process('web'), { until: 'stopped' });
    expect(await stopped).toEqual({ type: 'stopped' });
    expect(world.takeEvents()).toEqual([
      'PROCESS_STATE_STOPPED processname:web groupname:web from_state:STARTING pid:0',
    ]);
    world.clock.advance(60);
    expect(world.host.spawned).toEqual(['web']);
    expect(world.view('web').state).toBe('STOPPED');
  });

  it('keeps the daemon from nothing when it is told to shut down between two children', () => {
    const world = worldOf({ startsecs: 0, autorestart: 'always' });
    world.host.exit('web', exitStatus(1));
    world.supervisor.shutDown('exit');
    expect(world.finished).toEqual(['exit']);
    world.clock.advance(60);
    expect(world.host.spawned).toEqual(['web']);
  });

  it('is stopped, for whoever waits, when its whole tree is', async () => {
    const world = worldOf({ killmode: 'tree' });
    world.host.child('web').hasTree = true;
    let outcome: string | undefined;
    const stopped = world.supervisor.stop(world.process('web'), { until: 'stopped' }).then(({ type }) => {
      outcome = type;
    });
    world.host.reap();
    await Promise.resolve();
    expect([world.view('web').state, world.view('web').pid, outcome]).toEqual(['STOPPING', 0, undefined]);
    expect(world.supervisor.signal(world.process('web'), 1)).toEqual({ type: 'not-running' });
    world.host.endTree('web');
    await stopped;
    expect([world.view('web').state, outcome]).toEqual(['STOPPED', 'stopped']);
  });

  it('holds up the end of the daemon until its whole tree has ended', () => {
    const world = worldOf({ killmode: 'tree', stopwaitsecs: 3 });
    world.host.child('web').hasTree = true;
    world.supervisor.shutDown('exit');
    world.host.reap();
    world.clock.advance(2.9);
    expect(world.finished).toEqual([]);
    world.clock.advance(0.2);
    expect(world.finished).toEqual(['exit']);
    expect(world.host.signals.at(-1)).toMatchObject({ signal: 9, to: 'tree' });
  });

  it('is not touched by a stepped wall clock', () => {
    const world = worldOf();
    world.clock.stepWallClock(-1_000_000);
    world.clock.advance(0.5);
    world.clock.stepWallClock(2_000_000);
    expect(world.view('web').state).toBe('STARTING');
    world.clock.advance(0.6);
    expect(world.view('web').state).toBe('RUNNING');
    world.clock.stepWallClock(-3_000_000);
    expect(world.view('web').description).toBe('pid 100, uptime 0:00:00');
    expect(world.clock.armedTimers).toBe(0);
  });

  it('gets SIGKILL after stopwaitsecs, again and again until it is reaped', () => {
    const world = worldOf({ stopwaitsecs: 3, stopasgroup: true });
    const child = world.host.child('web');
    child.onSignal = () => undefined;
    world.clock.advance(2);
    void world.supervisor.stop(world.process('web'), { until: 'signalled' });
    world.clock.advance(2.999);
    expect(world.host.signals).toEqual([{ name: 'web', pid: 100, signal: 15, to: 'group' }]);
    world.clock.advance(0.001);
    world.clock.advance(3);
    expect(world.host.signals.slice(1)).toEqual([
      { name: 'web', pid: 100, signal: 9, to: 'process' },
      { name: 'web', pid: 100, signal: 9, to: 'process' },
    ]);
    world.host.exit('web', signalStatus(9));
    expect(world.view('web')).toMatchObject({ state: 'STOPPED', exitstatus: -1, pid: 0 });
    expect(world.clock.armedTimers).toBe(0);
  });

  it('gets SIGKILL right after the stop signal with stopwaitsecs=0', () => {
    const world = worldOf({ stopwaitsecs: 0 });
    void world.supervisor.stop(world.process('web'), { until: 'signalled' });
    expect(world.host.signals.map(({ signal }) => signal)).toEqual([15, 9]);
  });

  it('is left alone once stopped, whatever autorestart says', () => {
    const world = worldOf({ autorestart: 'always' });
    world.clock.advance(2);
    void world.supervisor.stop(world.process('web'), { until: 'signalled' });
    world.host.reap();
    world.clock.advance(3_600);
    expect(world.view('web').state).toBe('STOPPED');
    expect(world.host.spawned).toEqual(['web']);
  });

  it('shows how its child ended when it ended out of reach', () => {
    const world = worldOf();
    world.clock.advance(2);
    world.host.child('web').killFailure = '[Errno 1] Operation not permitted';
    expect(world.supervisor.signal(world.process('web'), 1)).toEqual({
      type: 'failed',
      reason: 'unknown problem sending sig web (100):[Errno 1] Operation not permitted',
    });
    expect(world.view('web')).toMatchObject({ state: 'UNKNOWN', pid: 100, description: '' });
    world.host.exit('web', exitStatus(0));
    expect(world.view('web')).toMatchObject({ state: 'EXITED', exitstatus: 0, pid: 0 });
  });
});

describe('signal', () => {
  it('goes to the child itself and is logged', () => {
    const world = worldOf({ stopasgroup: true, killasgroup: true });
    world.takeLines();
    expect(world.supervisor.signal(world.process('web'), 1)).toEqual({ type: 'signalled' });
    expect(world.takeLines()).toEqual(['DEBG sending web (pid 100) sig SIGHUP']);
    expect(world.host.signals).toEqual([{ name: 'web', pid: 100, signal: 1, to: 'process' }]);
  });

  it('counts as sent when the child has just gone', () => {
    const world = worldOf();
    world.host.live.clear();
    world.takeLines();
    expect(world.supervisor.signal(world.process('web'), 10)).toEqual({ type: 'signalled' });
    expect(world.takeLines()).toEqual([
      'DEBG sending web (pid 100) sig SIGUSR1',
      'DEBG unable to signal web (pid 100), it probably just now exited on its own: [Errno 3] No such process',
    ]);
  });

  it('is refused where there is no child', () => {
    const world = worldOf({ autostart: false });
    expect(world.supervisor.signal(world.process('web'), 1)).toEqual({ type: 'not-running' });
    expect(world.host.signals).toEqual([]);
  });

  it('never reaches pid 0, even when asked for before the pid is known', () => {
    const world = worldOf({ autostart: false });
    const outcomes: string[] = [];
    world.onEvent = () => void outcomes.push(world.supervisor.signal(world.process('web'), 1).type);
    void world.supervisor.start(world.process('web'), { until: 'spawned' });
    expect(outcomes).toEqual(['not-running']);
    expect(world.host.signals).toEqual([]);
  });
});

describe('what goes wrong with one process', () => {
  const two = () => new SimulatedWorld([groupSettings('g', [{ name: 'bad' }, { name: 'good' }])]);

  it('stays with it when its output cannot be drained: its exit counts all the same', () => {
    const world = two();
    world.clock.advance(2);
    world.host.child('bad').onFinish = () => {
      throw new Error('pipe broken');
    };
    world.takeLines();
    world.host.exit('bad', exitStatus(1));
    const lines = world.takeLines();
    expect(lines[0]).toMatch(
      /^CRIT unexpected exception while draining the output of bad: Error: pipe broken\n +at /,
    );
    expect(lines.slice(1)).toEqual([
      'WARN exited: bad (exit status 1; not expected)',
      `INFO spawned: 'bad' with pid 102`,
    ]);
    expect(world.view('good', 'g').state).toBe('RUNNING');
  });

  it('stays with it when it cannot even be spawned without an exception', () => {
    const world = new SimulatedWorld();
    world.host.onSpawn = (child) => {
      if (child.settings.name === 'bad') throw new Error('out of everything');
    };
    world.supervisor.addGroup(groupSettings('g', [{ name: 'bad' }, { name: 'good' }]));
    expect(world.view('bad', 'g')).toMatchObject({
      state: 'BACKOFF',
      spawnerr: `unknown error making dispatchers for 'bad': Error: out of everything`,
    });
    expect(world.view('good', 'g').state).toBe('STARTING');
  });

  it('stays with the listener when handling an event throws', () => {
    const world = new SimulatedWorld();
    world.onEvent = () => {
      throw new Error('listener broken');
    };
    world.supervisor.addGroup(groupSettings('g', [{ name: 'bad' }, { name: 'good' }]));
    world.clock.advance(2);
    expect(world.view('bad', 'g').state).toBe('RUNNING');
    expect(world.view('good', 'g').state).toBe('RUNNING');
    expect(
      world.takeLines().some((line) => line.startsWith('CRIT unexpected exception while handling')),
    ).toBe(true);
  });
});

describe('an exit that belongs to no process', () => {
  it('is reported', () => {
    const world = worldOf();
    world.takeLines();
    world.host.exitPid(4711, exitStatus(3));
    expect(world.takeLines()).toEqual(['INFO reaped unknown pid 4711 (exit status 3)']);
  });

  it('never moves a process twice', () => {
    const world = worldOf();
    world.clock.advance(2);
    world.host.exitPid(100, exitStatus(1));
    world.takeLines();
    world.host.exitPid(100, exitStatus(1));
    expect(world.takeLines()).toEqual(['INFO reaped unknown pid 100 (exit status 1)']);
    expect(world.view('web').pid).toBe(101);
  });

  it('lets go of a child whose group was removed while it was out of reach', () => {
    const world = worldOf();
    const child = world.host.child('web');
    child.killFailure = 'EPERM';
    world.supervisor.signal(world.process('web'), 1);
    expect(world.supervisor.removeGroup('web')).toBe('removed');
    expect(child.disposed).toBe(false);
    world.takeLines();
    world.host.exitPid(100, exitStatus(0));
    expect(world.takeLines()).toEqual(['INFO reaped unknown pid 100 (exit status 0)']);
    expect(child).toMatchObject({ finished: 1, disposed: true });
    expect(world.host.spawned).toEqual(['web']);
  });
});

it('leaves no timer behind, however many children there are and however they end', () => {
  const names = Array.from({ length: 5_000 }, (_, number) => `p${number}`);
  const world = new SimulatedWorld([
    groupSettings(
      'g',
      names.map((name) => ({ name })),
    ),
  ]);
  expect(world.clock.armedTimers).toBe(1);
  for (const name of names) world.host.exit(name, exitStatus(1));
  world.clock.advance(1.1);
  expect(world.host.spawned).toHaveLength(10_000);
  for (const name of names) world.host.child(name).onSignal = ignoreAllButKill;
  world.clock.advance(2);
  expect(world.clock.armedTimers).toBe(0);
});
