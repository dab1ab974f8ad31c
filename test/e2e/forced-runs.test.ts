/** Runs that are forced beyond max_instances, in a real daemon. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type CtlResult, type Daemon, startDaemon } from '../support/daemons.ts';
import { describeWithPeer } from '../support/peer.ts';
import { program } from '../support/real-host.ts';
import { runNotes, runRecords } from '../support/run-records.ts';
import { isAlive, pidOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const limit = 90_000;

/** Each run says who it is, and ends with status 3 when a file of its name is there. */
const waits = `command=/bin/sh -c "echo begin $SUPERVISOR_RUN_ID; while [ ! -e %(here)s/end-$SUPERVISOR_RUN_ID ]; do sleep 0.05; done; echo end $SUPERVISOR_RUN_ID; exit 3"`;
const nightly = `[schedule:nightly]\n${waits}\nhour=3\n`;

function start(configuration = nightly, supervisord = ''): Promise<Daemon> {
  return startDaemon({ implementation: 'ours', configuration, supervisord });
}

function schedule(daemon: Daemon, ...words: readonly string[]): Promise<CtlResult> {
  return daemon.ctl('ours', ['schedule', ...words]);
}

/** Forces a run. @returns its id */
async function force(daemon: Daemon, name = 'nightly'): Promise<string> {
  return String(await daemon.rpc('scheduler.runJob', name, false, true));
}

/** Forces two runs, of which the second has processes of its own. */
async function forceBeside(daemon: Daemon): Promise<{ first: string; id: string; pid: number }> {
  const [first, id] = [await force(daemon), await force(daemon)];
  await waitForState(daemon, 'nightly:nightly@1', 'RUNNING');
  return { first, id, pid: await pidOf(daemon, 'nightly:nightly@1') };
}

/** Kills the daemon. @param meanwhile what happens before the next one */
async function killAndStart(daemon: Daemon, meanwhile: () => unknown = () => undefined): Promise<void> {
  daemon.kill('SIGKILL');
  await daemon.ended();
  await meanwhile();
  await daemon.start();
}

/** The run ends by itself, and nothing is left of its processes. */
async function endAlone(daemon: Daemon, id: string): Promise<void> {
  endRun(daemon, id);
  await waitForProcesses(daemon, 'nightly');
  expect(extraFifos(daemon)).toEqual([]);
}

function endRun(daemon: Daemon, id: string): void {
  writeFileSync(join(daemon.dir, `end-${id}`), '');
}

/** By `name` or `group:name`, in the order in which `status` tells them. */
async function processesOf(daemon: Daemon): Promise<readonly string[]> {
  const all = await daemon.rpc('supervisor.getAllProcessInfo');
  if (!Array.isArray(all)) throw new Error('getAllProcessInfo answered no array');
  return all.map((info) => (info instanceof Map ? String(info.get('name')) : ''));
}

async function waitForProcesses(daemon: Daemon, ...names: readonly string[]): Promise<void> {
  const is = async () => (await processesOf(daemon)).join() === names.join();
  await waitFor(is, { what: `the processes to be ${names}` });
}

async function waitForOutcome(daemon: Daemon, id: string, state: string): Promise<void> {
  const isThere = () =>
    runRecords(daemon).some((run) => run.id === id && run.state === state && run.is_settled === 1);
  await waitFor(isThere, { what: `run ${id} to be ${state}` });
}

/** FIFOs of extra instances in the runtime directory. */
function extraFifos(daemon: Daemon): readonly string[] {
  return readdirSync(`${daemon.socket}.d`).filter((name) => name.includes('%40'));
}

/** AUTO logs on stdout of extra instances. */
function extraLogs(daemon: Daemon): readonly string[] {
  return readdirSync(daemon.dir).filter((name) => /^nightly@\d+-stdout---/.test(name));
}

describeWithPeer('a run that is forced while another is under way', () => {
  it(
    'has a process of its own, which clients see and stop, and which is gone with the run',
    async () => {
      await using daemon = await start();
      const ids = [await force(daemon), await force(daemon), await force(daemon)];
      for (const name of ['nightly', 'nightly:nightly@1', 'nightly:nightly@2']) {
        await waitForState(daemon, name, 'RUNNING');
      }
      for (const client of ['ours', 'real'] as const) {
        const { stdout } = await daemon.ctl(client, ['status']);
        expect(stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
          ['nightly', 'RUNNING'],
          ['nightly:nightly@1', 'RUNNING'],
          ['nightly:nightly@2', 'RUNNING'],
          [''],
        ]);
        expect((await daemon.ctl(client, ['reread'])).stdout).toBe('No config updates to processes\n');
      }
      const stopped = await daemon.ctl('real', ['stop', 'nightly:nightly@1']);
      expect(stopped.stdout).toBe('nightly:nightly@1: stopped\n');
      await waitForOutcome(daemon, ids[1] ?? '', 'CANCELLED');
      await waitForProcesses(daemon, 'nightly', 'nightly@2');
      // The first place is free again.
      const again = await force(daemon);
      await waitForState(daemon, 'nightly:nightly@1', 'RUNNING');
      expect((await daemon.ctl('ours', ['stop', 'nightly:nightly@1'])).stdout).toBe(
        'nightly:nightly@1: stopped\n',
      );
      await waitForOutcome(daemon, again, 'CANCELLED');

      endRun(daemon, ids[2] ?? '');
      await waitForProcesses(daemon, 'nightly');
      await waitForOutcome(daemon, ids[2] ?? '', 'FAILED');
      expect((await schedule(daemon, 'log', ids[2] ?? '')).stdout).toBe(`begin ${ids[2]}\nend ${ids[2]}\n`);
      expect(extraFifos(daemon)).toEqual([]);
      expect((await schedule(daemon, 'stop', ids[0] ?? '')).stdout).toContain('CANCELLED');
      expect(daemon.logText()).not.toMatch(/Uncaught|Traceback/);
    },
    limit,
  );
});

