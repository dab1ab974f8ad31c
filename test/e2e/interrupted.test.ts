/** What a daemon was in the middle of when it was killed, and what somebody did until there was another. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { kill } from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { Writers } from '../chaos/writers.ts';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { isAlive, pidOf, procStatus, stateOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');
const deaf = `[program:deaf]
command=${programs}/ignores-term
stopwaitsecs=1000
startsecs=0
priority=1
`;
const quick = '[program:quick]\ncommand=/bin/sleep 1000\nstartsecs=0\n';

async function endByForce(daemon: Daemon): Promise<void> {
  daemon.kill('SIGKILL');
  await daemon.ended();
}

/** Ends a program that is deaf to its stop signal. */
async function endDeaf(daemon: Daemon): Promise<number> {
  const pid = await pidOf(daemon, 'deaf');
  kill(pid, 'SIGKILL');
  return pid;
}

/** `ignores-term` does so once it has said that. */
async function startDeaf(configuration: string): Promise<Daemon> {
  const daemon = await startDaemon({ implementation: 'ours', configuration });
  const pid = await pidOf(daemon, 'deaf');
  await waitFor(() => Number.parseInt(procStatus(pid, 'SigIgn') ?? '0', 16) !== 0);
  return daemon;
}

describe('a shutdown that is cut short by kill -9', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'after %s leaves nothing stopped: the next daemon starts programs as after any shutdown',
    async (signal) => {
      await using daemon = await startDeaf(deaf + quick);
      daemon.kill(signal);
      await waitForLog(daemon, 'stopped: quick');
      // A daemon that shuts down answers nobody who asks for states; but it writes them down.
      const journal = (): string => readFileSync(`${daemon.socket}.d/processes`, 'utf8');
      await waitFor(() => /"deaf"\],"is":\{"state":"STOPPING"/.test(journal()));
      await endByForce(daemon);
      await daemon.start();
      await waitForState(daemon, 'quick', 'RUNNING');
      expect(await stateOf(daemon, 'deaf')).toBe('STOPPING');
      // Nor does it matter that this happens again.
      await endByForce(daemon);
      await daemon.start();
      const pid = await endDeaf(daemon);
      await waitForState(daemon, 'deaf', 'RUNNING');
      expect(await pidOf(daemon, 'deaf')).not.toBe(pid);
    },
  );
});

describe('an update that is cut short by kill -9', () => {
  it('is carried on with by the next daemon, which starts what was stopped for it', async () => {
    await using daemon = await startDeaf(deaf + quick);
    daemon.configure(`${deaf}environment=NEW="1"\n${quick}`);
    await daemon.rpc('supervisor.reloadConfig');
    const updating = daemon.rpc('monitor.updateProcessGroup', 'deaf').catch(() => 'cut short');
    await waitForState(daemon, 'deaf', 'STOPPING');
    await endByForce(daemon);
    expect(await updating).toBe('cut short');
    await daemon.start();
    expect(await stateOf(daemon, 'deaf')).toBe('STOPPING');
    await endDeaf(daemon);
    await waitForState(daemon, 'deaf', 'RUNNING');
    expect(await daemon.rpc('supervisor.reloadConfig')).toEqual([[[], [], []]]);
  });

  it('does not leave a program down that had been stopped already', async () => {
    await using daemon = await startDaemon({ implementation: 'ours', configuration: quick });
    await daemon.rpc('supervisor.stopProcess', 'quick');
    daemon.configure(`${quick}environment=NEW="1"\n`);
    await endByForce(daemon);
    await daemon.start();
    await waitForState(daemon, 'quick', 'RUNNING');
  });
});

