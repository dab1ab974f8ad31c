import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SupervisorControl } from '../../../daemon/process/control.ts';
import type { Occasion } from '../../../daemon/process/occasion.ts';
import { ExtraInstances, mostExtraInstances } from '../../../daemon/schedule/extra-instances.ts';
import { ProcessRuns } from '../../../daemon/schedule/process-runs.ts';
import { dataOfForced } from '../../../daemon/schedule/run-data.ts';
import type { RunResult } from '../../../schedule/executor.ts';
import type { Json } from '../../../schedule/json.ts';
import type { Run } from '../../../schedule/run.ts';
import { scheduleGroup } from '../../support/schedule-settings.ts';
import { exitStatus, ignoreAllButKill, signalStatus } from '../../support/simulated-host.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

let world: SimulatedWorld;
let runs: ProcessRuns;
let extraInstances: ExtraInstances;
let abort: AbortController;
let started: (Json | undefined)[];

function run(id = 'R1', attempt = 1): Run {
  return { id, attempt, jobId: 'nightly', data: null } as Partial<Run> as Run;
}

function occasionOf({ id, attempt }: Run): Occasion {
  const environment = new Map([['SUPERVISOR_RUN_ID', id]]);
  return { runId: id, attempt, names: { run_id: id, scheduled: 'then' }, environment };
}

function begin(groups = [scheduleGroup('nightly')]): void {
  world = new SimulatedWorld(groups);
  const log = (_: string, text: string) => void world.lines.push(text);
  runs = runsOf(world.supervisor, log);
  world.takeLines();
}

function runsOf(
  supervisor: SupervisorControl,
  log: (level: string, text: string) => void = () => {},
): ProcessRuns {
  extraInstances = new ExtraInstances({ supervisor, log });
  return new ProcessRuns({ supervisor, extraInstances, log });
}

function start(which = run()): Promise<RunResult> {
  const context = {
    abortSignal: abort.signal,
    started: async (data?: Json) => void started.push(data),
  };
  return runs.run(which, occasionOf(which), context);
}

