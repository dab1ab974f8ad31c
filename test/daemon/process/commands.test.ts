import { describe, expect, it } from '@jest/globals';
import type { StartOutcome, StopOutcome } from '../../../daemon/process/control.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { exitStatus, ignoreAllButKill } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

function worldOf(changes: Parameters<typeof groupSettings>[1][number] = {}): SimulatedWorld {
  return new SimulatedWorld([groupSettings('web', [{ name: 'web', autostart: false, ...changes }])]);
}

/** What a command has been answered so far. */
class Answer<T> {
  outcome: T | 'none yet' = 'none yet';

  constructor(promise: Promise<T>) {
    promise.then(
      (outcome) => {
        this.outcome = outcome;
      },
      () => undefined,
    );
  }

  async get(): Promise<T | 'none yet'> {
    // All that has been settled reaches its `then` before this one.
    await Promise.resolve().then(() => undefined);
    return this.outcome;
  }
}

function start(world: SimulatedWorld, until: 'running' | 'spawned' = 'running'): Answer<StartOutcome> {
  return new Answer(world.supervisor.start(world.process('web'), { until }));
}

function stop(world: SimulatedWorld, until: 'stopped' | 'signalled' = 'stopped'): Answer<StopOutcome> {
  return new Answer(world.supervisor.stop(world.process('web'), { until }));
}

describe('start', () => {
  it('is answered when the process is RUNNING, and not before', async () => {
    const world = worldOf();
    const answer = start(world);
    world.clock.advance(1);
    expect(await answer.get()).toBe('none yet');
    world.clock.advance(0.1);
    expect(await answer.get()).toEqual({ type: 'started' });
  });

  it('is answered at once when nobody wants to wait', async () => {
    expect(await start(worldOf(), 'spawned').get()).toEqual({ type: 'started' });
  });

  it('is answered at once with startsecs=0', async () => {
    expect(await start(worldOf({ startsecs: 0 })).get()).toEqual({ type: 'started' });
  });

  it.each(['running', 'spawned'] as const)('fails when there is no child to wait for (%s)', async (until) => {
    const world = worldOf();
    world.host.child('web').spawnFailure = "Too many processes in process table to spawn 'web'";
    expect(await start(world, until).get()).toEqual({ type: 'spawn-error' });
    expect(world.view('web').state).toBe('BACKOFF');
  });

  it('fails when the child ends too quickly, though it is tried again', async () => {
    const world = worldOf();
    const answer = start(world);
    world.host.exit('web', exitStatus(0));
    expect(await answer.get()).toEqual({ type: 'spawn-error' });
    world.clock.advance(1.1);
    expect(world.view('web').state).toBe('STARTING');
  });

  it('fails when somebody stops the process meanwhile', async () => {
    const world = worldOf();
    const answer = start(world);
    void world.supervisor.stop(world.process('web'), { until: 'signalled' });
    expect(await answer.get()).toEqual({ type: 'abnormal-termination' });
  });

  it('fails when the daemon shuts down meanwhile, and is refused from then on', async () => {
    const world = worldOf();
    world.host.child('web').onSignal = ignoreAllButKill;
    const answer = start(world);
    world.supervisor.shutDown('exit');
    expect(await answer.get()).toEqual({ type: 'abnormal-termination' });
    expect(await start(world).get()).toEqual({ type: 'abnormal-termination' });
    expect(world.host.spawned).toEqual(['web']);
  });

  it.each(['no-file', 'not-executable'] as const)(
    'tells why a command cannot run (%s), trying nothing',
    async (type) => {
      const world = worldOf();
      world.host.child('web').resolution = { type, reason: 'why' };
      world.takeLines();
      expect(await start(world).get()).toEqual({ type, reason: 'why' });
      expect(world.view('web')).toMatchObject({ state: 'STOPPED', start: 0 });
      expect(world.takeLines()).toEqual([]);
    },
  );

  it('is refused where the process runs or is about to: STARTING, RUNNING, BACKOFF', async () => {
    const world = worldOf();
    start(world);
    expect(await start(world).get()).toEqual({ type: 'already-started' });
    world.clock.advance(2);
    expect(await start(world).get()).toEqual({ type: 'already-started' });
    world.host.child('web').spawnFailure = 'no';
    world.host.exit('web', exitStatus(1));
    expect(world.view('web').state).toBe('BACKOFF');
    expect(await start(world).get()).toEqual({ type: 'already-started' });
    expect(world.host.spawned).toHaveLength(1);
  });

  it.each(['running', 'spawned'] as const)(
    'is refused while the process is being stopped (%s)',
    async (until) => {
      const world = worldOf();
      start(world);
      stop(world, 'signalled');
      world.takeLines();
      expect(await start(world, until).get()).toEqual({ type: 'already-started' });
      expect(world.takeLines()).toEqual([`WARN process 'web' already running`]);
    },
  );

  it('is refused while the child is out of reach', async () => {
    const world = worldOf();
    start(world);
    world.host.child('web').killFailure = 'EPERM';
    stop(world);
    expect(await start(world).get()).toEqual({ type: 'unknown-state' });
  });

  it('has its full number of retries after a stop in BACKOFF', async () => {
    const world = worldOf();
    start(world);
    world.host.exit('web', exitStatus(1));
    world.clock.advance(1.1);
    world.host.exit('web', exitStatus(1));
    expect(await stop(world).get()).toEqual({ type: 'stopped' });
    world.takeEvents();
    start(world);
    expect(world.takeEvents()).toEqual([
      'PROCESS_STATE_STARTING processname:web groupname:web from_state:STOPPED tries:0',
    ]);
  });

  it('is not answered with what became of an earlier start', async () => {
    const world = worldOf();
    const first = start(world);
    world.host.exit('web', exitStatus(1));
    await stop(world).get();
    const second = start(world);
    expect(await first.get()).toEqual({ type: 'spawn-error' });
    expect(await second.get()).toBe('none yet');
    world.clock.advance(2);
    expect(await second.get()).toEqual({ type: 'started' });
  });

  it('does nothing to a process whose group is gone', async () => {
    const world = worldOf();
    const process = world.process('web');
    world.supervisor.removeGroup('web');
    expect(await world.supervisor.start(process, { until: 'running' })).toEqual({
      type: 'abnormal-termination',
    });
    expect(await world.supervisor.stop(process, { until: 'stopped' })).toEqual({ type: 'not-running' });
    expect(world.supervisor.signal(process, 1)).toEqual({ type: 'not-running' });
    expect(world.host.spawned).toEqual([]);
  });
});

