import { describe, expect, it } from '@jest/globals';
import { EMFILE, SystemError } from '../../../daemon/host/libc/call.ts';
import { ListeningWorld } from '../../support/listening-world.ts';
import { groupSettings, poolSettings } from '../../support/process-settings.ts';
import { exitStatus } from '../../support/simulated-host.ts';

const remote = { events: ['REMOTE_COMMUNICATION'] };
const startsAtOnce = { startsecs: 0 };

/** A pool of listeners of these names, which are RUNNING and have said READY unless told otherwise. */
function worldOf(
  names: readonly string[],
  changes: { readonly buffer_size?: number; readonly events?: readonly string[] } = {},
  says = 'READY\n',
): ListeningWorld {
  const processes = names.map((name) => ({ name, ...startsAtOnce }));
  const world = new ListeningWorld([poolSettings('pool', processes, { ...remote, ...changes })]);
  if (says !== '') for (const name of names) world.says(name, says);
  world.takeLines();
  return world;
}

const ok = 'RESULT 2\nOKREADY\n';
const fail = 'RESULT 4\nFAILREADY\n';

describe('an event', () => {
  it('goes to a listener as an envelope with its numbers', () => {
    const world = worldOf(['a']);
    world.tell('grüße');
    expect(world.takeSent('a')).toEqual([
      'ver:3.0 server:supervisor serial:0 pool:pool poolserial:0 eventname:REMOTE_COMMUNICATION len:12\ntype:k\ngrüße',
    ]);
    expect(world.takeLines()).toEqual(['debug event 0 sent to listener a']);
  });

  it('goes to the first in the order of the configuration that is free', () => {
    const world = worldOf(['b', 'a', 'c']);
    for (const data of ['1', '2', '3', '4']) world.tell(data);
    expect(['b', 'a', 'c'].map((name) => world.takeData(name))).toEqual([['1'], ['2'], ['3']]);
    world.says('c', ok);
    world.says('b', ok);
    expect(['b', 'a', 'c'].map((name) => world.takeData(name))).toEqual([[], [], ['4']]);
    world.tell('5');
    expect(world.takeData('b')).toEqual(['5']);
  });

  it('is told once to a pool that asks for its type and for the parent of that', () => {
    const world = worldOf(['a'], { events: ['EVENT', 'REMOTE_COMMUNICATION'] });
    world.tell('1');
    world.says('a', ok);
    const data = world.takeData('a').filter((text) => text === '1');
    for (let left = 20; left > 0; left -= 1) world.says('a', ok);
    expect([...data, ...world.takeData('a').filter((text) => text === '1')]).toEqual(['1']);
  });

  it('waits until its listener is RUNNING, though that is ready before', () => {
    const world = new ListeningWorld([poolSettings('pool', [{ name: 'a' }], remote)]);
    world.says('a', 'READY\n');
    world.tell('1');
    expect(world.takeSent('a')).toEqual([]);
    world.passes(1.1);
    expect(world.takeData('a')).toEqual(['1']);
  });

  it('does not go to a listener that is being stopped', () => {
    const world = worldOf(['a']);
    world.host.child('a').onSignal = () => undefined;
    void world.supervisor.stop(world.process('a', 'pool'), { until: 'signalled' });
    world.tell('1');
    expect(world.takeSent('a')).toEqual([]);
    expect(world.pool('pool').buffered).toBe(1);
  });

  it('that nobody wants takes no number', () => {
    const world = worldOf(['a']);
    world.bus.emit({ type: 'SUPERVISOR_STATE_CHANGE_RUNNING' });
    world.tell('1');
    expect(world.takeSent('a')[0]).toContain('serial:0 ');
    expect([world.bus.isWanted('REMOTE_COMMUNICATION'), world.bus.isWanted('PROCESS_LOG_STDOUT')]).toEqual([
      true,
      false,
    ]);
  });

  it('has the same serial and text in every pool, and a serial of its own in each', () => {
    const world = new ListeningWorld([
      poolSettings('all', [{ name: 'a', ...startsAtOnce }], {
        events: ['PROCESS_GROUP', 'REMOTE_COMMUNICATION'],
      }),
      poolSettings('pool', [{ name: 'b', ...startsAtOnce }], remote),
    ]);
    world.tell('1');
    world.says('a', 'READY\n', 'all');
    world.says('a', ok, 'all');
    world.says('a', ok, 'all');
    world.says('b', 'READY\n');
    expect(world.takeSent('a').at(-1)).toContain('serial:2 pool:all poolserial:2 ');
    expect(world.takeSent('b')).toEqual([expect.stringContaining('serial:2 pool:pool poolserial:0 ')]);
  });
});

