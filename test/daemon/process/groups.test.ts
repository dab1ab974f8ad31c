import { describe, expect, it } from '@jest/globals';
import { groupSettings } from '../../support/process-settings.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

describe('groups', () => {
  it('start by priority, equal ones in the order they were added, processes in configuration order', () => {
    const world = new SimulatedWorld([
      groupSettings(
        'late',
        [
          { name: 'l1', priority: 5 },
          { name: 'l2', priority: 1 },
        ],
        20,
      ),
      groupSettings('b', [{ name: 'b1' }], 10),
      groupSettings('a', [{ name: 'a1' }, { name: 'manual', autostart: false }, { name: 'a2' }], 10),
      groupSettings('early', [{ name: 'e1' }], -1),
    ]);
    expect(world.host.spawned).toEqual(['e1', 'b1', 'a1', 'a2', 'l1', 'l2']);
    expect([...world.supervisor.groups.keys()]).toEqual(['late', 'b', 'a', 'early']);
    expect(world.supervisor.groupsByPriority().map(({ settings }) => settings.name)).toEqual([
      'early',
      'b',
      'a',
      'late',
    ]);
  });

  it('are all there before the daemon says it runs, and before anything is spawned', () => {
    const world = new SimulatedWorld([
      groupSettings('a', [{ name: 'a1' }]),
      groupSettings('b', [{ name: 'b1' }]),
    ]);
    expect(world.takeEvents()).toEqual([
      'PROCESS_GROUP_ADDED groupname:a',
      'PROCESS_GROUP_ADDED groupname:b',
      'SUPERVISOR_STATE_CHANGE_RUNNING',
      'PROCESS_STATE_STARTING processname:a1 groupname:a from_state:STOPPED tries:0',
      'PROCESS_STATE_STARTING processname:b1 groupname:b from_state:STOPPED tries:0',
    ]);
  });

  it('start at once when added later, behind equal priorities', () => {
    const world = new SimulatedWorld([groupSettings('b', [{ name: 'b1' }])]);
    world.supervisor.addGroup(groupSettings('a', [{ name: 'a1' }]));
    expect(world.host.spawned).toEqual(['b1', 'a1']);
    expect(world.supervisor.groupsByPriority().map(({ settings }) => settings.name)).toEqual(['b', 'a']);
  });

  it('cannot be removed while something runs, BACKOFF included', () => {
    const world = new SimulatedWorld([groupSettings('g', [{ name: 'p' }])]);
    expect(world.supervisor.removeGroup('g')).toBe('still-running');
    world.host.exit('p');
    expect(world.view('p', 'g').state).toBe('BACKOFF');
    expect(world.supervisor.removeGroup('g')).toBe('still-running');
  });

  it('close what they kept when removed, and are told of', () => {
    const world = new SimulatedWorld([groupSettings('g', [{ name: 'p', autostart: false }])]);
    const child = world.host.child('p');
    world.takeEvents();
    expect(world.supervisor.removeGroup('g')).toBe('removed');
    expect(child.disposed).toBe(true);
    expect(world.supervisor.groups.size).toBe(0);
    expect(world.takeEvents()).toEqual(['PROCESS_GROUP_REMOVED groupname:g']);
  });

  it('start afresh when removed and added again', async () => {
    const world = new SimulatedWorld([groupSettings('g', [{ name: 'p' }])]);
    world.clock.advance(2);
    void world.supervisor.stop(world.process('p', 'g'), { until: 'stopped' });
    world.host.reap();
    expect(world.supervisor.removeGroup('g')).toBe('removed');
    world.supervisor.addGroup(groupSettings('g', [{ name: 'p' }]));
    expect(world.view('p', 'g')).toMatchObject({ state: 'STARTING', pid: 101, stop: 0, lastExit: undefined });
  });

  it('are added whole or not at all', () => {
    const world = new SimulatedWorld();
    world.host.onPrepare = (child) => {
      if (child.settings.name === 'p2') throw new Error('EACCES: permission denied');
    };
    expect(() => world.supervisor.addGroup(groupSettings('g', [{ name: 'p1' }, { name: 'p2' }]))).toThrow(
      'EACCES',
    );
    expect(world.supervisor.groups.size).toBe(0);
    expect(world.host.child('p1').disposed).toBe(true);
    expect(world.host.spawned).toEqual([]);
  });

  it('do not keep others from starting up when they cannot be activated', () => {
    const world = new SimulatedWorld();
    world.host.onPrepare = (child) => {
      if (child.settings.name === 'bad') throw new Error('no such directory');
    };
    world.supervisor.startUp([
      groupSettings('bad', [{ name: 'bad' }]),
      groupSettings('good', [{ name: 'good' }]),
    ]);
    expect(world.host.spawned).toEqual(['good']);
    expect(world.takeLines()[0]).toMatch(
      /^CRIT unexpected exception while activating group bad: Error: no such/,
    );
  });

  it('have a name of their own', () => {
    const world = new SimulatedWorld([groupSettings('__proto__', [{ name: 'constructor' }])]);
    expect(world.view('constructor', '__proto__').state).toBe('STARTING');
    expect(() => world.supervisor.addGroup(groupSettings('__proto__', []))).toThrow('it is active already');
    expect(() => world.supervisor.removeGroup('toString')).toThrow('it is not active');
  });
});