it(
  'is ended by its id, by a timeout, and its log goes with its record',
  async () => {
    await using daemon = await start(`${nightly}history_limit=1\n`);
    const { first, id } = await forceBeside(daemon);
    expect((await schedule(daemon, 'stop', id)).stdout).toMatch(new RegExp(`^nightly: run ${id} CANCELLED`));
    await waitForProcesses(daemon, 'nightly');
    expect(extraLogs(daemon)).toHaveLength(1);
    for (let count = 0; count < 3; count += 1) {
      const other = await force(daemon);
      await waitForState(daemon, 'nightly:nightly@1', 'RUNNING');
      await schedule(daemon, 'stop', other);
    }
    await waitFor(() => extraLogs(daemon).length === 1, { what: 'logs to go with their records' });
    daemon.configure(`${nightly}history_limit=1\ntimeout=1\n`);
    expect((await daemon.ctl('ours', ['update'])).stdout).toContain('nightly');
    const late = await force(daemon);
    await waitForOutcome(daemon, late, 'TIMEOUT');
    await schedule(daemon, 'stop', first);
    await waitForProcesses(daemon, 'nightly');
  },
  limit,
);

it(
  'can be read when it has ended, also after the daemon was upgraded or killed',
  async () => {
    await using daemon = await start();
    const { first, id } = await forceBeside(daemon);
    await endAlone(daemon, id);
    const whole = `begin ${id}\nend ${id}\n`;
    await daemon.upgrade();
    expect((await schedule(daemon, 'log', id)).stdout).toBe(whole);
    for (let kills = 0; kills < 2; kills += 1) {
      await killAndStart(daemon);
      expect((await schedule(daemon, 'log', id)).stdout).toBe(whole);
    }
    // As of any process, they are gone when a daemon begins anew.
    await schedule(daemon, 'stop', first);
    await daemon.stop();
    await daemon.start();
    expect(extraLogs(daemon)).toEqual([]);
  },
  limit,
);

it(
  'is all processes of its program, and its next attempt is a run as any other',
  async () => {
    await using daemon = await start(`
[program:worker]
command=/bin/sh -c "[ $SUPERVISOR_ATTEMPT = 1 ] || exit 0; while [ ! -e %(here)s/end-$SUPERVISOR_RUN_ID ]; do sleep 0.05; done; exit 3"
process_name=w%(process_num)d
numprocs=2
autostart=false
[schedule:nightly]
program=worker
hour=3
retries=1
retry_delay=0
`);
    const first = await force(daemon);
    const second = await force(daemon);
    await waitForProcesses(daemon, 'w0', 'w0@1', 'w1', 'w1@1', 'w0', 'w1');
    await waitForState(daemon, 'nightly:w1@1', 'RUNNING');
    endRun(daemon, second);
    await waitForOutcome(daemon, second, 'FAILED');
    await waitForProcesses(daemon, 'w0', 'w1', 'w0', 'w1');
    const attempts = () => runRecords(daemon).filter(({ id }) => id === second);
    // There is no room, and nobody has forced this one.
    expect(attempts().map(({ state }) => state)).toEqual(['FAILED', 'CLAIMED']);
    endRun(daemon, first);
    await waitFor(() => attempts().at(-1)?.state === 'SUCCESS', { what: 'the next attempt to succeed' });
  },
  limit,
);

it(
  'is left alone by changes that are not its own, stopped by those that are, and with its schedule',
  async () => {
    await using daemon = await start();
    const update = async (configuration: string) => {
      daemon.configure(configuration);
      expect((await daemon.ctl('ours', ['update'])).exitCode).toBe(0);
    };
    const { first, id, pid } = await forceBeside(daemon);
    await update(`${nightly.replace('hour=3', 'hour=4')}[program:other]\ncommand=/bin/cat\n`);
    await update(nightly.replace('hour=3', 'hour=4\npriority=5'));
    expect(await pidOf(daemon, 'nightly:nightly@1')).toBe(pid);
    // Names of the configured ones change with it, and this one stays.
    await update(nightly.replace('hour=3', 'hour=4\npriority=5\nmax_instances=2'));
    await waitForOutcome(daemon, first, 'CANCELLED');
    expect(await pidOf(daemon, 'nightly:nightly@1')).toBe(pid);
    await update(nightly.replace('exit 3', 'exit 4'));
    await waitForOutcome(daemon, id, 'CANCELLED');
    expect(isAlive(pid)).toBe(false);
    await waitForProcesses(daemon, 'nightly');

    const more = await forceBeside(daemon);
    await update('');
    for (const each of [more.first, more.id]) await waitForOutcome(daemon, each, 'CANCELLED');
    await waitForProcesses(daemon);
    expect(extraFifos(daemon)).toEqual([]);
  },
  limit,
);