describe('a full buffer', () => {
  it('drops the oldest event, says so, and counts it', () => {
    const world = worldOf(['a'], { buffer_size: 2 }, '');
    for (const data of ['0', '1', '2', '3']) world.tell(data);
    expect(world.takeLines()).toEqual([
      'error pool pool event buffer overflowed, discarding event 0',
      'error pool pool event buffer overflowed, discarding event 1',
    ]);
    expect(world.pool('pool').dropped).toBe(2);
    world.says('a', 'READY\n');
    world.says('a', ok);
    expect(world.takeData('a')).toEqual(['2', '3']);
  });

  it('drops the oldest of those that wait when an event comes back', () => {
    const world = worldOf(['a'], { buffer_size: 2 });
    for (const data of ['0', '1', '2']) world.tell(data);
    world.takeLines();
    world.says('a', 'RESULT 4\nFAIL');
    expect(world.takeLines()).toEqual([
      'warn a: event was rejected',
      'debug a: BUSY -> ACKNOWLEDGED',
      'debug rebuffering event 0 for pool pool (buf size=2, max=2)',
      'error pool pool event buffer overflowed, discarding event 1',
    ]);
    world.takeSent('a');
    world.says('a', 'READY\n');
    world.says('a', ok);
    expect(world.takeData('a')).toEqual(['0', '2']);
  });
});

describe('an event that was not handled', () => {
  it('is sent again, with the same numbers, before those that came after it', () => {
    const world = worldOf(['a']);
    world.tell('0');
    world.tell('1');
    const [first] = world.takeSent('a');
    world.says('a', fail);
    expect(world.takeSent('a')).toEqual([first]);
    world.says('a', ok);
    expect(world.takeData('a')).toEqual(['1']);
  });

  it('goes to another listener when the one that had it dies, before the news of that', () => {
    const world = worldOf(['a', 'b'], { events: ['REMOTE_COMMUNICATION', 'PROCESS_STATE_EXITED'] });
    world.tell('0');
    expect(world.takeData('a')).toEqual(['0']);
    world.host.exit('a', exitStatus(1));
    world.turn();
    world.says('b', ok);
    expect(world.takeSent('b').map((text) => /eventname:(\S+)/.exec(text)?.[1])).toEqual([
      'REMOTE_COMMUNICATION',
      'PROCESS_STATE_EXITED',
    ]);
  });

  it('does not come back from a listener whose last words were OK', () => {
    const world = worldOf(['a', 'b']);
    world.tell('0');
    world.host.child('a').onFinish = () => world.speaks('a', 'RESULT 2\nOK');
    world.host.exit('a');
    world.turn();
    expect([world.takeData('b'), world.pool('pool').buffered]).toEqual([[], 0]);
  });

  it('comes back to its own pool alone', () => {
    const world = new ListeningWorld([
      poolSettings('pool', [{ name: 'a', ...startsAtOnce }], remote),
      poolSettings('other', [{ name: 'b', ...startsAtOnce }], { events: ['TICK'] }),
    ]);
    world.says('a', 'READY\n');
    world.tell('0');
    world.says('a', 'RESULT 4\nFAIL');
    expect([world.pool('pool').buffered, world.pool('other').buffered]).toEqual([1, 0]);
  });

  it('is sent again at once ten times, and then once a second', () => {
    const world = worldOf(['a']);
    world.tell('0');
    world.takeSent('a');
    for (let time = 0; time < 10; time += 1) world.says('a', fail);
    expect(world.takeData('a')).toHaveLength(10);
    world.says('a', fail);
    expect(world.takeData('a')).toEqual([]);
    world.passes(0.9);
    expect(world.takeData('a')).toEqual([]);
    world.passes(0.1);
    expect(world.takeData('a')).toEqual(['0']);
    world.says('a', fail);
    world.passes(1);
    expect(world.takeData('a')).toEqual(['0']);
    world.says('a', ok);
    world.tell('1');
    expect(world.takeData('a')).toEqual(['1']);
    expect(world.clock.armedTimers).toBe(0);
  });
});

