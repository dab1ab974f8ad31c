import { describe, expect, it, jest } from '@jest/globals';
import { diffGroups } from '../../../conf/diff.ts';
import type { GroupSettings, ProcessSettings } from '../../../conf/settings.ts';
import type { UpdateOutcome } from '../../../daemon/process/control.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { scheduleGroup } from '../../support/schedule-settings.ts';
import { exitStatus, ignoreAllButKill } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

type Changes = Partial<ProcessSettings>;

/** A world with one group `g`, whose autostart processes are RUNNING, with pids from 100 on. */
function worldOf(...processes: Changes[]): SimulatedWorld {
  const world = new SimulatedWorld([groupSettings('g', processes)]);
  world.clock.advance(2);
  world.takeEvents();
  world.host.happenings.length = 0;
  return world;
}

function update(world: SimulatedWorld, ...processes: Changes[]): Promise<UpdateOutcome> {
  return world.supervisor.updateGroup(groupSettings('g', processes));
}

function pidsIn(world: SimulatedWorld): Record<string, number> {
  const members = [...(world.supervisor.groups.get('g')?.processes.values() ?? [])];
  return Object.fromEntries(members.map((process) => [process.settings.name, process.view().pid]));
}

/** Who left, and what kept the others from it. */
function departuresOf(outcome: UpdateOutcome): unknown {
  if (outcome.type !== 'updated') return outcome;
  return outcome.departures.map(({ process, problem }) => [process.settings.name, problem]);
}

function stop(world: SimulatedWorld, name: string): void {
  void world.supervisor.stop(world.process(name, 'g'), { until: 'stopped' });
  world.host.reap();
}

