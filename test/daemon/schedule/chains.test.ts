import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ScheduleSettings } from '../../../conf/schedule-settings.ts';
import { after, type Instant } from '../../../daemon/host/clock.ts';
import { Chains } from '../../../daemon/schedule/chains.ts';
import { idOfFollower } from '../../../daemon/schedule/variables.ts';
import type { RunQuery } from '../../../schedule/job-store.ts';
import type { Run } from '../../../schedule/run.ts';
import type { RunOptions } from '../../../schedule/scheduler-options.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

let world: SimulatedWorld;
let chains: Chains;
let now: Instant;
let lines: string[];
let asked: { readonly schedule: string; readonly options: RunOptions }[];
/** What the store has, the newest first. */
let records: Run[];

const program = { type: 'program', section: 'program:page' } as const;

function run(id: string, state: Run['state'], attempt = 1): Run {
  const [fireTime, ended] = [new Date('2026-01-01T03:00:00Z'), new Date('2026-01-01T03:01:00Z')];
  return { id, attempt, jobId: 'nightly', state, fireTime, ended, exitStatus: 7 } as Run;
}

function schedule(changes: Partial<ScheduleSettings>): ScheduleSettings {
  return {
    failure_threshold: 1,
    retries: 0,
    max_instances: 1,
    on_success: undefined,
    on_failure: undefined,
    ...changes,
  } as ScheduleSettings;
}

beforeEach(() => {
  world = new SimulatedWorld([
    groupSettings('page', [{ name: 'page', autostart: false, startsecs: 0, autorestart: 'never' }]),
  ]);
  now = 1000 as Instant;
  lines = [];
  asked = [];
  records = [];
  chains = new Chains({
    supervisor: world.supervisor,
    scheduler: () => ({
      getRuns: async ({ limit }: RunQuery = {}) => records.slice(0, limit),
      runJob: async (name: string, options: RunOptions = {}) => {
        asked.push({ schedule: name, options });
        return run('new', 'STARTING');
      },
    }),
    now: () => now,
    log: (_, text) => void lines.push(text),
  });
});

it('starts a program after a failure, with the run that has led to it', async () => {
  await chains.follow(run('R1', 'FAILED'), schedule({ on_failure: program }), 'Europe/Berlin');
  expect(world.host.spawned).toEqual(['page']);
  const [occasion] = world.host.child('page').occasions;
  expect(Object.fromEntries(occasion?.environment ?? [])).toEqual({
    SUPERVISOR_CAUSE_SCHEDULE: 'nightly',
    SUPERVISOR_CAUSE_RUN_ID: 'R1',
    SUPERVISOR_CAUSE_SCHEDULED: '2026-01-01T04:00:00+01:00',
    SUPERVISOR_CAUSE_OUTCOME: 'FAILED',
    SUPERVISOR_CAUSE_EXITSTATUS: '7',
  });
  expect(lines).toEqual(["on_failure of schedule 'nightly' (run R1): starting program page"]);
});

it('counts TIMEOUT, SPAWN_ERROR and LOST as failures, and nothing else', async () => {
  const settings = schedule({ on_failure: { type: 'schedule', name: 'other' } });
  for (const state of ['SUCCESS', 'CANCELLED', 'SKIPPED', 'MISSED', 'COALESCED'] as const) {
    await chains.follow(run('R1', state), settings, 'UTC');
  }
  expect(asked).toEqual([]);
  for (const state of ['FAILED', 'TIMEOUT', 'SPAWN_ERROR', 'LOST'] as const) {
    await chains.follow(run('R1', state), settings, 'UTC');
  }
  expect(asked).toHaveLength(4);
});

it('starts a program once for a run, also if it is asked again by the next daemon, and again for the next run', async () => {
  const settings = schedule({ on_failure: program });
  await chains.follow(run('R1', 'FAILED'), settings, 'UTC');
  world.host.exit('page');
  await chains.follow(run('R1', 'FAILED'), settings, 'UTC');
  expect(world.host.spawned).toEqual(['page']);
  await chains.follow(run('R2', 'FAILED'), settings, 'UTC');
  expect(world.host.spawned).toEqual(['page', 'page']);
});

it('leaves alone a program that runs', async () => {
  await chains.follow(run('R1', 'FAILED'), schedule({ on_failure: program }), 'UTC');
  await chains.follow(run('R2', 'FAILED'), schedule({ on_failure: program }), 'UTC');
  expect(world.host.spawned).toEqual(['page']);
});

it('asks for a run of a schedule by an id that is always the same for that run', async () => {
  const settings = schedule({ on_success: { type: 'schedule', name: 'other' } });
  await chains.follow(run('R1', 'SUCCESS'), settings, 'UTC');
  await chains.follow(run('R1', 'SUCCESS'), settings, 'UTC');
  await chains.follow(run('R2', 'SUCCESS'), settings, 'UTC');
  expect(asked).toMatchObject([
    { schedule: 'other', options: { cause: 'chain', runId: idOfFollower(run('R1', 'SUCCESS'), 'other') } },
    { options: { runId: asked[0]?.options.runId } },
    { options: { runId: idOfFollower(run('R2', 'SUCCESS'), 'other') } },
  ]);
  expect(asked[0]?.options.runId).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  expect(asked[2]?.options.runId).not.toBe(asked[0]?.options.runId);
});

