import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ScheduleRefusal } from '../../../daemon/schedule/control.ts';
import { mostExtraInstances } from '../../../daemon/schedule/extra-instances.ts';
import { TemporaryFiles } from '../../conf/support.ts';
import { ScheduleWorld } from '../../support/schedule-world.ts';
import { exitStatus } from '../../support/simulated-host.ts';
import { SimulatedWallClock } from '../../support/simulated-wall-clock.ts';

const base = `[supervisord]
logfile=%(here)s/supervisord.log
[scheduler]
timezone=UTC
`;
const backup = '[program:backup]\ncommand=/bin/backup\nautostart=false\n';
// The tests begin at 2023-11-14T22:13:21Z.
const nightly = '[schedule:nightly]\nprogram=backup\nhour=3\n';
const often = '[schedule:often]\nprogram=backup\nsecond=*/10\n';

let files: TemporaryFiles;
let wallClock: SimulatedWallClock;
let worlds: ScheduleWorld[];

beforeEach(() => {
  files = new TemporaryFiles({});
  wallClock = new SimulatedWallClock();
  wallClock.advance(1);
  worlds = [];
});
afterEach(async () => {
  for (const world of worlds) await world.leave();
  files[Symbol.dispose]();
});

function configure(...sections: readonly string[]): void {
  writeFileSync(join(files.directory, 'supervisord.conf'), `${base}${backup}${sections.join('')}`);
}

async function start(): Promise<ScheduleWorld> {
  const world = await ScheduleWorld.start(files, wallClock);
  worlds.push(world);
  return world;
}

const keys = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));
const refused = (refusal: ScheduleRefusal, message: unknown = expect.anything()) =>
  expect.objectContaining({ name: 'ScheduleError', refusal, message });