describe('a listener that breaks the protocol', () => {
  it('is sent nothing more, and its event goes to the next', () => {
    const world = worldOf(['a', 'b']);
    world.tell('0');
    world.takeLines();
    world.says('a', 'oops\nREADY\n');
    expect(world.takeLines()).toEqual([
      "warn a: bad result line: 'oops'",
      'debug a: BUSY -> UNKNOWN',
      'warn a: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol',
      'debug rebuffering event 0 for pool pool (buf size=0, max=10)',
      'debug event 0 sent to listener b',
    ]);
    expect(world.takeData('b')).toEqual(['0']);
    expect(world.view('a', 'pool').state).toBe('RUNNING');
  });

  it('has what it said in the log, as far as that is not too long', () => {
    const world = worldOf(['a']);
    world.says('a', `\xff${'x'.repeat(200)}`);
    const [, , breach] = world.takeLines();
    expect(breach).toBe(
      `warn a: expected nothing in state READY but got b'\\xc3\\xbf${'x'.repeat(98)}' and 102 more bytes`,
    );
  });

  it('begins anew with its next child', () => {
    const world = worldOf(['a']);
    world.says('a', 'oops');
    world.host.exit('a', exitStatus(1));
    world.passes(1);
    world.tell('0');
    expect(world.takeSent('a')).toEqual([]);
    world.says('a', 'READY\n');
    expect(world.takeData('a')).toEqual(['0']);
  });

  it('cannot speak after its end', () => {
    const world = worldOf(['a']);
    world.host.exit('a', exitStatus(0));
    world.says('a', 'oops');
    expect(world.takeLines().filter((line) => line.includes('UNKNOWN'))).toEqual([]);
  });
});

describe('a listener that cannot be written to', () => {
  it('is passed over when it has closed its stdin', () => {
    const world = worldOf(['a', 'b']);
    world.host.child('a').stdinState = 'closed';
    world.tell('0');
    expect(world.takeData('b')).toEqual(['0']);
    expect(world.takeLines()).toEqual([
      'debug epipe occurred while sending event 0 to listener a, listener state unchanged',
      'debug event 0 sent to listener b',
    ]);
  });

  it('is sent the event when there is room again, if it does not read', () => {
    const world = worldOf(['a']);
    const child = world.host.child('a');
    child.stdinState = 'full';
    world.tell('0');
    world.tell('1');
    expect(world.takeLines().filter((line) => line.startsWith('warn'))).toEqual([
      'warn listener a does not read its stdin; it is sent nothing until it does',
    ]);
    child.stdinState = 'open';
    child.onDrained();
    world.turn();
    expect(world.takeData('a')).toEqual(['0']);
    world.says('a', ok);
    expect(world.takeData('a')).toEqual(['1']);
  });
});

describe('a pool', () => {
  it('hears of its own beginning, not of its own end', () => {
    const world = new ListeningWorld([
      poolSettings('pool', [{ name: 'a', autostart: false }], { events: ['PROCESS_GROUP'] }),
    ]);
    expect(world.pool('pool').buffered).toBe(1);
    world.supervisor.addGroup(groupSettings('g', []));
    world.supervisor.removeGroup('g');
    const pool = world.pool('pool');
    expect(pool.buffered).toBe(3);
    world.takeLines();
    world.supervisor.removeGroup('pool');
    expect(world.takeLines()).toEqual(['info pool pool removed, discarding 3 events that no listener took']);
    expect(world.bus.isWanted('PROCESS_GROUP_ADDED')).toBe(false);
  });

  it('keeps its listeners and its events when its group is announced anew', () => {
    const world = worldOf(['a']);
    world.tell('0');
    world.tell('1');
    world.bus.emit({ type: 'PROCESS_GROUP_REMOVED', groupname: 'pool' });
    world.bus.emit({ type: 'PROCESS_GROUP_ADDED', groupname: 'pool' });
    world.takeSent('a');
    world.says('a', ok);
    expect(world.takeData('a')).toEqual(['1']);
  });

  it('is told of all else when there can be no alarm for its ticks', () => {
    const world = new ListeningWorld([]);
    world.wallClock.openAlarm = () => {
      throw new SystemError('timerfd_create', EMFILE);
    };
    world.supervisor.addGroup(
      poolSettings('pool', [{ name: 'a', autostart: false }], { events: ['TICK', 'PROCESS_GROUP'] }),
    );
    expect(world.lines).toEqual(['error cannot set an alarm for ticks: EMFILE; none are told']);
    expect(world.pool('pool').buffered).toBe(1);
  });

  it('wants ticks as long as it is there', () => {
    const world = new ListeningWorld([
      poolSettings('pool', [{ name: 'a', ...startsAtOnce }], { events: ['TICK'] }),
    ]);
    world.says('a', 'READY\n');
    expect(world.wallClock.openAlarms).toBe(1);
    world.wallClock.advance(5);
    world.turn();
    expect(world.takeSent('a')).toEqual([
      expect.stringContaining('eventname:TICK_5 len:15\nwhen:1700000005'),
    ]);
    world.host.child('a').onSignal = () => exitStatus(0);
    void world.supervisor.stop(world.process('a', 'pool'), { until: 'stopped' });
    world.host.reap();
    world.supervisor.removeGroup('pool');
    expect(world.wallClock.openAlarms).toBe(0);
  });
});