describe('a forced run that is under way', () => {
  const goesOn: readonly {
    readonly it: string;
    readonly supervisord?: string;
    readonly end: (daemon: Daemon) => Promise<void>;
  }[] = [
    { it: 'when the daemon is killed', end: (daemon) => killAndStart(daemon) },
    { it: 'when the daemon is upgraded', end: (daemon) => daemon.upgrade() },
    {
      it: 'when a daemon ends that leaves its processes to the next',
      supervisord: 'on_daemon_exit=adopt',
      async end(daemon) {
        await daemon.stop();
        await daemon.start();
      },
    },
  ];
  for (const { it: when, supervisord = '', end } of goesOn) {
    it(
      `goes on with its log ${when}, and its end is known`,
      async () => {
        await using daemon = await start(nightly, supervisord);
        const { id, pid } = await forceBeside(daemon);
        await end(daemon);
        expect(await pidOf(daemon, 'nightly:nightly@1')).toBe(pid);
        expect((await daemon.ctl('ours', ['reread'])).stdout).toBe('No config updates to processes\n');
        await endAlone(daemon, id);
        await waitForOutcome(daemon, id, 'FAILED');
        expect(runRecords(daemon).find((run) => run.id === id)?.exit_status).toBe(3);
        expect((await schedule(daemon, 'log', id)).stdout).toBe(`begin ${id}\nend ${id}\n`);
      },
      limit,
    );
  }

  it(
    'and ends while no daemon is there has an end on record, and leaves no entry',
    async () => {
      await using daemon = await start();
      const { id, pid } = await forceBeside(daemon);
      await killAndStart(daemon, async () => {
        endRun(daemon, id);
        await waitFor(() => !isAlive(pid), { what: 'the run to end' });
      });
      await waitForProcesses(daemon, 'nightly');
      const record = runRecords(daemon).find((run) => run.id === id);
      expect(['FAILED', 'LOST']).toContain(record?.state);
      expect(extraFifos(daemon)).toEqual([]);
    },
    limit,
  );

  it(
    'whose schedule is in a store that forgets goes on to its end, and leaves no entry',
    async () => {
      await using daemon = await start(`[scheduler]\njobstore=memory\n${nightly}`);
      const { id, pid } = await forceBeside(daemon);
      await killAndStart(daemon);
      expect(await pidOf(daemon, 'nightly:nightly@1')).toBe(pid);
      await endAlone(daemon, id);
    },
    limit,
  );

  it(
    'is found by its pipes when the journal is damaged, and goes on to its end',
    async () => {
      await using daemon = await start();
      const { id, pid } = await forceBeside(daemon);
      const journal = join(`${daemon.socket}.d`, 'processes');
      await killAndStart(daemon, () => writeFileSync(journal, 'damaged\n'));
      expect(await pidOf(daemon, 'nightly:nightly@1')).toBe(pid);
      await endAlone(daemon, id);
    },
    limit,
  );
});

it(
  'no forced run is lost or started twice, and none leaves anything behind, whenever the daemon is killed',
  async () => {
    await using daemon = await start(
      `[schedule:nightly]\ncommand=${program('notes-its-run')} %(here)s/notes 0.4\nhour=3\nhistory_limit=10000\n`,
    );
    const ids: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      let isKilled = false;
      const forcing = (async () => {
        while (!isKilled) ids.push(await force(daemon));
      })().catch(() => undefined);
      await delay(Math.random() * 600);
      isKilled = true;
      daemon.kill('SIGKILL');
      await Promise.all([daemon.ended(), forcing]);
      await daemon.start();
    }
    const isSettled = () => runRecords(daemon).every(({ is_settled }) => is_settled === 1);
    await waitFor(isSettled, { what: 'all runs to be settled' });
    await waitForProcesses(daemon, 'nightly');
    expect(extraFifos(daemon)).toEqual([]);
    const states = new Map(runRecords(daemon).map(({ id, state }) => [id, state]));
    for (const id of ids) expect(['SUCCESS', 'LOST']).toContain(states.get(id));
    const begun = runNotes(daemon).filter(({ what }) => what === 'begin');
    expect(new Set(begun.map(({ run }) => run)).size).toBe(begun.length);
    for (const { run } of begun) expect(['SUCCESS', 'LOST']).toContain(states.get(run));
    expect(begun.length).toBeGreaterThan(10);
  },
  2 * limit,
);