describe('while no daemon is there', () => {
  const byHand = 'startsecs=0\nautostart=false';

  /** A daemon that was killed, whose writer wrote on for a while and was killed then. */
  async function withLastWords(check: (daemon: Daemon, writers: Writers) => Promise<void>): Promise<void> {
    await using daemon = new Daemon({ implementation: 'ours', configuration: '' });
    const directory = join(daemon.dir, 'writers');
    using writers = new Writers({ directory, maxBytes: 0, rate: 0 });
    daemon.configure(writers.section({ name: 'writer', keys: byHand }) + quick);
    await daemon.start();
    await daemon.rpc('supervisor.startProcess', 'writer');
    const pid = await pidOf(daemon, 'writer');
    const written = () => writers.ledgers()[0]?.written;
    writers.flood('writer', 100);
    await waitFor(() => written() === 100);
    await endByForce(daemon);
    writers.flood('writer', 1000);
    await waitFor(() => written() === 1100);
    kill(pid, 'SIGKILL');
    await waitFor(() => !isAlive(pid));
    await check(daemon, writers);
  }

  it('the journal may be removed: what a program wrote before it ended is in its log', async () => {
    await withLastWords(async (daemon, writers) => {
      rmSync(join(`${daemon.socket}.d`, 'processes'));
      await daemon.start();
      await waitForState(daemon, 'quick', 'RUNNING');
      expect(writers.ledgers()).toMatchObject([{ written: 1100, lost: 0, examples: [] }]);
    });
  });

  it('the runtime directory may be removed: programs are found, and so is what ended ones wrote', async () => {
    await withLastWords(async (daemon, writers) => {
      rmSync(`${daemon.socket}.d`, { recursive: true });
      await daemon.start();
      await waitForLog(daemon, /adopted: 'quick' with pid \d+/);
      expect(daemon.logText().match(/spawned: 'quick'/g)).toHaveLength(1);
      expect(writers.ledgers()).toMatchObject([{ written: 1100, lost: 0, examples: [] }]);
    });
  });

  it('a program may be taken out of the file: every later daemon stops it, until it has ended', async () => {
    await using daemon = await startDeaf(deaf + quick);
    const pid = await pidOf(daemon, 'deaf');
    daemon.configure(quick);
    for (let time = 1; time <= 3; time += 1) {
      await endByForce(daemon);
      await daemon.start();
      const line = `'deaf' (pid ${pid}) is not configured any more, and is stopped`;
      await waitFor(() => daemon.logText().split(line).length === time + 1);
    }
    expect(readdirSync(`${daemon.socket}.d`).filter((file) => file.startsWith('deaf'))).toEqual([]);
    kill(pid, 'SIGKILL');
    await waitForLog(daemon, `reaped unknown pid ${pid} (terminated by SIGKILL)`);
  });

  it('a symbolic link on the way to the runtime directory hides no program', async () => {
    const supervisord = 'runtime_directory=%(here)s/link/run';
    await using daemon = new Daemon({ implementation: 'ours', configuration: quick, supervisord });
    mkdirSync(join(daemon.dir, 'real'));
    symlinkSync('real', join(daemon.dir, 'link'));
    await daemon.start();
    const pid = await pidOf(daemon, 'quick');
    await endByForce(daemon);
    rmSync(join(daemon.dir, 'real', 'run', 'supervisor.d', 'processes'));
    await daemon.start();
    await waitForState(daemon, 'quick', 'RUNNING');
    expect(await pidOf(daemon, 'quick')).toBe(pid);
  });

  it('a program may end that leaves a process in a session of its own, which is not taken for it', async () => {
    const configuration = `[program:leaves]
command=/bin/sh -c "setsid sleep 1000 & exec sleep 2000"
startsecs=0
autorestart=true
`;
    await using daemon = await startDaemon({ implementation: 'ours', configuration });
    const pid = await pidOf(daemon, 'leaves');
    await waitFor(() => procStatus(pid, 'Name') === 'sleep');
    // The last lines of its log go with a daemon that is killed.
    await waitForLog(daemon, /spawned: 'leaves' with pid \d+/);
    await endByForce(daemon);
    kill(pid, 'SIGKILL');
    await waitFor(() => !isAlive(pid));
    await daemon.start();
    await waitForLog(daemon, /spawned: 'leaves' with pid \d+[\s\S]*spawned: 'leaves' with pid \d+/);
  });
});