describe('a program that schedules start', () => {
  const web = (...lines: readonly string[]) =>
    `[program:web]\ncommand=/bin/web\nautostart=false\nautorestart=false\n${lines.join('\n')}\n`;
  const cron = web('cron=30 3 * * *');
  const descriptionOf = (at: ScheduleWorld, name: string) => at.world.view(name).description;

  it('says when beside what it says anyway, while it does not run', async () => {
    configure(web('cron=* * * * *', 'startsecs=0'));
    const at = await start();
    const { world } = at;
    expect(descriptionOf(at, 'web')).toBe('Not started; next run 2023-11-14T22:14:00+00:00');
    await at.advance(40);
    expect(descriptionOf(at, 'web')).toMatch(/^pid \d+, uptime 0:00:\d\d$/);
    world.host.exit('web', exitStatus(3));
    await at.settle();
    expect(descriptionOf(at, 'web')).toMatch(
      /^[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M; next run 2023-11-14T22:15:00\+00:00; last start SUCCESS, 00:\d\d ago$/,
    );
    expect(world.view('web').schedule?.lastRun?.outcome).toBe('SUCCESS');
  });

  it('keeps the reason why it is FATAL first', async () => {
    configure(web('cron=30 3 * * *', 'startretries=0'));
    const at = await start();
    at.world.host.child('web').spawnFailure = 'no such thing';
    await at.control.runJob('web');
    await at.settle();
    expect(descriptionOf(at, 'web')).toMatch(
      /no such thing; next run 2023-11-15T03:30:00\+00:00; last start FAILED, 00:00 ago$/,
    );
  });

  it('says so of all its processes, in whatever groups', async () => {
    configure(
      cron,
      'numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n[group:a]\nprograms=web\n[group:b]\nprograms=web,backup\n',
    );
    const at = await start();
    const descriptions = [...at.world.supervisor.groups.values()].flatMap(({ settings, processes }) =>
      [...processes.values()].map((process) => [`${settings.name}:${process.settings.name}`, process.view()]),
    );
    const next = { description: 'Not started; next run 2023-11-15T03:30:00+00:00' };
    expect(Object.fromEntries(descriptions)).toMatchObject({
      'a:web_0': next,
      'a:web_1': next,
      'b:web_0': next,
      'b:web_1': next,
      'b:backup': { description: 'Not started', schedule: undefined },
    });
  });

  it('says so too if a schedule of its own does it, and tells of the one that comes first', async () => {
    const at8 = '[schedule:morning]\nprogram=web\naction=start\nhour=8\n';
    const at7 = '[schedule:early]\nprogram=web:web\naction=start\nhour=7\n';
    const others = ['stop', 'restart', 'signal:HUP']
      .map((action, hour) => `[schedule:${hour}]\nprogram=web\naction=${action}\nhour=${hour}\n`)
      .join('');
    configure(web(), others);
    const first = await start();
    expect(descriptionOf(first, 'web')).toBe('Not started');
    configure(web(), others, at8);
    await first.update(files);
    expect(descriptionOf(first, 'web')).toBe('Not started; next run 2023-11-15T08:00:00+00:00');
    configure(web(), others, at8, at7);
    await first.update(files);
    expect(descriptionOf(first, 'web')).toBe('Not started; next run 2023-11-15T07:00:00+00:00');
    await first.control.pauseJob('early');
    await first.settle();
    expect(descriptionOf(first, 'web')).toBe('Not started; next run 2023-11-15T08:00:00+00:00');
  });

  it('says why none will, if the job store cannot be used', async () => {
    writeFileSync(join(files.directory, 'supervisord.schedule.db'), 'no database at all, by its length');
    configure(cron);
    const at = await start();
    expect(descriptionOf(at, 'web')).toMatch(/^Not started; cannot use job store .*; no next run$/);
  });
});

describe('schedules of files', () => {
  it('wait for their time, run, and are shown with what comes and what was', async () => {
    configure(often);
    const at = await start();
    const { world, control } = at;
    expect(world.view('often').description).toBe('next run 2023-11-14T22:13:30+00:00');
    await at.advance(11);
    expect(world.view('often').state).toBe('RUNNING');
    world.host.exit('often', exitStatus(0));
    await at.settle();
    expect(world.view('often')).toMatchObject({
      state: 'EXITED',
      description: 'next run 2023-11-14T22:13:40+00:00; last SUCCESS in 2.0s, 00:00 ago',
    });
    expect(await control.getJob('often')).toMatchObject({
      source: 'file',
      state: 'WAITING',
      action: '/bin/backup',
      trigger: "cron[second='*/10']",
      lastRun: { state: 'SUCCESS', exitStatus: 0 },
    });
  });

  it('keep their next time over a restart as long as they say the same', async () => {
    configure('[schedule:nightly]\nprogram=backup\ndays=1\n');
    const first = await start();
    const { nextRunTime } = await first.control.getJob('nightly');
    await first.stop();
    wallClock.advance(3600);
    const second = await start();
    expect((await second.control.getJob('nightly')).nextRunTime).toEqual(nextRunTime);
    await second.stop();
    configure('[schedule:nightly]\nprogram=backup\ndays=2\n');
    const third = await start();
    const next = (await third.control.getJob('nightly')).nextRunTime;
    expect(next?.getTime()).toBe(wallClock.now() * 1000 + 2 * 86_400_000);
  });

  it('keep their next time when something else about them is changed', async () => {
    configure('[schedule:nightly]\nprogram=backup\ndays=1\n');
    const at = await start();
    const { nextRunTime } = await at.control.getJob('nightly');
    await at.advance(10);
    configure('[schedule:nightly]\nprogram=backup\ndays=1\ntimeout=1h\n');
    await at.update(files);
    expect(await at.control.getJob('nightly')).toMatchObject({ nextRunTime, spec: { timeout: 3600 } });
  });

  it('stay paused when somebody has paused them, until somebody resumes them', async () => {
    configure(often);
    const first = await start();
    await first.control.pauseJob('often');
    await first.stop();
    const second = await start();
    await second.advance(30);
    expect(second.world.host.spawned).toEqual([]);
    expect(second.world.view('often').description).toBe('paused');
    await second.control.resumeJob('often');
    await second.advance(11);
    expect(second.world.host.spawned).toEqual(['often']);
  });

  it('are paused from the beginning with paused=true, and resumed when that is taken away', async () => {
    configure(`${often}paused=true\n`);
    const at = await start();
    await at.advance(20);
    expect(at.world.host.spawned).toEqual([]);
    configure(often);
    await at.update(files);
    await at.advance(11);
    expect(at.world.host.spawned).toEqual(['often']);
  });

  it('catch up once with what was due while there was no daemon', async () => {
    configure(`${often}misfire_grace_time=1h\n`);
    const first = await start();
    await first.advance(9);
    first.world.host.exit('often', exitStatus(0));
    await first.settle();
    await first.stop();
    wallClock.advance(35);
    const second = await start();
    expect(second.world.host.spawned).toEqual(['often']);
    const runs = await second.control.getRuns({ jobId: 'often' });
    expect(
      runs.map(({ state, cause, fireTime }) => `${state} ${cause} ${fireTime.getTime() / 1000}`).sort(),
    ).toEqual([
      'COALESCED catchup 1700000020',
      'COALESCED catchup 1700000030',
      'RUNNING catchup 1700000040',
      'SUCCESS schedule 1700000010',
    ]);
  });

  it('say so while the job store fails, and go on when it works again', async () => {
    configure(`${often}misfire_grace_time=1h\n`);
    const at = await start();
    const store = join(files.directory, 'supervisord.schedule.db');
    rmSync(store);
    writeFileSync(store, 'Somebody needs this.');
    await at.advance(11);
    expect(at.world.host.spawned).toEqual([]);
    expect(at.world.view('often').description).toBe(
      `Cannot write to job store "${store}": another file has its name; next run 2023-11-14T22:13:30+00:00`,
    );
    expect(await at.control.view()).toMatchObject({ state: 'UNAVAILABLE' });
    rmSync(store);
    await at.advance(12);
    expect(at.world.host.spawned).toEqual(['often']);
    expect(at.world.view('often').description).toMatch(/^pid /);
    expect(await at.control.view()).toMatchObject({ state: 'RUNNING', problem: undefined });
    expect(at.lines).toContainEqual(`warn '${store}' was removed, and has been made again`);
    const runs = await at.control.getRuns({ jobId: 'often' });
    expect(runs.map(({ fireTime }) => fireTime.getTime() / 1000).sort()).toEqual([
      1_700_000_010, 1_700_000_020,
    ]);
  });

  it('say so if their hosts are others, with whom no store is shared', async () => {
    configure(`${often}hosts=elsewhere\n`);
    const at = await start();
    await at.advance(20);
    expect(at.world.host.spawned).toEqual([]);
    expect(at.world.view('often').description).toBe('hosts does not name this node; no next run');
  });

  it('are gone with their section, their history stays', async () => {
    configure(often);
    const at = await start();
    await at.advance(9);
    at.world.host.exit('often', exitStatus(0));
    await at.settle();
    configure();
    await at.update(files);
    await expect(at.control.getJob('often')).rejects.toEqual(
      refused('unknown-job', 'No job by the id of often was found'),
    );
    expect(await at.control.getRuns({ jobId: 'often' })).toHaveLength(1);
    configure(often);
    await at.update(files);
    expect((await at.control.getJob('often')).state).toBe('WAITING');
  });

  it("go on where they stand when supervisord's client changes them, which removes and adds the group", async () => {
    configure('[schedule:nightly]\nprogram=backup\ndays=1\nrun_on_start=true\n');
    const at = await start();
    at.world.host.exit('nightly', exitStatus(0));
    await at.settle();
    const { nextRunTime } = await at.control.getJob('nightly');
    const { supervisor } = at.world;
    for (const isPaused of [false, true]) {
      if (isPaused) await at.control.pauseJob('nightly');
      await at.advance(5);
      const settings = supervisor.groups.get('nightly')?.settings;
      supervisor.removeGroup('nightly');
      await at.settle();
      await expect(at.control.getJob('nightly')).rejects.toEqual(refused('unknown-job'));
      if (settings !== undefined) supervisor.addGroup(settings);
      await at.settle();
      const job = await at.control.getJob('nightly');
      expect([job.state, job.nextRunTime]).toEqual(
        isPaused ? ['PAUSED', undefined] : ['WAITING', nextRunTime],
      );
    }
    expect(at.world.host.spawned).toEqual(['nightly']);
  });

  it('run once when they are first loaded, if they say so', async () => {
    configure(`${nightly}run_on_start=true\n`);
    const first = await start();
    expect(first.world.host.spawned).toEqual(['nightly']);
    first.world.host.exit('nightly', exitStatus(0));
    await first.settle();
    await first.stop();
    const second = await start();
    expect(second.world.host.spawned).toEqual([]);
  });

  it('wake nobody before their time', async () => {
    configure(nightly);
    const at = await start();
    const wakes = wallClock.wakes;
    await at.advance(600);
    expect(wallClock.wakes).toBe(wakes);
    expect(at.world.clock.armedTimers).toBe(0);
    await at.control.pauseJob('nightly');
    expect(wallClock.openAlarms).toBe(0);
  });

  it('belong to their file: a client cannot change or remove them', async () => {
    configure(nightly);
    const { control } = await start();
    const where = `schedule nightly is from ${join(files.directory, 'supervisord.conf')}:8`;
    for (const request of [
      () => control.modifyJob('nightly', keys({ hour: '4' })),
      () => control.rescheduleJob('nightly', keys({ hour: '4' })),
      () => control.removeJob('nightly'),
    ]) {
      await expect(request()).rejects.toEqual(refused('from-file', where));
    }
    await expect(control.addJob('nightly', keys({ command: '/bin/x', hour: '1' }))).rejects.toEqual(
      refused('conflict', 'Job identifier (nightly) conflicts with an existing job'),
    );
    expect(await control.removeAllJobs()).toBe(0);
  });

  it('are told with where each key comes from', async () => {
    configure(nightly);
    const { control } = await start();
    const { keys: origins, origin } = await control.getJob('nightly');
    const file = join(files.directory, 'supervisord.conf');
    expect(origin).toBe(`${file}:8`);
    expect(origins?.get('hour')).toEqual({ value: '3', origin: `${file}:10` });
    expect(origins?.get('timezone')).toEqual({ value: 'UTC', origin: `${file}:4` });
    expect(origins?.get('overlap')).toEqual({ value: 'skip', origin: 'default' });
  });

  it('are followed by what they name also when a run has failed and its retry comes too late', async () => {
    configure(
      '[schedule:first]\nprogram=backup\nhour=3\nretries=1\non_failure=schedule:second\n',
      '[schedule:second]\nprogram=backup\nhour=4\n',
    );
    const before = await start();
    const run = await before.control.runJob('first');
    await before.settle();
    before.world.host.exit('first', exitStatus(1));
    await before.settle();
    await before.leave();
    wallClock.advance(300);
    const { control, world } = await start();
    expect((await control.waitForRun(run)).state).toBe('MISSED');
    expect(world.host.spawned).toEqual(['second']);
  });

  it('are followed by what they name also when a run is found to be lost', async () => {
    configure(
      '[schedule:first]\nprogram=backup\nhour=3\non_failure=schedule:second\n',
      '[schedule:second]\nprogram=backup\nhour=4\n',
    );
    const before = await start();
    const run = await before.control.runJob('first');
    await before.settle();
    await before.leave();
    // Its children are not there any more.
    const { control, world } = await start();
    expect((await control.waitForRun(run)).state).toBe('LOST');
    expect(world.host.spawned).toEqual(['second']);
  });
});

describe('schedules of clients', () => {
  it('are made, run, changed and removed, each with a group of its own', async () => {
    configure();
    const at = await start();
    const { control, world } = at;
    expect(await control.addJob('mine', keys({ command: '/bin/mine', second: '*/10' }))).toMatchObject({
      source: 'rpc',
      origin: 'rpc',
      state: 'WAITING',
      action: '/bin/mine',
    });
    await at.advance(9);
    expect(world.host.spawned).toEqual(['mine']);
    world.host.exit('mine', exitStatus(0));
    await at.settle();
    const { nextRunTime } = await control.getJob('mine');
    expect(await control.modifyJob('mine', keys({ timeout: '60' }))).toMatchObject({
      nextRunTime,
      spec: { timeout: 60 },
    });
    const { spec } = await control.modifyJob('mine', keys({ timeout: '' }));
    expect(spec.timeout).toBeNull();
    expect((await control.rescheduleJob('mine', keys({ hour: '1' }))).trigger).toBe("cron[hour='1']");
    expect((await control.rescheduleJob('mine', keys({ second: '*/10' }))).isPaused).toBe(false);
    await control.pauseJob('mine');
    await control.runJob('mine');
    await at.settle();
    expect(await control.getJob('mine')).toMatchObject({ state: 'RUNNING', isPaused: true });
    expect((await control.rescheduleJob('mine', keys({ hour: '2' }))).isPaused).toBe(false);
    world.host.exit('mine', exitStatus(0));
    await control.removeJob('mine');
    await at.settle();
    expect([...world.supervisor.groups.keys()]).toEqual(['backup']);
    await expect(control.getJob('mine')).rejects.toEqual(refused('unknown-job'));
  });

  it('are not lost to one another when several are made at the same time', async () => {
    configure();
    const at = await start();
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map((name) => at.control.addJob(name, keys({ command: '/bin/x', second: '*/10' }))),
    );
    await at.settle();
    await at.advance(9);
    expect(at.world.host.spawned.sort()).toEqual(names);
  });

  it('stay over a restart, and over an update of the files', async () => {
    configure();
    const first = await start();
    await first.control.addJob('mine', keys({ program: 'backup', hour: '3' }));
    await first.stop();
    configure(nightly);
    const second = await start();
    expect([...second.world.supervisor.groups.keys()]).toEqual(['backup', 'nightly', 'mine']);
    configure();
    await second.update(files);
    expect((await second.control.getJobs()).map(({ id }) => id)).toEqual(['mine']);
    expect(second.world.view('mine').description).toBe('next run 2023-11-15T03:00:00+00:00');
  });

  it('go with their group, when a client removes that', async () => {
    configure();
    const at = await start();
    await at.control.addJob('mine', keys({ program: 'backup', hour: '3' }));
    at.world.supervisor.removeGroup('mine');
    await at.settle();
    expect(await at.control.getJobs()).toEqual([]);
  });

  it('that do not make sense any more are told of once, and do not run', async () => {
    configure('[program:other]\ncommand=/bin/other\nautostart=false\n');
    const first = await start();
    await first.control.addJob('mine', keys({ program: 'other', second: '*/10' }));
    await first.stop();
    configure();
    const second = await start();
    expect(second.takeLines()).toContainEqual(
      expect.stringMatching(/^warn schedule 'mine', which a client has made, cannot be run: .*other/),
    );
    await second.advance(11);
    expect(await second.control.getRuns({ jobId: 'mine' })).toMatchObject([{ state: 'SPAWN_ERROR' }]);
    expect(second.takeLines().filter((line) => line.includes('which a client has made'))).toEqual([]);
  });

  it('are refused with what is wrong with them', async () => {
    configure();
    const { control } = await start();
    for (const [entries, text] of [
      [{ command: '/bin/x', hour: '24' }, /hour/],
      [{ command: '/bin/x' }, /nothing says when|when/],
      [{ program: 'nobody', hour: '1' }, /nobody/],
      [{ command: '/bin/x', hour: '1', colour: 'red' }, /unknown key/],
    ] as const) {
      await expect(control.addJob('mine', keys(entries))).rejects.toEqual(
        refused('invalid', expect.stringMatching(text)),
      );
    }
    expect(await control.getJobs()).toEqual([]);
  });
});

