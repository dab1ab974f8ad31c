import { describe, expect, it } from '@jest/globals';
import { groupSettings } from '../../support/process-settings.ts';
import { exitStatus, ignoreAllButKill } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

function threeGroups(): SimulatedWorld {
  const world = new SimulatedWorld([
    groupSettings('listener', [{ name: 'l' }], -1),
    groupSettings('a', [
      { name: 'a1', priority: 1 },
      { name: 'a2', priority: 2 },
      { name: 'a3', priority: 2 },
    ]),
    groupSettings('b', [{ name: 'b1' }]),
  ]);
  world.clock.advance(2);
  world.takeLines();
  world.takeEvents();
  world.host.happenings.length = 0;
  return world;
}

describe('shutdown', () => {
  it('stops groups strictly one after another, the last first, and processes by descending priority', () => {
    const world = threeGroups();
    world.supervisor.shutDown('exit');
    expect(world.supervisor.state).toBe('SHUTDOWN');
    expect(world.host.happenings).toEqual(['kill b1 15']);
    world.host.reap();
    expect(world.host.happenings.slice(2)).toEqual(['kill a3 15', 'kill a2 15', 'kill a1 15']);
    world.host.exit('a2');
    world.host.exit('a3');
    expect(world.host.happenings).not.toContain('kill l 15');
    world.host.exit('a1');
    expect(world.host.happenings.at(-1)).toBe('kill l 15');
    expect(world.finished).toEqual([]);
    world.host.reap();
    expect(world.finished).toEqual(['exit']);
    expect(world.clock.armedTimers).toBe(0);
  });

  it('names all that still live, in group order, at once and every three seconds', () => {
    const world = threeGroups();
    for (const child of world.host.children.values()) child.onSignal = ignoreAllButKill;
    world.supervisor.shutDown('exit');
    expect(world.takeLines()).toEqual([
      'DEBG killing b1 (pid 104) with signal SIGTERM',
      'INFO waiting for l, a1, a2, a3, b1 to die',
      'BLAT l state: RUNNING',
      'BLAT a1 state: RUNNING',
      'BLAT a2 state: RUNNING',
      'BLAT a3 state: RUNNING',
      'BLAT b1 state: STOPPING',
    ]);
    world.host.exit('b1');
    expect(world.takeLines().filter((line) => line.includes('to die'))).toEqual([]);
    world.clock.advance(3);
    expect(world.takeLines()).toEqual([
      'INFO waiting for l, a1, a2, a3 to die',
      'BLAT l state: RUNNING',
      'BLAT a1 state: STOPPING',
      'BLAT a2 state: STOPPING',
      'BLAT a3 state: STOPPING',
    ]);
  });

  it('says that it begins before anything stops', () => {
    const world = threeGroups();
    world.supervisor.shutDown('restart');
    expect(world.takeEvents()).toEqual([
      'SUPERVISOR_STATE_CHANGE_STOPPING',
      'PROCESS_STATE_STOPPING processname:b1 groupname:b from_state:RUNNING pid:104',
    ]);
  });

  it('takes no time over groups that have nothing to stop', () => {
    const world = new SimulatedWorld([
      groupSettings('a', [{ name: 'a', autostart: false }]),
      groupSettings('b', []),
      groupSettings('c', [{ name: 'c', autostart: false }]),
    ]);
    world.takeLines();
    world.supervisor.shutDown('exit');
    expect(world.finished).toEqual(['exit']);
    expect(world.takeLines()).toEqual([]);
  });

  it('gives up what waits for its next attempt, when its turn comes', () => {
    const world = new SimulatedWorld([
      groupSettings('a', [{ name: 'a' }]),
      groupSettings('b', [{ name: 'b' }]),
    ]);
    world.host.exit('a', exitStatus(1));
    world.host.child('b').onSignal = ignoreAllButKill;
    world.supervisor.shutDown('exit');
    expect(world.view('a').state).toBe('BACKOFF');
    world.clock.advance(5);
    expect(world.view('a').state).toBe('BACKOFF');
    world.takeLines();
    world.host.exit('b');
    expect(world.view('a').state).toBe('FATAL');
    expect(world.takeLines()).toEqual(['INFO stopped: b (exit status 0)']);
    expect(world.finished).toEqual(['exit']);
  });

  it('spawns nothing any more, whatever ends by itself meanwhile', () => {
    const world = new SimulatedWorld([
      groupSettings('a', [{ name: 'a', autorestart: 'always' }]),
      groupSettings('b', [{ name: 'b' }]),
    ]);
    world.clock.advance(2);
    world.host.child('b').onSignal = ignoreAllButKill;
    world.supervisor.shutDown('exit');
    world.host.exit('a', exitStatus(1));
    expect(world.view('a').state).toBe('EXITED');
    world.supervisor.addGroup(groupSettings('c', [{ name: 'c' }]));
    expect(world.host.spawned).toEqual(['a', 'b']);
    world.host.exit('b');
    expect(world.finished).toEqual(['exit']);
  });

  it('ends as a restart if it was one, and as an exit if that was asked for on the way', () => {
    const restarted = threeGroups();
    restarted.supervisor.shutDown('restart');
    expect(restarted.supervisor.state).toBe('RESTARTING');
    while (restarted.host.reap() > 0);
    expect(restarted.finished).toEqual(['restart']);

    const stopped = threeGroups();
    stopped.supervisor.shutDown('restart');
    stopped.supervisor.shutDown('exit');
    stopped.supervisor.shutDown('restart');
    expect(stopped.supervisor.state).toBe('SHUTDOWN');
    while (stopped.host.reap() > 0);
    expect(stopped.finished).toEqual(['exit']);
  });

  it('does not wait for a child that is out of reach', () => {
    const world = new SimulatedWorld([groupSettings('a', [{ name: 'a' }])]);
    world.host.child('a').killFailure = 'EPERM';
    world.supervisor.shutDown('exit');
    expect(world.view('a').state).toBe('UNKNOWN');
    expect(world.finished).toEqual(['exit']);
  });

  it('stops what was just being spawned when it was asked for', () => {
    const world = new SimulatedWorld();
    world.onEvent = (event) => {
      if (event.type === 'PROCESS_STATE_STARTING') world.supervisor.shutDown('exit');
    };
    world.supervisor.addGroup(groupSettings('g', [{ name: 'p1' }, { name: 'p2' }]));
    while (world.host.reap() > 0);
    expect(world.host.spawned).toEqual(['p1']);
    expect(world.finished).toEqual(['exit']);
    expect(world.host.live.size).toBe(0);
  });

  it('leaves nothing armed and nothing open when all is let go of', () => {
    const world = threeGroups();
    world.supervisor[Symbol.dispose]();
    expect([...world.host.children.values()].every((child) => child.disposed)).toBe(true);
    world.host.exit('a1', exitStatus(1));
    world.clock.advance(10);
    expect(world.clock.armedTimers).toBe(0);
    expect(world.host.happenings).toEqual([]);
  });
});