describe('an update of a group', () => {
  it('leaves processes alone whose settings are the same, and replaces the others', async () => {
    const world = worldOf({ name: 'a' }, { name: 'b', stopsignal: 9 });
    const outcome = update(world, { name: 'a' }, { name: 'b', command: '/bin/new' });
    expect(world.host.signals).toEqual([{ name: 'b', pid: 101, signal: 9, to: 'process' }]);
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([['b', undefined]]);
    expect(pidsIn(world)).toEqual({ a: 100, b: 102 });
    expect(world.process('b', 'g').settings.command).toBe('/bin/new');
    expect(world.view('b', 'g').state).toBe('STARTING');
  });

  it('leaves those alone that were stopped by hand, or have come to their end', async () => {
    const world = worldOf({ name: 'stopped' }, { name: 'ended', autorestart: 'never' }, { name: 'c' });
    stop(world, 'stopped');
    world.host.exit('ended');
    const outcome = update(
      world,
      { name: 'stopped' },
      { name: 'ended', autorestart: 'never' },
      { name: 'c', startsecs: 5 },
    );
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([['c', undefined]]);
    expect(world.view('stopped', 'g').state).toBe('STOPPED');
    expect(world.view('ended', 'g').state).toBe('EXITED');
  });

  it('starts only autostart processes among the new ones', async () => {
    const world = worldOf({ name: 'a' }, { name: 'b' });
    const outcome = update(
      world,
      { name: 'a', autostart: false },
      { name: 'b' },
      { name: 'c' },
      { name: 'd', autostart: false },
    );
    world.host.reap();
    await outcome;
    expect(pidsIn(world)).toEqual({ a: 0, b: 101, c: 102, d: 0 });
    expect(world.view('a', 'g')).toMatchObject({ state: 'STOPPED', start: 0 });
  });

  it('stops what is gone, and what is too many', async () => {
    const world = worldOf({ name: '0' }, { name: '1' }, { name: '2' });
    const children = ['0', '1', '2'].map((name) => world.host.child(name));
    const outcome = update(world, { name: '0' });
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([
      ['2', undefined],
      ['1', undefined],
    ]);
    expect(pidsIn(world)).toEqual({ 0: 100 });
    expect(children.map(({ disposed }) => disposed)).toEqual([false, true, true]);
    expect(world.clock.armedTimers).toBe(0);
  });

  it('adds what is missing without a word to those that run', async () => {
    const world = worldOf({ name: '0' }, { name: '1' });
    await update(world, { name: '0' }, { name: '1' }, { name: '2' });
    expect(pidsIn(world)).toEqual({ 0: 100, 1: 101, 2: 102 });
    expect(world.host.signals).toEqual([]);
  });

  it('lets nothing in before all that leaves is down, since they may share a port', async () => {
    const world = worldOf({ name: 'a' }, { name: 'b', stopwaitsecs: 3 });
    world.host.child('b').onSignal = ignoreAllButKill;
    const outcome = update(world, { name: 'a', command: '/bin/new' }, { name: 'b', command: '/bin/new' });
    world.host.reap();
    expect(world.view('a', 'g').state).toBe('STOPPED');
    expect(world.view('b', 'g').state).toBe('STOPPING');
    world.clock.advance(4);
    world.host.reap();
    await outcome;
    expect(world.host.happenings).toEqual([
      'kill b 15',
      'kill a 15',
      'finish a',
      'kill b 9',
      'finish b',
      'spawn a',
      'spawn b',
    ]);
  });

  it('closes what the old processes kept before new ones are spawned', async () => {
    const world = worldOf({ name: 'a' });
    const old = world.host.child('a');
    let wasDisposed = false;
    world.host.onSpawn = () => {
      wasDisposed = old.disposed;
    };
    const outcome = update(world, { name: 'a', command: '/bin/new' });
    world.host.reap();
    await outcome;
    expect(wasDisposed).toBe(true);
  });

  it('takes over priority and order without stopping anybody', async () => {
    const world = new SimulatedWorld([
      groupSettings('g', [{ name: 'a' }, { name: 'b' }], 10),
      groupSettings('h', [{ name: 'c' }], 20),
    ]);
    const outcome = await world.supervisor.updateGroup(
      groupSettings('g', [{ name: 'b' }, { name: 'a' }], 30),
    );
    expect(departuresOf(outcome)).toEqual([]);
    expect(world.host.signals).toEqual([]);
    expect(pidsIn(world)).toEqual({ b: 101, a: 100 });
    expect(Object.keys(pidsIn(world))).toEqual(['b', 'a']);
    expect(world.supervisor.groupsByPriority().map(({ settings }) => settings.name)).toEqual(['h', 'g']);
  });

  it('takes over the priority of a process without stopping it', async () => {
    const world = worldOf({ name: 'a', priority: 1 }, { name: 'b', priority: 2 });
    await update(world, { name: 'a', priority: 3 }, { name: 'b', priority: 2 });
    expect(pidsIn(world)).toEqual({ a: 100, b: 101 });
    expect(world.process('a', 'g').settings.priority).toBe(3);
    expect(departuresOf(await update(world, { name: 'a', priority: 3 }, { name: 'b', priority: 2 }))).toEqual(
      [],
    );
  });

  it('takes over the buffer and the events of a listener pool without stopping anybody', async () => {
    const world = new SimulatedWorld([poolOf('g', { buffer_size: 10, events: ['TICK_5'] })]);
    const next = poolOf('g', { buffer_size: 20, events: ['TICK_60'] });
    expect(departuresOf(await world.supervisor.updateGroup(next))).toEqual([]);
    expect(world.supervisor.groups.get('g')?.settings).toEqual(next);
    expect(world.host.live.size).toBe(1);
  });

  it('replaces programs that become listeners, though nothing else changes', async () => {
    const world = worldOf({ name: 'p' });
    const outcome = world.supervisor.updateGroup(poolOf('g', { buffer_size: 10, events: ['TICK_5'] }));
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([['p', undefined]]);
    expect(pidsIn(world)).toEqual({ p: 101 });
  });

  it('replaces all processes of a changed socket', async () => {
    const socket = {
      url: 'tcp://localhost:9000',
      address: { type: 'tcp', host: 'localhost', port: 9000 },
      owner: undefined,
      mode: undefined,
      backlog: undefined,
    } as const;
    const world = worldOf({ name: 'a', socket }, { name: 'b', socket });
    const changed = { ...socket, backlog: 7 };
    const outcome = update(world, { name: 'a', socket: changed }, { name: 'b', socket: changed });
    world.host.reap();
    await outcome;
    expect(pidsIn(world)).toEqual({ a: 102, b: 103 });
  });

  it('is told of as a group that goes and comes, once its processes are exchanged', async () => {
    const world = worldOf({ name: 'a' });
    let members: string[] = [];
    world.onEvent = ({ type }) => {
      if (type === 'PROCESS_GROUP_REMOVED') members = Object.keys(pidsIn(world));
    };
    await update(world, { name: 'a' }, { name: 'b' });
    expect(members).toEqual(['a', 'b']);
    expect(world.takeEvents()).toEqual([
      'PROCESS_GROUP_REMOVED groupname:g',
      'PROCESS_GROUP_ADDED groupname:g',
      'PROCESS_STATE_STARTING processname:b groupname:g from_state:STOPPED tries:0',
    ]);
  });

  it('does and tells nothing when nothing differs', async () => {
    const world = worldOf({ name: 'a' });
    expect(departuresOf(await update(world, { name: 'a' }))).toEqual([]);
    expect(world.takeEvents()).toEqual([]);
    expect(world.host.happenings).toEqual([]);
  });

  // Supervisor/supervisor#746
  it('does not hang on a process that waits for its next try', async () => {
    const world = new SimulatedWorld([groupSettings('g', [{ name: 'a' }])]);
    world.host.exit('a');
    expect(world.view('a', 'g').state).toBe('BACKOFF');
    await update(world, { name: 'a', command: '/bin/new' });
    expect(world.view('a', 'g')).toMatchObject({ state: 'STARTING', pid: 101 });
    expect(world.clock.armedTimers).toBe(1);
  });

  it('gives processes that ignore their stop signal the old stopwaitsecs, and SIGKILL then', async () => {
    const world = worldOf({ name: 'a', stopwaitsecs: 2 });
    world.host.child('a').onSignal = ignoreAllButKill;
    const outcome = update(world, { name: 'a', stopwaitsecs: 60 });
    world.clock.advance(2);
    world.host.reap();
    await outcome;
    expect(world.host.signals.map(({ signal }) => signal)).toEqual([15, 9]);
    expect(pidsIn(world)).toEqual({ a: 101 });
  });

  it('waits for a process that is being stopped already', async () => {
    const world = worldOf({ name: 'a' });
    const stopped = world.supervisor.stop(world.process('a', 'g'), { until: 'stopped' });
    const outcome = update(world, { name: 'a', command: '/bin/new' });
    world.host.reap();
    expect(await stopped).toEqual({ type: 'stopped' });
    expect(departuresOf(await outcome)).toEqual([['a', undefined]]);
    expect(world.host.signals).toHaveLength(1);
  });

  it('fails when there is no such group', async () => {
    expect(await update(new SimulatedWorld(), { name: 'a' })).toEqual({ type: 'not-active' });
  });

  it('changes nothing when the new processes cannot be prepared', async () => {
    const world = worldOf({ name: 'a' });
    world.host.onPrepare = ({ settings }) => {
      if (settings.name === 'c') throw new Error('EACCES');
    };
    const outcome = await update(world, { name: 'a', command: '/bin/new' }, { name: 'b' }, { name: 'c' });
    expect(outcome).toEqual({ type: 'failed', reason: 'EACCES' });
    expect(world.takeLines().at(-1)).toBe("ERRO cannot update group 'g': EACCES");
    expect(pidsIn(world)).toEqual({ a: 100 });
    expect(world.host.happenings).toEqual([]);
    expect(['a', 'b'].map((name) => world.host.child(name).disposed)).toEqual([true, true]);
    // And the next one can go about it again.
    world.host.onPrepare = () => undefined;
    expect((await update(world, { name: 'a' }, { name: 'b' })).type).toBe('updated');
  });
});