/** Lets promises go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  abort = new AbortController();
  started = [];
  begin();
});

describe('a run of one process', () => {
  it('starts it with the run as its occasion, and is RUNNING at once', async () => {
    void start();
    await settle();
    expect(world.view('nightly').state).toBe('RUNNING');
    expect(world.host.child('nightly').occasions).toEqual([occasionOf(run())]);
    expect(started).toMatchObject([{ processes: [{ name: 'nightly', pid: 100 }] }]);
  });

  it('is a success with one of its exitcodes', async () => {
    begin([scheduleGroup('nightly', { exitcodes: [0, 3] })]);
    const result = start();
    await settle();
    world.host.exit('nightly', exitStatus(3));
    expect(await result).toMatchObject({ outcome: 'SUCCESS', exitStatus: 3 });
    expect(world.view('nightly').state).toBe('EXITED');
  });

  it('has failed with any other exit status, or by a signal', async () => {
    const result = start();
    await settle();
    world.host.exit('nightly', exitStatus(1));
    expect(await result).toMatchObject({ outcome: 'FAILED', exitStatus: 1, error: 'exit status 1' });
    const other = start(run('R2'));
    await settle();
    world.host.exit('nightly', signalStatus(11));
    expect(await other).toMatchObject({ outcome: 'FAILED', signal: 11 });
  });

  it('is not started again by itself', async () => {
    const result = start();
    await settle();
    world.host.exit('nightly', exitStatus(1));
    await result;
    world.clock.advance(60);
    expect(world.host.spawned).toEqual(['nightly']);
  });

  it('is LOST when nobody has seen how it ended', async () => {
    const result = start();
    await settle();
    world.host.exit('nightly', { type: 'unknown' });
    expect(await result).toMatchObject({ outcome: 'LOST' });
  });

  it('is a SPAWN_ERROR when it cannot be started, as often as startretries says', async () => {
    world.host.child('nightly').spawnFailure = "can't find command 'x'";
    const result = start();
    for (let second = 0; second < 10; second += 1) {
      await settle();
      world.clock.advance(1.5);
    }
    expect(await result).toMatchObject({ outcome: 'SPAWN_ERROR', error: "can't find command 'x'" });
    expect(world.view('nightly').state).toBe('FATAL');
    expect(world.host.child('nightly').occasions).toHaveLength(4);
  });

  it('ends as the program says when it is aborted: stop signal, then SIGKILL', async () => {
    const result = start();
    await settle();
    world.host.child('nightly').onSignal = ignoreAllButKill;
    abort.abort('timeout');
    expect(world.host.signals.map(({ signal }) => signal)).toEqual([15]);
    world.clock.advance(11);
    world.host.reap();
    expect(await result).toMatchObject({ outcome: 'CANCELLED', signal: 9 });
    expect(world.host.signals.map(({ signal }) => signal)).toEqual([15, 9]);
  });

  it('ends at once when it was aborted before it began', async () => {
    abort.abort('cancelled');
    const result = start();
    await settle();
    world.host.reap();
    expect(await result).toMatchObject({ outcome: 'CANCELLED' });
  });

  it('is CANCELLED when somebody stops its process, and the log says that this does not pause', async () => {
    const result = start();
    await settle();
    const stopped = world.supervisor.stop(world.process('nightly'), { until: 'stopped' });
    world.host.reap();
    await stopped;
    expect(await result).toMatchObject({ outcome: 'CANCELLED' });
    expect(world.takeLines()).toContain(
      "run R1 of schedule 'nightly' was stopped; the schedule is not paused by that",
    );
  });

  it('is refused when its group is not there, or in use', async () => {
    void start();
    await settle();
    expect(await start(run('R2'))).toMatchObject({ outcome: 'SPAWN_ERROR' });
    expect(await start({ ...run('R3'), jobId: 'other' })).toMatchObject({ outcome: 'SPAWN_ERROR' });
    expect(world.host.spawned).toEqual(['nightly']);
  });

  it('is CANCELLED while the daemon shuts down', async () => {
    world.supervisor.shutDown('exit');
    expect(await start()).toMatchObject({ outcome: 'CANCELLED' });
  });

  it('stays as it is when another version of the daemon goes on', async () => {
    let isDone = false;
    void start().then(() => {
      isDone = true;
    });
    await settle();
    world.supervisor.prepareToLeave();
    await settle();
    expect(isDone).toBe(false);
  });
});

describe('a run of several processes', () => {
  beforeEach(() => begin([scheduleGroup('nightly', { processesPerRun: 2, instances: 2 })]));

  it('is what the worst of them is, when all have ended', async () => {
    const result = start();
    await settle();
    expect(world.host.spawned).toEqual(['nightly_00', 'nightly_01']);
    world.host.exit('nightly_01', exitStatus(2));
    let isDone = false;
    void result.then(() => {
      isDone = true;
    });
    await settle();
    expect(isDone).toBe(false);
    world.host.exit('nightly_00', exitStatus(0));
    expect(await result).toMatchObject({ outcome: 'FAILED', exitStatus: 2 });
  });

  it('leaves those of the other instance to another run', async () => {
    void start();
    await settle();
    void start(run('R2'));
    await settle();
    expect(world.host.spawned).toEqual(['nightly_00', 'nightly_01', 'nightly_02', 'nightly_03']);
    expect(world.process('nightly_03', 'nightly').occasion?.occasion.runId).toBe('R2');
  });
});

describe('a run that is forced while all processes of its schedule are in use', () => {
  const forced = (id: string): Run => ({ ...run(id), data: dataOfForced });
  const names = () => [...(world.supervisor.groups.get('nightly')?.processes.keys() ?? [])];

  it('has an instance of its own, from its start until its end is on record', async () => {
    void start();
    const result = start(forced('R2'));
    await settle();
    expect(names()).toEqual(['nightly', 'nightly@1']);
    expect(world.view('nightly@1', 'nightly').state).toBe('RUNNING');
    expect(started.at(-1)).toMatchObject({ processes: [{ name: 'nightly@1' }] });
    world.host.exit('nightly@1', exitStatus(3));
    expect(await result).toMatchObject({ outcome: 'FAILED', exitStatus: 3 });
    await settle();
    expect(names()).toEqual(['nightly', 'nightly@1']);
    extraInstances.noteEnd(run('R1'));
    await settle();
    expect(names()).toEqual(['nightly', 'nightly@1']);
    extraInstances.noteEnd(run('R2'));
    await settle();
    expect(names()).toEqual(['nightly']);
    expect(world.host.child('nightly@1').disposed).toBe(true);
  });

  it('has one of those that are there for all if there is one', async () => {
    begin([scheduleGroup('nightly', { instances: 2 })]);
    void start(forced('R1'));
    void start(forced('R2'));
    await settle();
    expect(world.host.spawned).toEqual(['nightly_00', 'nightly_01']);
  });

  it('has the first that is free, with as many processes as any run', async () => {
    begin([scheduleGroup('nightly', { instances: 1, processesPerRun: 2 })]);
    void start();
    const results = ['R2', 'R3'].map((id) => start(forced(id)));
    await settle();
    expect(world.host.spawned.slice(2)).toEqual([
      'nightly_00@1',
      'nightly_01@1',
      'nightly_00@2',
      'nightly_01@2',
    ]);
    world.host.exit('nightly_00@1', exitStatus(0));
    world.host.exit('nightly_01@1', exitStatus(0));
    await results[0];
    extraInstances.noteEnd(run('R2'));
    await settle();
    for (const id of ['R4', 'R5']) void start(forced(id));
    await settle();
    expect(world.host.spawned.slice(6)).toEqual([
      'nightly_00@1',
      'nightly_01@1',
      'nightly_00@3',
      'nightly_01@3',
    ]);
  });

  it('tells of its states, and not of its group', async () => {
    void start();
    await settle();
    world.takeEvents();
    void start(forced('R2'));
    await settle();
    world.host.exit('nightly@1', exitStatus(0));
    await settle();
    extraInstances.noteEnd(run('R2'));
    await settle();
    expect(world.takeEvents().map((event) => event.split(' ').slice(0, 2).join(' '))).toEqual([
      'PROCESS_STATE_STARTING processname:nightly@1',
      'PROCESS_STATE_RUNNING processname:nightly@1',
      'PROCESS_STATE_EXITED processname:nightly@1',
    ]);
  });

  it('leaves nothing when it cannot be started now', async () => {
    void start();
    await settle();
    world.supervisor.shutDown('exit');
    expect(await start(forced('R2'))).toMatchObject({ outcome: 'CANCELLED' });
    expect(names()).toEqual(['nightly']);
  });

  it('is a SPAWN_ERROR when the system refuses what it needs, and the schedule goes on', async () => {
    void start();
    await settle();
    world.host.onPrepare = () => {
      throw new Error('no more of that');
    };
    expect(await start(forced('R2'))).toMatchObject({ outcome: 'SPAWN_ERROR', error: 'no more of that' });
    expect(names()).toEqual(['nightly']);
  });

  it('is a SPAWN_ERROR when there are as many as there may be', async () => {
    void start();
    for (let count = 0; count < mostExtraInstances; count += 1) void start(forced(`F${count}`));
    await settle();
    expect(names()).toHaveLength(1 + mostExtraInstances);
    expect(await start(forced('R2'))).toMatchObject({
      outcome: 'SPAWN_ERROR',
      error: '100 runs of schedule nightly are under way beyond its max_instances',
    });
  });

  it('lets nobody else have more than max_instances', async () => {
    void start();
    await settle();
    expect(await start(run('R2'))).toMatchObject({
      outcome: 'SPAWN_ERROR',
      error: 'all its processes are in use',
    });
  });
});

describe('a client that starts a process of a schedule', () => {
  it('asks the schedule for a run, and nothing is started otherwise', async () => {
    const outcome = await world.supervisor.start(world.process('nightly'), { until: 'running' });
    expect(outcome).toEqual({ type: 'refused', reason: 'no scheduler' });
    expect(world.host.spawned).toEqual([]);
  });
});

describe('after another daemon', () => {
  it('a run goes on that has processes, and its end is known if it has ended', async () => {
    const result = start();
    await settle();
    const context = { abortSignal: abort.signal, started: async () => {} };
    const adopted = runsOf(world.supervisor).adopt(run(), context);
    world.host.exit('nightly', exitStatus(0));
    expect(await adopted).toMatchObject({ outcome: 'SUCCESS' });
    expect(await result).toMatchObject({ outcome: 'SUCCESS' });
    const later = runsOf(world.supervisor);
    expect(await later.adopt(run(), context)).toMatchObject({ outcome: 'SUCCESS', exitStatus: 0 });
  });

  it('an extra instance goes when its process has ended, unless its run is under way', async () => {
    void start();
    for (const id of ['R2', 'R3']) void start({ ...run(id), data: dataOfForced });
    await settle();
    const names = () => [...(world.supervisor.groups.get('nightly')?.processes.keys() ?? [])];
    // Whoever has made them sees to them.
    extraInstances.sweep([]);
    world.host.exit('nightly@1', exitStatus(0));
    await settle();
    expect(names()).toEqual(['nightly', 'nightly@1', 'nightly@2']);
    const next = new ExtraInstances({ supervisor: world.supervisor, log: () => {} });
    next.sweep([run('R2')]);
    await settle();
    expect(names()).toEqual(['nightly', 'nightly@1', 'nightly@2']);
    world.host.exit('nightly@2', exitStatus(0));
    await settle();
    expect(names()).toEqual(['nightly', 'nightly@1']);
    next.noteEnd(run('R2'));
    await settle();
    expect(names()).toEqual(['nightly']);
  });

  it('nobody knows of a run that no process was started for, or another attempt', () => {
    void start();
    const context = { abortSignal: abort.signal, started: async () => {} };
    expect(runs.adopt(run('R0'), context)).toBeUndefined();
    expect(runs.adopt(run('R1', 2), context)).toBeUndefined();
    expect(runs.adopt({ ...run(), jobId: 'other' }, context)).toBeUndefined();
  });
});

describe('a daemon that shuts down', () => {
  it('waits for runs as long as it is told to before it stops anything', async () => {
    world = new SimulatedWorld([scheduleGroup('nightly')], {}, { waitForRunsSecs: 30 });
    runs = runsOf(world.supervisor);
    const result = start();
    await settle();
    world.supervisor.shutDown('exit');
    world.clock.advance(29);
    expect(world.host.signals).toEqual([]);
    world.clock.advance(2);
    expect(world.host.signals).toMatchObject([{ signal: 15 }]);
    world.host.reap();
    expect(await result).toMatchObject({ outcome: 'CANCELLED' });
    expect(world.finished).toEqual(['exit']);
  });

  it('ends at once when the runs have ended', async () => {
    world = new SimulatedWorld([scheduleGroup('nightly')], {}, { waitForRunsSecs: 30 });
    runs = runsOf(world.supervisor);
    const result = start();
    await settle();
    world.supervisor.shutDown('exit');
    world.host.exit('nightly', exitStatus(0));
    expect(await result).toMatchObject({ outcome: 'SUCCESS' });
    expect(world.finished).toEqual(['exit']);
  });
});