it('each attempt of a run that follows another is told which one that is', async () => {
  const chained = '[schedule:next]\nprogram=backup\nhour=4\nretries=1\nretry_delay=0\n';
  configure(`${nightly}on_success=schedule:next\n`, chained);
  const at = await start();
  const { host } = at.world;
  const id = await at.control.runJob('nightly');
  await at.settle();
  host.exit('nightly', exitStatus(0));
  await at.settle();
  host.exit('next', exitStatus(1));
  await at.settle();
  host.exit('next', exitStatus(0));
  await at.settle();
  const told = host
    .child('next')
    .occasions.map((occasion) => [
      occasion?.environment.get('SUPERVISOR_ATTEMPT'),
      occasion?.environment.get('SUPERVISOR_CAUSE_RUN_ID'),
    ]);
  expect(told).toEqual([
    ['1', id],
    ['2', id],
  ]);
});

describe('what clients ask of runs', () => {
  it('a run now, which is waited for', async () => {
    configure(nightly);
    const at = await start();
    const id = await at.control.runJob('nightly');
    const ended = at.control.waitForRun(id);
    await at.settle();
    await expect(at.control.runJob('nightly')).rejects.toEqual(refused('max-instances'));
    expect(await at.control.getRuns({ jobId: 'nightly' })).toHaveLength(1);
    expect((await at.control.getJob('nightly')).state).toBe('RUNNING');
    at.world.host.exit('nightly', exitStatus(4));
    expect(await ended).toMatchObject({ id, state: 'FAILED', exitStatus: 4, cause: 'manual' });
  });

  it('a run beside one that is under way, in a process that is gone when the outcome is on record', async () => {
    configure(nightly);
    const at = await start();
    const { control, world } = at;
    const names = () => [...(world.supervisor.groups.get('nightly')?.processes.keys() ?? [])];
    await control.runJob('nightly', { force: true });
    await at.settle();
    expect(names()).toEqual(['nightly']);
    const id = await control.runJob('nightly', { force: true });
    await at.settle();
    expect(names()).toEqual(['nightly', 'nightly@1']);
    expect(world.view('nightly@1', 'nightly').state).toBe('RUNNING');
    world.host.exit('nightly@1', exitStatus(0));
    expect(await control.waitForRun(id)).toMatchObject({ state: 'SUCCESS', cause: 'manual' });
    await at.settle();
    expect(names()).toEqual(['nightly']);
    // It counted for those that nobody forces.
    await expect(control.runJob('nightly')).rejects.toEqual(refused('max-instances'));
  });

  it('no more of these than there can be a reason for, which is no failure of the schedule', async () => {
    configure(`${nightly}max_instances=2\n`);
    const at = await start();
    for (let count = 0; count < 2 + mostExtraInstances; count += 1) {
      await at.control.runJob('nightly', { force: true });
    }
    await expect(at.control.runJob('nightly', { force: true })).rejects.toEqual(
      refused('max-instances', '100 runs of schedule nightly are under way beyond its max_instances'),
    );
    expect(await at.control.getRuns({ jobId: 'nightly', states: ['SPAWN_ERROR'] })).toEqual([]);
    expect(at.world.host.spawned).toHaveLength(2 + mostExtraInstances);
  });

  it('the log of an attempt, if there was such a one', async () => {
    configure(nightly);
    const { control } = await start();
    const id = await control.runJob('nightly');
    await expect(control.readRunLog(id, 'stdout', { offset: 0, length: 1, attempt: 9 })).rejects.toEqual(
      refused('unknown-run', `run ${id} has no attempt 9`),
    );
  });

  it('an end of a run, which is CANCELLED', async () => {
    configure(nightly);
    const at = await start();
    const id = await at.control.runJob('nightly');
    await at.settle();
    const stopped = at.control.stopRun(id);
    await at.settle();
    at.world.host.reap();
    expect(await stopped).toMatchObject({ state: 'CANCELLED' });
    await expect(at.control.stopRun(id)).rejects.toEqual(refused('not-running'));
    await expect(at.control.stopRun('nobody')).rejects.toEqual(refused('unknown-run'));
  });

  it('times of a schedule, or of keys', async () => {
    configure(nightly);
    const { control } = await start();
    const from = new Date('2024-02-28T12:00:00Z');
    const times = [new Date('2024-02-29T03:00:00Z'), new Date('2024-03-01T03:00:00Z')];
    expect(await control.getNextFireTimes('nightly', { count: 2, from })).toEqual({
      trigger: "cron[hour='3']",
      timezone: 'UTC',
      times,
    });
    expect(await control.getNextFireTimes(keys({ cron: '0 3 * * *' }), { count: 2, from })).toMatchObject({
      times,
    });
    await expect(control.validate('x', keys({ hour: '3' }))).rejects.toEqual(refused('invalid'));
  });

  it('a pause of everything, which stays when another daemon goes on', async () => {
    configure(often);
    const first = await start();
    await first.control.pause();
    await first.leave();
    const second = await start();
    expect((await second.control.view()).state).toBe('PAUSED');
    await second.advance(30);
    expect(second.world.host.spawned).toEqual([]);
    expect(second.world.view('often').description).toMatch(/^scheduler paused; next run /);
    await second.control.resume();
    await second.advance(10);
    expect(second.world.host.spawned).toEqual(['often']);
    expect((await second.control.view()).state).toBe('RUNNING');
  });
});