describe('while a group is updated', () => {
  /** A group whose process `slow` takes its time to stop, in the middle of an update that changes it and `a`. */
  function halfWay() {
    const world = worldOf({ name: 'a' }, { name: 'slow' }, { name: 'kept' });
    world.host.child('slow').onSignal = ignoreAllButKill;
    const old = world.process('a', 'g');
    const changed = { command: '/bin/new' };
    const outcome = update(world, { name: 'a', ...changed }, { name: 'slow', ...changed }, { name: 'kept' });
    world.host.reap();
    expect(world.view('a', 'g').state).toBe('STOPPED');
    const goOn = () => {
      world.clock.advance(10);
      world.host.reap();
    };
    return { world, old, outcome, goOn };
  }

  it('nobody can start what is about to be replaced', async () => {
    const { world, old, outcome, goOn } = halfWay();
    expect(await world.supervisor.start(old, { until: 'spawned' })).toEqual({ type: 'abnormal-termination' });
    goOn();
    await outcome;
    expect(pidsIn(world)).toEqual({ a: 103, slow: 104, kept: 102 });
    expect(await world.supervisor.start(old, { until: 'spawned' })).toEqual({ type: 'abnormal-termination' });
  });

  it('whoever waits for the start of a process that changes hears that it was stopped', async () => {
    const world = worldOf(
      { name: 'a', autostart: false, startsecs: 9 },
      { name: 'b', autostart: false, startsecs: 9 },
    );
    const starts = ['a', 'b'].map((name) =>
      world.supervisor.start(world.process(name, 'g'), { until: 'running' }),
    );
    const outcome = update(
      world,
      { name: 'a', autostart: false, startsecs: 9 },
      { name: 'b', autostart: false, startsecs: 8 },
    );
    world.host.reap();
    await outcome;
    world.clock.advance(10);
    expect(await Promise.all(starts)).toEqual([{ type: 'started' }, { type: 'abnormal-termination' }]);
  });

  it('processes that stay can be stopped and started', async () => {
    const { world, outcome, goOn } = halfWay();
    stop(world, 'kept');
    expect(world.view('kept', 'g').state).toBe('STOPPED');
    goOn();
    await outcome;
    expect(pidsIn(world)).toMatchObject({ kept: 0 });
  });

  it('the next update waits its turn, and the last one counts', async () => {
    const { world, outcome, goOn } = halfWay();
    const second = update(world, { name: 'a', command: '/bin/newest' }, { name: 'kept' });
    const third = update(world, { name: 'a', command: '/bin/newest' }, { name: 'kept' });
    goOn();
    world.host.reap();
    expect((await outcome).type).toBe('updated');
    expect(departuresOf(await second)).toEqual([
      ['slow', undefined],
      ['a', undefined],
    ]);
    expect(departuresOf(await third)).toEqual([]);
    expect(world.process('a', 'g').settings.command).toBe('/bin/newest');
    expect(Object.keys(pidsIn(world))).toEqual(['a', 'kept']);
    expect(world.host.live.size).toBe(2);
  });

  it('the group cannot be removed, nor added a second time', async () => {
    const { world, outcome, goOn } = halfWay();
    expect(world.supervisor.removeGroup('g')).toBe('still-running');
    expect(() => world.supervisor.addGroup(groupSettings('g', []))).toThrow('it is active already');
    goOn();
    expect((await outcome).type).toBe('updated');
  });

  it('the end of the supervisor leaves nobody waiting', async () => {
    const { world, outcome } = halfWay();
    const next = update(world, { name: 'a' });
    world.supervisor[Symbol.dispose]();
    expect(await outcome).toEqual({ type: 'shutting-down' });
    expect(await next).toEqual({ type: 'shutting-down' });
    expect(await update(world, { name: 'b' })).toEqual({ type: 'shutting-down' });
  });

  it('a listener that removes the group as soon as that can be done ends the update', async () => {
    const world = worldOf({ name: 'a' });
    const old = world.host.child('a');
    world.onEvent = ({ type }) => {
      if (type === 'PROCESS_STATE_STOPPED') world.supervisor.removeGroup('g');
    };
    const stopped = world.supervisor.stop(world.process('a', 'g'), { until: 'stopped' });
    const outcome = update(world, { name: 'a', command: '/bin/new' });
    world.host.reap();
    expect(await outcome).toEqual({ type: 'not-active' });
    expect(await stopped).toEqual({ type: 'stopped' });
    expect([old.disposed, world.host.child('a').disposed]).toEqual([true, true]);
    expect(world.host.live.size).toBe(0);
    expect(world.supervisor.groups.size).toBe(0);
  });

  it('a shutdown puts an end to it: nothing is exchanged or started', async () => {
    const { world, outcome, goOn } = halfWay();
    const second = update(world, { name: 'a' });
    const prepared = world.host.child('slow');
    world.supervisor.shutDown('exit');
    goOn();
    expect(await outcome).toEqual({ type: 'shutting-down' });
    expect(await second).toEqual({ type: 'shutting-down' });
    expect(prepared.disposed).toBe(true);
    expect(world.finished).toEqual(['exit']);
    expect(world.host.live.size).toBe(0);
    expect(await update(world, { name: 'a' })).toEqual({ type: 'shutting-down' });
  });
});

