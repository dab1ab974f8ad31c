import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GroupSettings, ProcessSettings } from '../../../conf/settings.ts';
import type { EndingSettings } from '../../../daemon/process/ending.ts';
import { ProcessEntry } from '../../../daemon/process/entry.ts';
import type { Recovery } from '../../../daemon/process/recovery.ts';
import { groupSettings, poolSettings, processSettings } from '../../support/process-settings.ts';
import { exitStatus, ignoreAllButKill, signalStatus } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

type Changes = Partial<ProcessSettings>;

/** A group of one process, which counts as RUNNING as soon as it is spawned. */
function program(name: string, changes: Changes = {}): GroupSettings {
  return groupSettings(name, [{ name, startsecs: 0, ...changes }]);
}

function listeners(changes: Changes = {}): GroupSettings {
  return poolSettings('pool', [{ name: 'listener', startsecs: 0, ...changes }]);
}

/** Why the daemon shuts down, as the log has it. */
function reasons(world: SimulatedWorld): string[] {
  return world.lines.filter((line) => line.startsWith('INFO shutting down: '));
}

/** Stops what still runs, and gives the exit status once the daemon has ended. */
function statusAtTheEnd(world: SimulatedWorld): number {
  while (world.host.reap() > 0);
  expect(world.finished).toEqual(['exit']);
  return world.supervisor.exitStatus;
}

function stop(world: SimulatedWorld, name: string): void {
  void world.supervisor.stop(world.process(name), { until: 'stopped' });
  world.host.reap();
}

describe('on_exit', () => {
  it('changes nothing by default', () => {
    const world = new SimulatedWorld([program('web', { autorestart: 'never' }), program('db')]);
    world.host.exit('web', exitStatus(3));
    stop(world, 'db');
    expect(world.supervisor.state).toBe('RUNNING');
    world.supervisor.shutDown('exit');
    expect(statusAtTheEnd(world)).toBe(0);
    expect(reasons(world)).toEqual([]);
  });

  for (const autorestart of ['always', 'unexpected', 'never'] as const) {
    it(`shuts the daemon down in order, whatever the status, also with autorestart ${autorestart}`, () => {
      for (const code of [0, 3]) {
        const world = new SimulatedWorld([
          program('db'),
          program('web', { on_exit: 'shutdown', autorestart }),
        ]);
        world.host.exit('web', exitStatus(code));
        expect(reasons(world)).toEqual([`INFO shutting down: 'web' exited (on_exit=shutdown)`]);
        expect(world.supervisor.state).toBe('SHUTDOWN');
        expect(world.host.happenings.at(-1)).toBe('kill db 15');
        expect(statusAtTheEnd(world)).toBe(code);
        expect(world.host.spawned).toEqual(['db', 'web']);
        expect(world.clock.armedTimers).toBe(0);
      }
    });
  }

  it('gives 128 and the number of the signal that ended the process', () => {
    const world = new SimulatedWorld([program('web', { on_exit: 'shutdown' })]);
    world.host.exit('web', signalStatus(9));
    expect(statusAtTheEnd(world)).toBe(137);
  });

  it('tells by exitcodes what is unexpected, and leaves the rest to autorestart', () => {
    const changes = { on_exit: 'shutdown_unexpected', autorestart: 'always', exitcodes: [0, 2] } as const;
    const world = new SimulatedWorld([program('web', changes)]);
    world.host.exit('web', exitStatus(2));
    world.clock.advance(1);
    expect(world.view('web').state).toBe('RUNNING');
    world.host.exit('web', exitStatus(1));
    expect(reasons(world)).toEqual([`INFO shutting down: 'web' exited (on_exit=shutdown_unexpected)`]);
    expect(statusAtTheEnd(world)).toBe(1);
  });

  it('is not about a stop that somebody asked for', () => {
    const world = new SimulatedWorld([program('web', { on_exit: 'shutdown' })]);
    stop(world, 'web');
    expect(world.view('web').state).toBe('STOPPED');
    expect(world.supervisor.state).toBe('RUNNING');
  });

  it('is not about a failed start that is tried again', () => {
    const world = new SimulatedWorld([program('web', { on_exit: 'shutdown', startsecs: 1 })]);
    world.host.exit('web', exitStatus(1));
    expect(world.view('web').state).toBe('BACKOFF');
    expect(world.supervisor.state).toBe('RUNNING');
    expect(world.supervisor.exitStatus).toBe(0);
  });

  it('counts for listeners too', () => {
    const world = new SimulatedWorld([listeners({ on_exit: 'shutdown' }), program('web')]);
    world.host.exit('listener', exitStatus(4));
    expect(statusAtTheEnd(world)).toBe(4);
  });

  it('has no say in a shutdown: it is under way, and its status is decided', () => {
    const world = new SimulatedWorld([
      program('web', { on_exit: 'shutdown' }),
      program('db', { on_exit: 'shutdown' }),
    ]);
    world.host.child('db').onSignal = ignoreAllButKill;
    world.host.exit('web', exitStatus(3));
    world.supervisor.shutDown('exit');
    world.host.exit('db', exitStatus(4));
    expect(statusAtTheEnd(world)).toBe(3);
    expect(reasons(world)).toHaveLength(1);
  });

  it('has no say in a shutdown that somebody asked for', () => {
    const world = new SimulatedWorld([program('web', { on_exit: 'shutdown' }), program('db')]);
    world.supervisor.shutDown('exit');
    world.host.exit('web', exitStatus(3));
    expect(statusAtTheEnd(world)).toBe(0);
  });
});

