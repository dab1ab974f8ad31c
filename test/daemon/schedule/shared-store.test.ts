import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Run } from '../../../schedule/run.ts';
import { TemporaryFiles } from '../../conf/support.ts';
import { describeWithFiles } from '../../support/peer.ts';
import { RedisServer, redisServer } from '../../support/redis-server.ts';
import { ScheduleWorld } from '../../support/schedule-world.ts';
import { waitFor } from '../../support/wait-for.ts';

const nightly = '[schedule:nightly]\ncommand=/bin/nightly\nhour=3\n';
const keys = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));

describeWithFiles('daemons that share a Redis', () => {
  let server: RedisServer;
  const worlds: ScheduleWorld[] = [];
  const directories: TemporaryFiles[] = [];

  beforeEach(async () => {
    server = await RedisServer.start();
  });

  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.leave();
    for (const files of directories.splice(0)) files[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  async function start(node: string, ...sections: readonly string[]): Promise<ScheduleWorld> {
    const files = new TemporaryFiles({});
    directories.push(files);
    const scheduler = `[scheduler]\njobstore=redis\nredis_url=${server.url}\nnode=${node}\n`;
    const conf = `[supervisord]\nlogfile=%(here)s/supervisord.log\n${scheduler}${sections.join('')}`;
    writeFileSync(join(files.directory, 'supervisord.conf'), conf);
    const world = await ScheduleWorld.start(files);
    worlds.push(world);
    return world;
  }

  const commandOf = ({ world }: ScheduleWorld, name: string) =>
    world.supervisor.groups.get(name)?.processes.get(name)?.settings.command;

  it('run what a client of another one has made, as it is by now', async () => {
    const [here, there] = [await start('here'), await start('there')];
    await here.control.addJob('import', keys({ command: '/bin/import', hour: '3', max_instances: '1' }));
    await there.control.runJob('import');
    await waitFor(() => there.world.host.spawned.length === 1, { what: 'the run' });
    expect(commandOf(there, 'import')).toBe('/bin/import');

    const [run] = await there.control.getRuns({ jobId: 'import' });
    there.world.host.exit('import');
    await there.control.waitForRun(run?.id ?? '');
    await here.control.modifyJob('import', keys({ command: '/bin/import --all' }));
    await there.control.runJob('import');
    await waitFor(() => there.world.host.spawned.length === 2, { what: 'the second run' });
    expect(commandOf(there, 'import')).toBe('/bin/import --all');
  });

  it('tell at once of what another one runs, when they are asked', async () => {
    const often = '[schedule:often]\ncommand=/bin/often\nsecond=*\nhosts=there\n';
    const [here, there] = [await start('here', often), await start('there', often)];
    // Time is that of Redis, by which the clocks here go from now on.
    for (const { wallClock } of [here, there]) wallClock.step(Date.now() / 1000 - wallClock.now());
    let run: Run | undefined;
    const isRunning = async () => {
      there.wallClock.advance(0.1);
      [run] = await there.control.getRuns({ jobId: 'often', states: ['active'] });
      return run?.state === 'RUNNING';
    };
    await waitFor(isRunning, { what: 'a run' });
    here.wallClock.advance(10);
    await here.service.catchUp();
    expect(here.world.host.spawned).toEqual([]);
    expect(here.world.view('often').schedule).toMatchObject({ runId: run?.id, lastRun: undefined });

    await there.control.pauseJob('often');
    there.world.host.exit('often');
    await there.control.waitForRun(run?.id ?? '');
    await here.service.catchUp();
    expect(here.world.view('often').description).toMatch(/^paused; last SUCCESS in /);
    // Nothing is to be looked at any more.
    expect(here.service.catchUp()).toBeUndefined();
  });

  it('put there again what their files say when the Redis has lost it', async () => {
    const { control } = await start('here', nightly);
    await server.crash();
    await server.start();
    const isThere = () =>
      control.getJob('nightly').then(
        () => true,
        () => false,
      );
    await waitFor(isThere, { what: 'the schedule' });
  });
}, [redisServer]);