describe('what follows a run', () => {
  it('is seen to by the next daemon, if the one before was killed in that moment', async () => {
    configure(`${nightly}on_failure=program:backup\n`);
    const first = await start();
    const id = await first.control.runJob('nightly');
    await first.settle();
    first.world.host.exit('nightly', exitStatus(1));
    await first.control.waitForRun(id);
    expect(first.world.host.spawned).toEqual(['nightly', 'backup']);
    await first.stop();
    const store = new DatabaseSync(join(files.directory, 'supervisord.schedule.db'));
    store.exec('UPDATE runs SET is_settled = 0');
    store.close();
    const second = await start();
    expect(second.world.host.spawned).toEqual(['backup']);
    expect(second.world.host.child('backup').occasions).toMatchObject([{ runId: id }]);
    expect((await second.control.getRun(id)).map(({ isSettled }) => isSettled)).toEqual([true]);
  });
});

describe('event listeners', () => {
  it('hear of each step of a run, and of each change of a schedule', async () => {
    configure(often);
    const at = await start();
    await at.advance(9);
    expect(at.takeEvents()).toEqual([
      'SCHEDULE_STATE_STARTED node:node1 code:1',
      'SCHEDULE_JOB_ADDED schedule:often source:file code:512',
      expect.stringMatching(
        /^SCHEDULE_RUN_SUBMITTED schedule:often run:\w+ scheduled:1700000010\.000 cause:schedule attempt:1 node:node1 code:32768$/,
      ),
      expect.stringMatching(/^SCHEDULE_RUN_STARTED schedule:often .* code:131072 late:0\.000 pid:100$/),
    ]);
    await at.advance(2);
    at.world.host.exit('often', exitStatus(1));
    await at.settle();
    expect(at.takeEvents()).toEqual([
      expect.stringMatching(
        /^SCHEDULE_RUN_ERROR .* code:8192 late:0\.000 pid:100 outcome:FAILED exitstatus:1 expected:0 duration:2\.000$/,
      ),
    ]);
    await at.control.pauseJob('often');
    expect(
      at
        .takeEvents()
        .map((event) => event.split(' ')[0])
        .sort(),
    ).toEqual(['SCHEDULE_JOB_MODIFIED', 'SCHEDULE_JOB_PAUSED']);
    await at.stop();
    expect(at.takeEvents()).toEqual(['SCHEDULE_STATE_SHUTDOWN node:node1 code:2']);
  });
});