describe('what a chain comes back to', () => {
  /** Has a run of the last that was asked for, of whatever schedule, end now. */
  const followLast = async (next: string) => {
    const id = asked.at(-1)?.options.runId ?? 'R1';
    await chains.follow(
      run(id, 'SUCCESS'),
      schedule({ on_success: { type: 'schedule', name: next } }),
      'UTC',
    );
    return asked.at(-1)?.options.delay;
  };
  const pass = (seconds: number) => {
    now = after(now, seconds);
  };

  it('waits until a second has passed since it was to start', async () => {
    expect(await followLast('a')).toBe(0);
    pass(0.25);
    expect(await followLast('b')).toBe(0);
    pass(0.25);
    expect(await followLast('a')).toBe(0.5);
    expect(lines.at(-1)).toMatch(/ starting schedule a in 0\.5 s, as runs follow each other in a circle$/);
    pass(0.5);
    expect(await followLast('b')).toBe(0.25);
    pass(0.25);
    expect(await followLast('b')).toBe(1);
  });

  it('starts at once if the way there has taken a second', async () => {
    await followLast('a');
    pass(1);
    expect(await followLast('a')).toBe(0);
    pass(0.5);
    await followLast('b');
    pass(0.5);
    expect(await followLast('a')).toBe(0);
  });

  it('starts at once if it was another chain that was there', async () => {
    const settings = schedule({ on_success: { type: 'schedule', name: 'notify' } });
    for (const id of ['R1', 'R2', 'R3']) await chains.follow(run(id, 'SUCCESS'), settings, 'UTC');
    expect(asked.map(({ options }) => options.delay)).toEqual([0, 0, 0]);
  });
});

it('waits for as many failures in a row as it is told to', async () => {
  const settings = schedule({
    on_failure: { type: 'schedule', name: 'other' },
    failure_threshold: 3,
    retries: 1,
  });
  const follow = async (...newestFirst: Run[]) => {
    records = newestFirst;
    await chains.follow(newestFirst[0] as Run, settings, 'UTC');
    return asked.splice(0).length;
  };
  const failed = (id: string) => [run(id, 'FAILED', 2), run(id, 'FAILED', 1)];
  expect(await follow(...failed('R2'), ...failed('R1'))).toBe(0);
  expect(await follow(...failed('R3'), ...failed('R2'), ...failed('R1'))).toBe(1);
  expect(await follow(...failed('R4'), ...failed('R3'), ...failed('R2'), ...failed('R1'))).toBe(1);
  expect(await follow(...failed('R4'), ...failed('R3'), run('R2', 'SUCCESS'), ...failed('R1'))).toBe(0);
});

it('counts failures in the order in which runs have ended', async () => {
  const settings = schedule({ on_failure: program, failure_threshold: 2, max_instances: 2 });
  const first = { ...run('R1', 'FAILED'), ended: new Date('2026-01-01T03:02:00Z') };
  const second = run('R2', 'FAILED');
  records = [second];
  await chains.follow(second, settings, 'UTC');
  expect(world.host.spawned).toEqual([]);
  records = [second, first];
  await chains.follow(first, settings, 'UTC');
  expect(world.host.spawned).toEqual(['page']);
});

it('counts failures behind any number of forced runs that began later and ended later', async () => {
  const settings = schedule({ on_failure: program, failure_threshold: 2 });
  const later = { ended: new Date('2026-01-01T03:02:00Z') };
  const forced = Array.from({ length: 50 }, (_, index) => ({
    ...run(`S${99 - index}`, 'SUCCESS'),
    ...later,
  }));
  const failed = run('R2', 'FAILED');
  records = [...forced, failed, run('R1', 'FAILED')];
  await chains.follow(failed, settings, 'UTC');
  expect(world.host.spawned).toEqual(['page']);
});

it('says so when the daemon shuts down, or the program is not there', async () => {
  const missing = { type: 'program', section: 'program:gone' } as const;
  await chains.follow(run('R1', 'FAILED'), schedule({ on_failure: missing }), 'UTC');
  expect(lines.at(-1)).toBe(
    "on_failure of schedule 'nightly' (run R1): cannot start program gone: BAD_NAME: gone",
  );
  world.supervisor.shutDown('exit');
  await chains.follow(run('R2', 'FAILED'), schedule({ on_failure: program }), 'UTC');
  expect(lines.at(-1)).toBe(
    "on_failure of schedule 'nightly' (run R2): program page is not started: supervisord is shutting down",
  );
  expect(world.host.spawned).toEqual([]);
});