describe('stop', () => {
  it('is answered when the process has stopped, with a line every two seconds until then', async () => {
    const world = worldOf();
    start(world);
    world.host.child('web').onSignal = ignoreAllButKill;
    world.clock.advance(2);
    world.takeLines();
    const answer = stop(world);
    expect(world.takeLines()).toEqual([
      'DEBG killing web (pid 100) with signal SIGTERM',
      'INFO waiting for web to stop',
    ]);
    world.clock.advance(1.9);
    expect(world.takeLines()).toEqual([]);
    world.clock.advance(7);
    expect(world.takeLines()).toEqual(Array.from({ length: 4 }, () => 'INFO waiting for web to stop'));
    world.clock.advance(1.1);
    expect(world.takeLines()).toEqual(
      expect.arrayContaining([
        `WARN killing 'web' (100) with SIGKILL`,
        'DEBG killing web (pid 100) with signal SIGKILL',
      ]),
    );
    expect(await answer.get()).toBe('none yet');
    world.host.reap();
    expect(await answer.get()).toEqual({ type: 'stopped' });
    expect(world.clock.armedTimers).toBe(0);
    expect(world.takeLines()).toEqual(['WARN stopped: web (terminated by SIGKILL)']);
  });

  it('is answered once the signal is sent when nobody wants to wait, and reports nothing', async () => {
    const world = worldOf();
    start(world);
    world.takeLines();
    expect(await stop(world, 'signalled').get()).toEqual({ type: 'stopped' });
    expect(world.takeLines()).toEqual(['DEBG killing web (pid 100) with signal SIGTERM']);
  });

  it('counts as sent when the child has just gone, and waits for its exit', async () => {
    const world = worldOf();
    start(world);
    const child = world.host.live.get(100);
    world.host.live.clear();
    world.takeLines();
    const answer = stop(world);
    expect(world.takeLines()).toEqual([
      'DEBG killing web (pid 100) with signal SIGTERM',
      'DEBG unable to signal web (pid 100), it probably just exited on its own: [Errno 3] No such process',
      'INFO waiting for web to stop',
    ]);
    expect(child?.settings.name).toBe('web');
    world.host.exitPid(100, exitStatus(0));
    expect(await answer.get()).toEqual({ type: 'stopped' });
    expect(world.takeLines()).toEqual(['INFO stopped: web (exit status 0)']);
  });

  it.each(['stopped', 'signalled'] as const)('fails when the signal cannot be sent (%s)', async (until) => {
    const world = worldOf();
    start(world);
    world.host.child('web').killFailure = '[Errno 1] Operation not permitted';
    world.takeLines();
    const reason = 'unknown problem killing web (100):[Errno 1] Operation not permitted';
    expect(await stop(world, until).get()).toEqual({ type: 'failed', reason });
    expect(world.takeLines()).toEqual(['DEBG killing web (pid 100) with signal SIGTERM', `CRIT ${reason}`]);
    expect(world.view('web').state).toBe('UNKNOWN');
  });

  it('is refused where nothing runs, and where a stop is under way', async () => {
    const world = worldOf();
    expect(await stop(world).get()).toEqual({ type: 'not-running' });
    start(world);
    const first = stop(world);
    expect(await stop(world).get()).toEqual({ type: 'not-running' });
    world.host.reap();
    expect(await first.get()).toEqual({ type: 'stopped' });
  });

  it('beats the restart of a child that ends at the same moment', async () => {
    const world = worldOf({ autorestart: 'always' });
    start(world);
    world.clock.advance(2);
    const answers: Answer<StopOutcome>[] = [];
    world.onEvent = (event) => {
      // Asked for while the exit is being handled: it has to wait its turn, and finds the new child.
      if (event.type === 'PROCESS_STATE_EXITED') answers.push(stop(world));
    };
    world.host.exit('web', exitStatus(1));
    world.host.reap();
    expect(await answers[0]?.get()).toEqual({ type: 'stopped' });
    expect(world.view('web').state).toBe('STOPPED');
    world.clock.advance(60);
    expect(world.host.live.size).toBe(0);
  });
});