describe('a process out of reach', () => {
  /** `lost` cannot be signalled; `b` can. */
  function outOfReach() {
    const world = worldOf({ name: 'lost' }, { name: 'b' });
    world.host.child('lost').killFailure = 'EPERM';
    return world;
  }
  const problem = 'unknown problem killing lost (100):EPERM';

  it('stays as it is when its group is updated, and the others are replaced', async () => {
    const world = outOfReach();
    const old = world.host.child('lost');
    const outcome = update(world, { name: 'lost', command: '/bin/new' }, { name: 'b', command: '/bin/new' });
    const unused = world.host.child('lost');
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([
      ['b', undefined],
      ['lost', problem],
    ]);
    expect(pidsIn(world)).toEqual({ lost: 100, b: 102 });
    expect(world.process('lost', 'g').settings.command).toBe('/bin/true');
    expect([old.disposed, unused.disposed]).toEqual([false, true]);
  });

  it('still differs from the configuration, so that another update can replace it', async () => {
    const world = outOfReach();
    const next = [{ name: 'lost', command: '/bin/new' }, { name: 'b' }];
    expect(departuresOf(await update(world, ...next))).toEqual([['lost', problem]]);
    expect(departuresOf(await update(world, ...next))).toEqual([['lost', problem]]);
    world.host.exitPid(100, exitStatus(0));
    expect(departuresOf(await update(world, ...next))).toEqual([['lost', undefined]]);
    expect(pidsIn(world)).toEqual({ lost: 102, b: 101 });
  });

  it('can be started again once it has ended', async () => {
    const world = outOfReach();
    await update(world, { name: 'lost', command: '/bin/new' }, { name: 'b' });
    world.host.exitPid(100, exitStatus(0));
    const started = await world.supervisor.start(world.process('lost', 'g'), { until: 'spawned' });
    expect(started).toEqual({ type: 'started' });
  });

  it('stays behind the others when the configuration has it no more', async () => {
    const world = outOfReach();
    expect(departuresOf(await update(world, { name: 'c' }, { name: 'b' }))).toEqual([['lost', problem]]);
    expect(Object.keys(pidsIn(world))).toEqual(['c', 'b', 'lost']);
  });
});