describe('on_fatal', () => {
  it('shuts down when the retries are used up, with the status of the last attempt', () => {
    const world = new SimulatedWorld([
      program('web', { on_fatal: 'shutdown', startsecs: 1, startretries: 1 }),
      program('db'),
    ]);
    world.host.exit('web', exitStatus(3));
    world.clock.advance(2);
    expect(world.supervisor.state).toBe('RUNNING');
    world.host.exit('web', exitStatus(5));
    expect(reasons(world)).toEqual([`INFO shutting down: 'web' entered FATAL state (on_fatal=shutdown)`]);
    expect(statusAtTheEnd(world)).toBe(5);
  });

  it('ends with 1 when every attempt ended too soon, but with 0', () => {
    const world = new SimulatedWorld([
      program('web', { on_fatal: 'shutdown', startsecs: 1, startretries: 0 }),
    ]);
    world.host.exit('web', exitStatus(0));
    expect(statusAtTheEnd(world)).toBe(1);
  });

  it('ends with 127 when the program could not be started, however it ended before', () => {
    const world = new SimulatedWorld([program('web', { on_fatal: 'shutdown', startretries: 0 })]);
    world.host.child('web').spawnFailure = `can't find command 'web'`;
    world.host.exit('web', exitStatus(3));
    world.clock.advance(1);
    expect(world.view('web').state).toBe('FATAL');
    expect(statusAtTheEnd(world)).toBe(127);
  });

  it('starts nothing any more when the first program has ended before the others are started', () => {
    const world = new SimulatedWorld();
    world.host.onSpawn = (child) => {
      child.spawnFailure = 'no';
    };
    world.supervisor.startUp([program('web', { on_fatal: 'shutdown', startretries: 0 }), program('db')]);
    expect(world.view('db').state).toBe('STOPPED');
    expect(statusAtTheEnd(world)).toBe(127);
  });

  it('names one process when several become FATAL at the same moment', () => {
    const world = new SimulatedWorld(
      ['a', 'b'].map((name) => program(name, { on_fatal: 'shutdown', startsecs: 1, startretries: 1 })),
    );
    for (const name of ['a', 'b']) {
      world.host.exit(name, exitStatus(3));
      world.host.child(name).spawnFailure = 'no';
    }
    world.clock.advance(5);
    expect(world.view('b').state).toBe('FATAL');
    expect(reasons(world)).toEqual([`INFO shutting down: 'a' entered FATAL state (on_fatal=shutdown)`]);
  });

  it('is not about a process that a shutdown gives up', () => {
    const world = new SimulatedWorld([program('web', { on_fatal: 'shutdown', startsecs: 1 })]);
    world.host.exit('web', exitStatus(3));
    world.supervisor.shutDown('exit');
    expect(world.view('web').state).toBe('FATAL');
    expect(statusAtTheEnd(world)).toBe(0);
  });
});