describe('shutdown', () => {
  const states = { events: ['PROCESS_STATE_STOPPED', 'SUPERVISOR_STATE_CHANGE'] };

  function shuttingDown(): ListeningWorld {
    const world = new ListeningWorld([
      poolSettings('pool', [{ name: 'a', ...startsAtOnce }], states),
      groupSettings('g', [{ name: 'web', ...startsAtOnce }]),
    ]);
    world.says('a', 'READY\n');
    world.takeSent('a');
    world.supervisor.shutDown('exit');
    world.host.reap();
    world.turn();
    return world;
  }

  it('lets listeners hear of the last that stopped before it stops them', () => {
    const world = shuttingDown();
    expect(world.takeSent('a')).toEqual([expect.stringContaining('SUPERVISOR_STATE_CHANGE_STOPPING')]);
    world.says('a', ok);
    expect(world.takeSent('a')).toEqual([expect.stringContaining('processname:web')]);
    // Whatever else happens before it has answered.
    world.host.exitPid(4711, exitStatus(0));
    expect(world.host.signals.map(({ name }) => name)).toEqual(['web']);
    world.says('a', ok);
    expect(world.host.signals.map(({ name }) => name)).toEqual(['web', 'a']);
    world.host.reap();
    expect(world.finished).toEqual(['exit']);
    expect(world.clock.armedTimers).toBe(0);
  });

  it('does not wait longer than a second for them', () => {
    const world = shuttingDown();
    world.passes(0.99);
    expect(world.host.signals).toHaveLength(1);
    world.takeLines();
    world.passes(0.02);
    expect(world.host.signals.map(({ name }) => name)).toEqual(['web', 'a']);
    expect(world.takeLines()[0]).toBe('INFO pool pool has not handled all events in time, and is stopped');
  });

  it('does not wait for one that has broken the protocol', () => {
    const world = shuttingDown();
    world.says('a', 'oops\n');
    expect(world.host.signals.map(({ name }) => name)).toEqual(['web', 'a']);
  });

  it('does not wait for one that dies meanwhile', () => {
    const world = shuttingDown();
    world.host.exit('a', exitStatus(1));
    expect(world.finished).toEqual(['exit']);
  });

  /** The lines that tell of events which nobody will handle. */
  function discards(world: ListeningWorld): string[] {
    return world.takeLines().filter((line) => line.includes('discarding'));
  }

  it('says how many events it discards for want of a listener', () => {
    const world = new ListeningWorld([
      poolSettings('pool', [{ name: 'a', ...startsAtOnce }], states),
      groupSettings('g', [{ name: 'web', ...startsAtOnce }]),
    ]);
    void world.supervisor.stop(world.process('a', 'pool'), { until: 'stopped' });
    world.host.reap();
    world.supervisor.shutDown('exit');
    world.host.reap();
    expect(world.finished).toEqual(['exit']);
    // The ends of both, and the beginning of the shutdown.
    expect(discards(world)).toEqual([
      'INFO pool pool has no listener to tell, discarding 3 events that nobody has handled',
    ]);
  });

  it('counts the event that a dead listener had', () => {
    const world = shuttingDown();
    world.host.exit('a', exitStatus(1));
    expect(discards(world)).toEqual([
      'INFO pool pool has no listener to tell, discarding 2 events that nobody has handled',
    ]);
  });

  it('discards nothing of which all was told', () => {
    const world = shuttingDown();
    world.says('a', ok);
    world.says('a', ok);
    world.host.reap();
    expect(world.finished).toEqual(['exit']);
    expect(discards(world)).toEqual([]);
  });
});