function poolOf(
  name: string,
  changes: { readonly buffer_size: number; readonly events: readonly string[] },
): GroupSettings {
  const { priority, processes } = groupSettings(name, [{ name: 'p' }]);
  const result_handler = 'supervisor.dispatchers:default_handler';
  return { type: 'eventlistener', name, priority, processes, result_handler, ...changes };
}

describe('an extra instance of a schedule', () => {
  /** A schedule whose one process runs, beside an extra one. */
  function worldOfSchedule() {
    const world = new SimulatedWorld([scheduleGroup('g')]);
    const processes = [...(world.supervisor.groups.get('g')?.processes.values() ?? [])];
    processes.push(...(world.supervisor.addInstance('g') ?? []));
    for (const process of processes) {
      void world.supervisor.start(process, { until: 'spawned', occasion });
    }
    return { world, extra: world.process('g@1', 'g') };
  }
  const occasion = { runId: 'R', attempt: 1, names: undefined, environment: new Map() };

  it('is in no configuration, so that it makes no difference', async () => {
    const { world } = worldOfSchedule();
    expect(pidsIn(world)).toEqual({ g: 100, 'g@1': 101 });
    const settings = world.supervisor.groups.get('g')?.settings;
    expect(settings && diffGroups([settings], [scheduleGroup('g')]).changed).toEqual([]);
    world.takeEvents();
    expect(departuresOf(await world.supervisor.updateGroup(scheduleGroup('g')))).toEqual([]);
    expect(world.takeEvents()).toEqual([]);
  });

  it('stays when something else changes, behind the others', async () => {
    const { world } = worldOfSchedule();
    const outcome = world.supervisor.updateGroup(scheduleGroup('g', { instances: 2, priority: 5 }));
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([['g', undefined]]);
    expect(pidsIn(world)).toEqual({ g_00: 0, g_01: 0, 'g@1': 101 });
    expect(world.process('g@1', 'g').settings).toMatchObject({ priority: 5, extraInstance: 1 });
    expect(world.supervisor.groups.get('g')?.settings.processes.map(({ name }) => name)).toEqual([
      'g_00',
      'g_01',
    ]);
  });

  it('is stopped when its process changes, and does not come again', async () => {
    const { world } = worldOfSchedule();
    const outcome = world.supervisor.updateGroup(scheduleGroup('g', { command: '/bin/new' }));
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([
      ['g@1', undefined],
      ['g', undefined],
    ]);
    expect(pidsIn(world)).toEqual({ g: 0 });
    expect(world.host.child('g@1').disposed).toBe(true);
  });

  it('gives its name to a process that is configured so from now on', async () => {
    const { world } = worldOfSchedule();
    const named = scheduleGroup('g');
    const processes = named.processes.map((process) => ({ ...process, name: 'g@1' }));
    const outcome = world.supervisor.updateGroup({ ...named, processes });
    world.host.reap();
    await outcome;
    expect(pidsIn(world)).toEqual({ 'g@1': 0 });
    expect(world.process('g@1', 'g').settings.extraInstance).toBeUndefined();
  });

  it('may come to its end and go while others are awaited, but none comes', async () => {
    const { world, extra } = worldOfSchedule();
    world.host.child('g').onSignal = ignoreAllButKill;
    const disposals = jest.spyOn(world.host.child('g@1'), 'dispose');
    const outcome = world.supervisor.updateGroup(scheduleGroup('g', { command: '/bin/new' }));
    world.host.reap();
    expect(world.supervisor.addInstance('g')).toBeUndefined();
    world.supervisor.removeInstance([extra]);
    expect(pidsIn(world)).toEqual({ g: 100 });
    world.clock.advance(11);
    world.host.reap();
    expect(departuresOf(await outcome)).toEqual([
      ['g@1', undefined],
      ['g', undefined],
    ]);
    expect(pidsIn(world)).toEqual({ g: 0 });
    expect(disposals).toHaveBeenCalledTimes(1);
  });

  it('stays as long as it runs, whoever takes leave of it', () => {
    const { world, extra } = worldOfSchedule();
    world.supervisor.removeInstance([extra]);
    expect(pidsIn(world)).toEqual({ g: 100, 'g@1': 101 });
    world.host.exit('g@1', exitStatus(0));
    world.supervisor.removeInstance([extra]);
    world.supervisor.removeInstance([extra]);
    expect(pidsIn(world)).toEqual({ g: 100 });
  });

  it('goes with its group', () => {
    const { world } = worldOfSchedule();
    world.host.exit('g', exitStatus(0));
    expect(world.supervisor.removeGroup('g')).toBe('still-running');
    world.host.exit('g@1', exitStatus(0));
    expect(world.supervisor.removeGroup('g')).toBe('removed');
    expect(world.host.child('g@1').disposed).toBe(true);
    expect(world.supervisor.addInstance('g')).toBeUndefined();
  });
});