describe('exit_when_done', () => {
  const done = { exit_when_done: true };
  const line = 'INFO shutting down: all processes have ended (exit_when_done=true)';
  const once = { autorestart: 'never' } as const;

  it('ends the daemon with the last process, and with 0 if all ended as expected', () => {
    const world = new SimulatedWorld([program('a', once), program('b', { ...once, exitcodes: [2] })], done);
    world.host.exit('a');
    expect(world.supervisor.state).toBe('RUNNING');
    world.host.exit('b', exitStatus(2));
    expect(reasons(world)).toEqual([line]);
    expect(statusAtTheEnd(world)).toBe(0);
  });

  it('ends with the status of the process that failed first', () => {
    const names = ['a', 'b', 'c', 'd'];
    const world = new SimulatedWorld(
      names.map((name) => program(name, once)),
      done,
    );
    world.host.exit('a');
    world.host.exit('c', signalStatus(6));
    world.host.exit('b', exitStatus(3));
    world.host.exit('d');
    expect(statusAtTheEnd(world)).toBe(134);
  });

  it('forgives a failure that a later run has made good, but no other', () => {
    for (const code of [0, 4]) {
      const world = new SimulatedWorld([program('a', once), program('b', once)], done);
      world.host.exit('a', exitStatus(3));
      void world.supervisor.start(world.process('a'), { until: 'spawned' });
      world.host.exit('a');
      world.host.exit('b', exitStatus(code));
      expect(statusAtTheEnd(world)).toBe(code);
    }
  });

  it('goes on while a process waits for its next attempt or is started again', () => {
    const world = new SimulatedWorld([program('a', { startsecs: 1, startretries: 1 })], done);
    world.host.exit('a', exitStatus(3));
    expect(world.supervisor.state).toBe('RUNNING');
    world.clock.advance(5);
    world.host.exit('a', exitStatus(3));
    expect(world.view('a').state).toBe('STARTING');
    expect(world.supervisor.state).toBe('RUNNING');
    world.clock.advance(5);
    world.host.exit('a');
    expect(statusAtTheEnd(world)).toBe(0);
  });

  it('goes on while a process is out of reach', () => {
    const world = new SimulatedWorld([program('a', once), program('b', once)], done);
    world.host.child('a').killFailure = 'EPERM';
    void world.supervisor.stop(world.process('a'), { until: 'stopped' });
    world.host.exit('b');
    expect(world.view('a').state).toBe('UNKNOWN');
    expect(world.supervisor.state).toBe('RUNNING');
  });

  it('counts no listeners, whether they run or fail', () => {
    const world = new SimulatedWorld([listeners({ ...once }), program('a', once)], done);
    world.host.exit('listener', exitStatus(9));
    expect(world.supervisor.state).toBe('RUNNING');
    void world.supervisor.start(world.process('listener', 'pool'), { until: 'spawned' });
    world.host.exit('a');
    expect(reasons(world)).toEqual([line]);
    expect(statusAtTheEnd(world)).toBe(0);
  });

  it('waits until everything has been started, even if the first fails at once', () => {
    const world = new SimulatedWorld([], done);
    world.host.onSpawn = (child) => {
      child.spawnFailure = child.settings.name === 'b' ? undefined : 'no';
    };
    world.supervisor.startUp([
      program('a', { startretries: 0 }),
      groupSettings('g', [
        { name: 'c', startretries: 0 },
        { name: 'b', ...once },
      ]),
    ]);
    expect(world.view('b', 'g').state).toBe('STARTING');
    expect(world.supervisor.state).toBe('RUNNING');
  });

  it('stays when nothing was ever started', () => {
    const world = new SimulatedWorld([program('a', { autostart: false }), listeners()], done);
    world.clock.advance(1000);
    world.host.exit('listener');
    expect(world.supervisor.state).toBe('RUNNING');
  });

  it('does not wait for a process that nobody started', () => {
    const world = new SimulatedWorld([program('a', once), program('b', { autostart: false })], done);
    world.host.exit('a');
    expect(statusAtTheEnd(world)).toBe(0);
  });

  it('stays when the last process was stopped by hand, until another has ended by itself', () => {
    const world = new SimulatedWorld([program('a', once), program('b', once)], done);
    world.host.exit('a', exitStatus(3));
    stop(world, 'b');
    expect(world.supervisor.state).toBe('RUNNING');
    void world.supervisor.start(world.process('b'), { until: 'spawned' });
    world.host.exit('b');
    expect(statusAtTheEnd(world)).toBe(3);
  });

  it('does not take an update for the end', async () => {
    const world = new SimulatedWorld([program('a', once), program('b', once)], done);
    const before = world.host.child('b');
    before.onSignal = ignoreAllButKill;
    const updated = world.supervisor.updateGroup(program('b', { ...once, command: '/bin/false' }));
    world.host.exit('a');
    world.host.exitPid(before.pid ?? 0, exitStatus(0));
    await updated;
    expect(world.view('b').state).toBe('RUNNING');
    world.host.exit('b');
    expect(statusAtTheEnd(world)).toBe(0);
  });

  it('forgets the failure of a process that has been removed', () => {
    const world = new SimulatedWorld([program('a', once), program('b', once)], done);
    world.host.exit('a', exitStatus(3));
    world.supervisor.removeGroup('a');
    world.host.exit('b');
    expect(statusAtTheEnd(world)).toBe(0);
  });

  const names = ['a', 'b'] as const;
  const anyHappening = fc.record({
    type: fc.constantFrom('exit' as const, 'start' as const, 'stop' as const, 'wait' as const),
    name: fc.constantFrom(...names),
    code: fc.constantFrom(0, 1),
  });

  it('never ends the daemon while a child lives or a timer would start one, and always when the last has ended', () => {
    const anySettings = fc.record({
      autorestart: fc.constantFrom('always' as const, 'unexpected' as const, 'never' as const),
      startsecs: fc.constantFrom(0, 1),
      startretries: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(anySettings, fc.array(anyHappening, { maxLength: 40 }), (settings, happenings) => {
        const world = new SimulatedWorld(
          names.map((name) => program(name, settings)),
          done,
        );
        for (const { type, name, code } of happenings) {
          const process = world.process(name);
          const livedBefore = world.host.live.size > 0 || world.clock.armedTimers > 0;
          if (type === 'exit') world.host.exit(name, exitStatus(code));
          else if (type === 'start') void world.supervisor.start(process, { until: 'spawned' });
          else if (type === 'stop') stop(world, name);
          else world.clock.advance(1);
          const lives = world.host.live.size > 0 || world.clock.armedTimers > 0;
          const isOver = world.supervisor.state === 'SHUTDOWN';
          if (isOver) expect(lives).toBe(false);
          if (type !== 'stop' && type !== 'start' && livedBefore && !lives) expect(isOver).toBe(true);
          if (isOver) return;
        }
      }),
    );
  });
});

describe('exit_code_from', () => {
  const web: Partial<EndingSettings> = { exit_code_from: { group: 'web', name: 'web' } };

  it('gives the status of the last exit of that process, whoever caused the end', () => {
    const world = new SimulatedWorld([program('web'), program('db', { on_exit: 'shutdown' })], web);
    world.host.child('web').onSignal = () => exitStatus(7);
    world.host.exit('db', exitStatus(3));
    expect(statusAtTheEnd(world)).toBe(7);
  });

  it('gives that of a stop too: 143 after SIGTERM', () => {
    const world = new SimulatedWorld([program('web')], web);
    world.supervisor.shutDown('exit');
    expect(statusAtTheEnd(world)).toBe(143);
  });

  it('gives that of an exit long ago', () => {
    const world = new SimulatedWorld([program('web', { autorestart: 'never' }), program('db')], web);
    world.host.exit('web', exitStatus(5));
    world.supervisor.shutDown('exit');
    expect(statusAtTheEnd(world)).toBe(5);
  });

  it('gives that of a process which an update has put in its place', async () => {
    const world = new SimulatedWorld([program('web', { autorestart: 'never' })], web);
    world.host.exit('web', exitStatus(5));
    await world.supervisor.updateGroup(program('web', { command: '/bin/false' }));
    world.host.exit('web', exitStatus(6));
    world.supervisor.shutDown('exit');
    expect(statusAtTheEnd(world)).toBe(6);
  });

  it('leaves the status to what ended the daemon when that process never ran', () => {
    const groups = [program('web', { autostart: false }), program('db', { on_exit: 'shutdown' })];
    const world = new SimulatedWorld(groups, web);
    world.host.exit('db', exitStatus(3));
    expect(statusAtTheEnd(world)).toBe(3);
  });

  it('is not mistaken about processes of the same name in other groups', () => {
    const other = groupSettings('site', [
      processSettings({ name: 'web', startsecs: 0, autorestart: 'never' }),
    ]);
    const world = new SimulatedWorld([other, program('db')], web);
    world.host.exit('web', exitStatus(5));
    world.supervisor.shutDown('exit');
    expect(statusAtTheEnd(world)).toBe(0);
  });
});

describe('the daemon after one that was killed', () => {
  const done = { exit_when_done: true };
  const once = { autorestart: 'never' } as const;

  /** What the next daemon knows of the processes of a world. */
  function recoveryOf(killed: SimulatedWorld): Recovery {
    return {
      find(group, name) {
        const entry = killed.supervisor.groups.get(group)?.processes.get(name);
        if (!(entry instanceof ProcessEntry)) return undefined;
        return { process: entry.process, birth: entry.birth, isOutdated: false };
      },
      extraInstances: () => [],
      isRemoved: () => false,
      strays: [],
    };
  }

  /** The world of the next daemon, in which the children of the one before live on. */
  function successorOf(
    killed: SimulatedWorld,
    groups: readonly GroupSettings[],
    ending: Partial<EndingSettings> = {},
  ): SimulatedWorld {
    const world = new SimulatedWorld([], ending);
    world.clock.advance(60);
    for (const pid of killed.host.live.keys()) world.host.survivors.add(pid);
    world.supervisor.startUp(groups, recoveryOf(killed));
    return world;
  }

  it('carries out what an essential program had decided', () => {
    const groups = [program('web', once), program('db')];
    const killed = new SimulatedWorld(groups);
    killed.host.exit('web', exitStatus(3));
    const world = successorOf(killed, [program('web', { on_exit: 'shutdown' }), program('db')]);
    expect(reasons(world)).toEqual([`INFO shutting down: 'web' exited (on_exit=shutdown)`]);
    expect(world.host.happenings.at(-1)).toBe('kill db 15');
    expect(statusAtTheEnd(world)).toBe(3);
  });

  it('does not start again what ended meanwhile, if it is to end itself', () => {
    const killed = new SimulatedWorld([program('web', once), program('db')]);
    killed.host.exit('web', exitStatus(3));
    killed.host.live.clear();
    const world = successorOf(killed, [program('web', { on_exit: 'shutdown' }), program('db')]);
    expect(world.host.spawned).toEqual([]);
    // Its pid may be another's by now.
    expect(world.host.signals).toEqual([]);
    expect(statusAtTheEnd(world)).toBe(3);
  });

  it('ends when all had ended already, with the status of the first that failed', () => {
    const groups = [program('a', once), program('b', once), program('c', once)];
    const killed = new SimulatedWorld(groups);
    for (const [name, code] of [
      ['b', 4],
      ['a', 3],
      ['c', 0],
    ] as const) {
      killed.host.exit(name, exitStatus(code));
      killed.clock.advance(1);
    }
    const world = successorOf(killed, groups, done);
    expect(world.host.spawned).toEqual([]);
    expect(statusAtTheEnd(world)).toBe(4);
  });

  it('goes on if the last process had been stopped by hand', () => {
    const groups = [program('a', once), program('b', once)];
    const killed = new SimulatedWorld(groups);
    killed.host.exit('b', exitStatus(3));
    killed.clock.advance(1);
    stop(killed, 'a');
    const world = successorOf(killed, groups, done);
    expect(world.supervisor.state).toBe('RUNNING');
  });

  it('remembers the last exit of the process that exit_code_from names, and whether it ever ran', () => {
    const web = { exit_code_from: { group: 'web', name: 'web' } };
    for (const autostart of [true, false]) {
      const groups = [program('web', { ...once, autostart })];
      const killed = new SimulatedWorld(groups);
      killed.host.exit('web', exitStatus(5));
      const world = successorOf(killed, groups, web);
      world.supervisor.shutDown('exit');
      expect(statusAtTheEnd(world)).toBe(autostart ? 5 : 0);
    }
  });

  it('ends with 1 for a process whose end nobody saw', () => {
    const world = new SimulatedWorld([program('web', { on_exit: 'shutdown_unexpected' })]);
    world.host.exit('web', { type: 'unknown' });
    expect(statusAtTheEnd(world)).toBe(1);
  });

  it('finds nothing running, even if processes are to be left to it: essential programs end the others', () => {
    const world = new SimulatedWorld([program('web', { on_exit: 'shutdown' }), program('db')]);
    world.leavesProcesses = () => true;
    world.host.exit('web', exitStatus(3));
    expect(world.supervisor.leavesProcesses).toBe(false);
    expect(world.host.happenings.at(-1)).toBe('kill db 15');
    expect(statusAtTheEnd(world)).toBe(3);
  });
});
