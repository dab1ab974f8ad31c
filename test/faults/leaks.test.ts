/**
 * What a daemon does all day must cost nothing that stays: neither descriptors nor memory.
 *
 * `LONG_TESTS=1` does all of it ten times as often, and says what it has found.
 */
import process, { env } from 'node:process';
import { expect, it } from '@jest/globals';
import { type Daemon, type DaemonOptions, startDaemon } from '../support/daemons.ts';
import { usageOf } from '../support/process-usage.ts';
import {
  anonymousKilobytes,
  childrenOf,
  fullLog,
  openDescriptors,
  waitForState,
} from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const isLong = env['LONG_TESTS'] !== undefined;
const times = (few: number): number => (isLong ? 10 * few : few);
const limit = isLong ? 30 * 60_000 : 300_000;

const healthy = '[program:healthy]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=%(here)s/healthy\n';

/** A daemon whose memory shows what it keeps: V8 lets its young generation grow by 48 MB as it likes. */
const start = (options: Omit<DaemonOptions, 'implementation'>): Promise<Daemon> =>
  startDaemon({
    implementation: 'ours',
    environment: { NODE_OPTIONS: '--max-semi-space-size=1' },
    ...options,
  });

/**
 * Does something again and again; after the first part, in which memory reaches its size, nothing may grow.
 */
async function isFlat(daemon: Daemon, what: string, work: (share: number) => Promise<void>): Promise<void> {
  const measure = () => ({
    descriptors: openDescriptors(daemon.pid),
    memory: anonymousKilobytes(daemon.pid),
  });
  await work(0.3);
  const before = measure();
  await work(0.7);
  await waitFor(() => openDescriptors(daemon.pid) <= before.descriptors, {
    what: `no more than ${before.descriptors} descriptors`,
  });
  const after = measure();
  if (isLong) process.stdout.write(`${what}: ${JSON.stringify({ before, after })}\n`);
  // If the daemon has compacted its memory before the first measurement, it has taken some 16 MB again.
  expect(after.memory - before.memory).toBeLessThan(24_000);
  expect(await fullLog(daemon)).not.toMatch(/Uncaught|\.ts:/);
}

const restarts = times(1_000);
it(
  `has no more descriptors and memory after ${restarts} restarts of programs that crash at once`,
  async () => {
    await using daemon = await start({
      supervisord: 'logfile_maxbytes=1MB\nlogfile_backups=1',
      configuration: `[program:loop]\ncommand=/bin/sh -c "echo out; echo err >&2; exit 1"\nstartsecs=0\nautorestart=true\nstdout_logfile_maxbytes=10KB\n${healthy}`,
    });
    await waitForState(daemon, 'healthy', 'RUNNING');
    let target = 0;
    await isFlat(daemon, `${restarts} restarts`, async (share) => {
      target += share * restarts;
      await waitFor(async () => (await usageOf(daemon, 'loop', 'restarts')) >= target, {
        what: `${target} restarts`,
        limit,
      });
    });
    await daemon.rpc('supervisor.stopProcess', 'loop').catch(() => undefined);
    await waitFor(() => childrenOf(daemon.pid).length === 1, { what: 'no zombies' });
  },
  limit,
);

const rereadings = times(100);
it(
  `has no more descriptors and memory after ${rereadings} times of reading its configuration and changing groups`,
  async () => {
    const changing = (round: number): string =>
      `[program:changing]\ncommand=/bin/sleep ${1000 + round}\nnumprocs=2\nprocess_name=%(process_num)d\nstartsecs=0\n[eventlistener:listener]\ncommand=/bin/sleep ${1000 + round}\nevents=PROCESS_STATE\nstartsecs=0\n${healthy}`;
    await using daemon = await start({ configuration: changing(0) });
    await waitForState(daemon, 'healthy', 'RUNNING');
    let round = 0;
    await isFlat(daemon, `${rereadings} rereadings`, async (share) => {
      for (const end = round + share * rereadings; round < end; ) {
        round += 1;
        daemon.configure(round % 5 === 0 ? '[program:broken]\n' : changing(round));
        const reread = daemon.rpc('supervisor.reloadConfig').catch((error: unknown) => String(error));
        if (round % 5 === 0) expect(await reread).toMatch(/CANT_REREAD/);
        else await reread;
        for (const group of ['changing', 'listener']) await daemon.rpc('monitor.updateProcessGroup', group);
      }
    });
    expect(childrenOf(daemon.pid)).toHaveLength(4);
  },
  limit,
);

const calls = times(3_000);
it(
  `has no more descriptors and memory after ${calls} calls, and looks into logs`,
  async () => {
    await using daemon = await start({ configuration: healthy });
    await waitForState(daemon, 'healthy', 'RUNNING');
    await isFlat(daemon, `${calls} calls`, async (share) => {
      for (let call = 0; call < (share * calls) / 6; call += 1) {
        await daemon.rpc('supervisor.sendProcessStdin', 'healthy', 'x'.repeat(1000));
        await daemon.rpc('supervisor.tailProcessStdoutLog', 'healthy', 0, 1000);
        await daemon.rpc('supervisor.readLog', -1000, 0);
        await daemon.rpc('supervisor.getAllProcessInfo');
        await daemon.rpc('supervisor.startProcess', 'nobody').catch(() => undefined);
        await daemon.rpc('monitor.getAllProcessUsage');
      }
    });
  },
  limit,
);

const lives = times(10);
it(
  `has no more descriptors and memory after ${lives} restarts of its own`,
  async () => {
    await using daemon = await start({ configuration: healthy });
    await waitForState(daemon, 'healthy', 'RUNNING');
    let life = 1;
    await isFlat(daemon, `${lives} lives`, async (share) => {
      for (const end = life + share * lives; life < end; ) {
        life += 1;
        await daemon.rpc('supervisor.restart');
        await waitFor(() => daemon.logText().split('supervisord started with pid').length > life, {
          what: 'the next life',
        });
        await waitForState(daemon, 'healthy', 'RUNNING');
      }
    });
  },
  limit,
);
