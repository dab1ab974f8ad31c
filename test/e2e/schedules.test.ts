import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { type Daemon, type DaemonOptions, startDaemon } from '../support/daemons.ts';
import { describeWithPeer } from '../support/peer.ts';
import { program } from '../support/real-host.ts';
import { runNotes, runRecords } from '../support/run-records.ts';
import { infoOf, isAlive, pidOf, stateOf, waitForLog, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const limit = 300_000;

function start(configuration: string, options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  return startDaemon({ implementation: 'ours', configuration, ...options });
}

/** Never comes while tests run, or once in four years. */
const seldom = 'month=2\nday=29\nhour=3';

/** A command that notes its runs in the daemon's directory, and takes some seconds or until `endRuns`. */
function notes(until: number | 'told', status = 0): string {
  const end = until === 'told' ? '%(here)s/end' : until;
  return `command=${program('notes-its-run')} %(here)s/notes ${end} ${status}\nstopasgroup=true\nkillasgroup=true`;
}

function endRuns(daemon: Daemon): void {
  writeFileSync(join(daemon.dir, 'end'), '');
}

async function waitForRun(daemon: Daemon, schedule: string, state: string): Promise<void> {
  const isThere = () => runRecords(daemon, schedule).some((run) => run.state === state);
  await waitFor(isThere, { what: `a run of ${schedule} to be ${state}` });
}

async function descriptionOf(daemon: Daemon, name: string): Promise<string> {
  return String(await infoOf(daemon, name, 'description'));
}

it(
  'runs at its times, with the variables of the run, and records each fire once',
  async () => {
    await using daemon = await start(`[schedule:often]\n${notes(0)}\nsecond=*\n`);
    // A daemon that starts slowly makes up for the first, and a slow run has the next one skipped.
    const onTime = () =>
      runRecords(daemon, 'often').filter(({ state, cause }) => state === 'SUCCESS' && cause === 'schedule');
    await waitFor(() => onTime().length >= 3);
    const records = onTime().slice(0, 3);
    expect(new Set(records.map(({ fire_time }) => fire_time)).size).toBe(3);
    const begun = runNotes(daemon).filter(({ what }) => what === 'begin');
    for (const { id, fire_time } of records) {
      const own = begun.filter(({ run }) => run === id);
      expect(own).toMatchObject([{ schedule: 'often', attempt: 1, cause: 'schedule' }]);
      expect(Date.parse(own[0]?.scheduled ?? '')).toBe(fire_time);
    }
    await waitForLog(daemon, /INFO started: run \w+ of schedule 'often' \(schedule, \d+\.\d{3} s late\)/);
    await waitForLog(
      daemon,
      /INFO ended: run \w+ of schedule 'often' \(SUCCESS, exit status 0, after [\d.]+s\)/,
    );
  },
  limit,
);

it(
  'puts the run into command, environment and logs, and removes a log of its own with the record',
  async () => {
    await using daemon = await start(`
[schedule:often]
command=/bin/sh -c "echo %(run_id)s $WHEN"
environment=WHEN="%(scheduled)s"
stdout_logfile=%(here)s/run-%(run_id)s.log
second=*
timezone=UTC
history_limit=2
`);
    const logs = () => readdirSync(daemon.dir).filter((name) => name.startsWith('run-'));
    const succeeded = () => runRecords(daemon).filter(({ state }) => state === 'SUCCESS');
    await waitFor(() => succeeded().length >= 2);
    await daemon.rpc('scheduler.pauseJob', 'often');
    const record = succeeded().at(-1);
    const text = readFileSync(join(daemon.dir, `run-${record?.id}.log`), 'utf8');
    expect(text).toMatch(new RegExp(`^${record?.id} \\d{4}-\\d\\d-\\d\\dT[\\d:]+\\+00:00\\n$`));
    await daemon.rpc('scheduler.resumeJob', 'often');
    await waitFor(() => !existsSync(join(daemon.dir, `run-${record?.id}.log`)), {
      what: 'the log to be removed',
    });
    expect(logs().length).toBeLessThanOrEqual(4);
  },
  limit,
);

describeWithPeer('a client that knows nothing of schedules', () => {
  it(
    'sees when a schedule runs next, starts a run and ends it',
    async () => {
      await using daemon = await start(`[schedule:nightly]\n${notes(1000)}\n${seldom}\ntimezone=UTC\n`);
      expect((await daemon.ctl('real', ['status'])).stdout).toMatch(
        /^nightly +STOPPED +next run \d{4}-02-29T03:00:00\+00:00\n$/,
      );
      expect((await daemon.ctl('real', ['start', 'nightly'])).stdout).toBe('nightly: started\n');
      await waitFor(() => runNotes(daemon).length > 0);
      expect(runNotes(daemon)).toMatchObject([{ schedule: 'nightly', cause: 'manual' }]);
      expect((await daemon.ctl('real', ['status'])).stdout).toMatch(/^nightly +RUNNING +pid \d+, uptime/);
      expect((await daemon.ctl('real', ['start', 'nightly'])).stdout).toBe(
        'nightly: ERROR (already started)\n',
      );
      expect((await daemon.ctl('real', ['stop', 'nightly'])).stdout).toBe('nightly: stopped\n');
      await waitForRun(daemon, 'nightly', 'CANCELLED');
      await waitFor(async () => /last CANCELLED in/.test(await descriptionOf(daemon, 'nightly')));
      expect((await daemon.ctl('real', ['status'])).stdout).toMatch(
        /^nightly +STOPPED +next run \d{4}-02-29T03:00:00\+00:00; last CANCELLED in [\dms.]+, \d\d:\d\d ago\n$/,
      );
      await waitForLog(daemon, 'the schedule is not paused by that');
    },
    limit,
  );

  it(
    'sees when a program is started next, and how it stands',
    async () => {
      const programWithCron = `[program:report]\n${notes(0)}\nautostart=false\nautorestart=false\nstartsecs=0\n`;
      await using daemon = await start(`${programWithCron}cron=0 3 1 1 *\n`);
      const status = async () => (await daemon.ctl('real', ['status'])).stdout;
      expect(await status()).toMatch(
        /^report +STOPPED +Not started; next run \d{4}-01-01T03:00:00\+00:00\n$/,
      );
      expect((await daemon.ctl('ours', ['schedule', 'run', 'report', '--wait'])).exitCode).toBe(0);
      await waitForState(daemon, 'report', 'EXITED');
      await waitFor(async () => /last start/.test(await descriptionOf(daemon, 'report')));
      expect(await status()).toMatch(
        /^report +EXITED +\w{3} \d\d \d\d:\d\d [AP]M; next run \d{4}-01-01T03:00:00\+00:00; last start SUCCESS, 00:\d\d ago\n$/,
      );
      expect(await infoOf(daemon, 'report', 'last_outcome')).toBe('SUCCESS');
    },
    limit,
  );

  it(
    'starts one run of several processes',
    async () => {
      await using daemon = await start(
        `[schedule:nightly]\n${notes(1000)}\n${seldom}\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n`,
      );
      const { stdout } = await daemon.ctl('real', ['start', 'nightly:*']);
      expect(stdout.split('\n').sort()).toEqual([
        '',
        'nightly:nightly_0: started',
        'nightly:nightly_1: started',
      ]);
      await waitFor(() => runNotes(daemon).length === 2);
      expect(new Set(runNotes(daemon).map(({ run }) => run)).size).toBe(1);
      expect(runRecords(daemon)).toHaveLength(1);
    },
    limit,
  );
});

it(
  'starts each schedule of a circle once in a second, however fast they follow each other',
  async () => {
    const link = (name: string, next: string) =>
      `[schedule:${name}]\ncommand=/bin/true\nmonth=1\non_success=schedule:${next}\n`;
    await using daemon = await start(`${link('a', 'b')}run_on_start=true\n${link('b', 'a')}`);
    const ended = () => runRecords(daemon, 'a').filter(({ state }) => state === 'SUCCESS');
    await waitFor(() => ended().length >= 4, { what: 'four runs' });
    const [first, , , fourth] = ended();
    // There was no circle before the second one.
    expect(Number(fourth?.started) - Number(first?.ended)).toBeGreaterThan(1900);
    await waitForLog(
      daemon,
      /WARN on_success of schedule 'b' .*: starting schedule a in .* as runs follow each other in a circle/,
    );
  },
  limit,
);

it(
  'tells what it knows of a schedule in getProcessInfo',
  async () => {
    await using daemon = await start(`[schedule:often]\n${notes(0, 1)}\nsecond=*/2\n`);
    await waitFor(async () => (await infoOf(daemon, 'often', 'last_outcome')) === 'FAILED');
    expect(await infoOf(daemon, 'often', 'substate')).toBe('scheduled');
    expect(Number(await infoOf(daemon, 'often', 'next_run'))).toBeGreaterThan(Date.now() / 1000 - 3);
    expect(Number(await infoOf(daemon, 'often', 'last_run'))).toBeGreaterThan(1_700_000_000);
    expect(await stateOf(daemon, 'often')).toBe('EXITED');
    await waitForLog(daemon, /WARN ended: run \w+ of schedule 'often' \(FAILED, exit status 1/);
  },
  limit,
);

it(
  'skips what comes while it runs, ends what takes too long, and tries again what has failed',
  async () => {
    await using daemon = await start(`
[schedule:slow]
${notes(1000)}
second=*
timeout=3
[schedule:failing]
${notes(0, 7)}
run_date=2100-01-01 00:00:00
retries=2
retry_delay=1
run_on_start=true
[schedule:missing]
command=/no/such/program
startretries=0
run_date=2100-01-01 00:00:00
run_on_start=true
`);
    await waitForRun(daemon, 'slow', 'SKIPPED');
    await waitForLog(daemon, /WARN skipped: schedule 'slow' at \S+ \(too many of its runs are under way\)/);
    await waitForRun(daemon, 'slow', 'TIMEOUT');
    await waitFor(() => runRecords(daemon, 'failing').filter(({ state }) => state === 'FAILED').length === 3);
    expect(runRecords(daemon, 'failing')).toMatchObject([
      { attempt: 1, cause: 'start', exit_status: 7 },
      { attempt: 2, cause: 'retry', exit_status: 7 },
      { attempt: 3, cause: 'retry', exit_status: 7 },
    ]);
    expect(new Set(runRecords(daemon, 'failing').map(({ id }) => id)).size).toBe(1);
    await waitForRun(daemon, 'missing', 'SPAWN_ERROR');
    expect(await stateOf(daemon, 'missing')).toBe('FATAL');
  },
  limit,
);

it(
  'starts what is to follow a success or so many failures, told of the run that led to it',
  async () => {
    await using daemon = await start(`
[program:page]
${notes(1000)}
autostart=false
startsecs=0
[schedule:good]
${notes(0)}
run_date=2100-01-01 00:00:00
run_on_start=true
on_success=schedule:next
[schedule:next]
${notes(0)}
run_date=2100-01-01 00:00:00
[schedule:bad]
${notes(0, 1)}
second=*
on_failure=program:page
failure_threshold=2
`);
    await waitForRun(daemon, 'next', 'SUCCESS');
    const begun = () => runNotes(daemon).filter(({ what }) => what === 'begin');
    expect(begun().find(({ schedule }) => schedule === 'next')).toMatchObject({
      cause: 'chain',
      causeSchedule: 'good',
      causeOutcome: 'SUCCESS',
    });
    await waitForState(daemon, 'page', 'RUNNING');
    await waitFor(() =>
      begun().some(({ causeSchedule, schedule }) => causeSchedule === 'bad' && schedule === ''),
    );
    expect(runRecords(daemon, 'bad').filter(({ state }) => state === 'FAILED').length).toBeGreaterThanOrEqual(
      2,
    );
  },
  limit,
);

it(
  'does things to long-running programs, and leaves alone what somebody has stopped',
  async () => {
    await using daemon = await start(`
[program:web]
command=/bin/cat
startsecs=0
[program:idle]
command=/bin/cat
autostart=false
[schedule:restarts]
action=restart
program=web
second=*/2
[schedule:leaves]
action=restart
program=idle
second=*/2
[schedule:starts]
action=start
program=web
second=*/2
`);
    const first = await pidOf(daemon, 'web');
    await waitFor(async () => {
      const pid = await pidOf(daemon, 'web');
      return pid !== 0 && pid !== first;
    });
    await waitForRun(daemon, 'restarts', 'SUCCESS');
    await waitForRun(daemon, 'leaves', 'SKIPPED');
    await waitForRun(daemon, 'starts', 'SKIPPED');
    expect(await stateOf(daemon, 'idle')).toBe('STOPPED');
  },
  limit,
);

it(
  'catches up once with what was due while no daemon was there, also when the schedule comes from a file',
  async () => {
    await using daemon = await start(`[schedule:often]\n${notes(0)}\nsecond=*\nmisfire_grace_time=none\n`);
    await waitForRun(daemon, 'often', 'SUCCESS');
    await daemon.stop();
    const before = runRecords(daemon).length;
    const stopped = Date.now();
    await waitFor(() => Date.now() > stopped + 4000);
    await daemon.start();
    await waitFor(() => runRecords(daemon).some(({ cause }) => cause === 'catchup'));
    const later = runRecords(daemon).slice(before);
    expect(
      later.filter(({ state }) => state === 'COALESCED').reduce((sum, { count }) => sum + count, 0),
    ).toBeGreaterThanOrEqual(2);
    expect(later.filter(({ cause, state }) => cause === 'catchup' && state !== 'COALESCED')).toHaveLength(1);
  },
  limit,
);

it(
  'goes on with its times after reread and update, and forgets a schedule that is gone',
  async () => {
    const often = `[schedule:often]\n${notes(0)}\nsecond=*\n`;
    const later = `[schedule:later]\n${notes(1000)}\n${seldom}\n`;
    await using daemon = await start(later);
    await daemon.rpc('supervisor.startProcess', 'later');
    const pid = await pidOf(daemon, 'later');
    daemon.configure(later.replace('hour=3', 'hour=4') + often);
    await daemon.rpc('supervisor.reloadConfig');
    await daemon.rpc('supervisor.addProcessGroup', 'often');
    await daemon.ctl('ours', ['update']);
    await waitForRun(daemon, 'often', 'SUCCESS');
    // Another time is nothing to its run.
    expect(await pidOf(daemon, 'later')).toBe(pid);
    daemon.configure('');
    await daemon.rpc('supervisor.reloadConfig');
    await daemon.ctl('ours', ['update']);
    await waitForRun(daemon, 'later', 'CANCELLED');
    const count = () => runRecords(daemon, 'often').length;
    const before = count();
    const gone = Date.now();
    await waitFor(() => Date.now() > gone + 2500);
    expect(count() - before).toBeLessThanOrEqual(1);
  },
  limit,
);

it(
  'a daemon that ends stops its runs; one that waits for them lets them end',
  async () => {
    await using daemon = await start(`[schedule:nightly]\n${notes(1000)}\n${seldom}\n`);
    await daemon.rpc('supervisor.startProcess', 'nightly');
    await daemon.stop();
    expect(runRecords(daemon)).toMatchObject([{ state: 'CANCELLED', is_settled: 1 }]);
    daemon.configure(`[scheduler]\nshutdown_wait=30\n[schedule:nightly]\n${notes(2)}\n${seldom}\n`);
    await daemon.start();
    await daemon.rpc('supervisor.startProcess', 'nightly');
    await daemon.stop();
    expect(runRecords(daemon).at(-1)).toMatchObject({ state: 'SUCCESS', is_settled: 1 });
    expect(runNotes(daemon).at(-1)).toMatchObject({ what: 'end' });
  },
  limit,
);

it(
  'a run goes on while a new version takes the place of the daemon, and its end is known',
  async () => {
    await using daemon = await start(`[schedule:nightly]\n${notes('told', 3)}\n${seldom}\n`);
    await daemon.rpc('supervisor.startProcess', 'nightly');
    const pid = await pidOf(daemon, 'nightly');
    await daemon.upgrade();
    expect(await pidOf(daemon, 'nightly')).toBe(pid);
    endRuns(daemon);
    await waitForRun(daemon, 'nightly', 'FAILED');
    expect(runRecords(daemon)).toMatchObject([{ exit_status: 3, attempt: 1, is_settled: expect.anything() }]);
    expect(runNotes(daemon).map(({ what }) => what)).toEqual(['begin', 'end']);
  },
  limit,
);

it(
  'a run of a daemon that is killed goes on under the next one',
  async () => {
    await using daemon = await start(`[schedule:nightly]\n${notes('told')}\n${seldom}\n`);
    await daemon.rpc('supervisor.startProcess', 'nightly');
    const pid = await pidOf(daemon, 'nightly');
    daemon.kill('SIGKILL');
    await daemon.ended();
    await daemon.start();
    expect(await pidOf(daemon, 'nightly')).toBe(pid);
    endRuns(daemon);
    await waitFor(() => runRecords(daemon).every(({ is_settled }) => is_settled === 1));
    // Who has adopted the child on this machine may have taken its exit status.
    expect(['SUCCESS', 'LOST']).toContain(runRecords(daemon)[0]?.state);
    expect(runRecords(daemon)).toHaveLength(1);
    expect(runNotes(daemon).map(({ what }) => what)).toEqual(['begin', 'end']);
  },
  limit,
);

it(
  'a job store that is removed under the daemon is made again, and nothing is lost or started twice, also by a kill',
  async () => {
    await using daemon = await start(`[schedule:often]\n${notes(0)}\nsecond=*\n`);
    const successes = () => runRecords(daemon, 'often').filter(({ state }) => state === 'SUCCESS');
    await waitFor(() => successes().length >= 2, { what: 'two runs' });
    const before = successes().map(({ fire_time }) => fire_time);
    const files = readdirSync(daemon.dir).filter((name) => name.startsWith('supervisord.schedule.db'));
    // The database last: it is made again at once.
    for (const name of files.sort().reverse()) rmSync(join(daemon.dir, name));
    await waitForLog(daemon, /WARN '.*\/supervisord\.schedule\.db' was removed, and has been made again/);
    await waitFor(() => successes().length >= before.length + 2, { what: 'two runs more' });
    daemon.kill('SIGKILL');
    await daemon.ended();
    await daemon.start();
    const killed = runRecords(daemon, 'often').length;
    await waitFor(() => runRecords(daemon, 'often').length > killed, { what: 'runs of the next daemon' });
    const fires = runRecords(daemon, 'often').map(({ fire_time }) => fire_time);
    expect(fires).toEqual(expect.arrayContaining(before));
    expect(new Set(fires).size).toBe(fires.length);
    expect(Math.max(...fires) - Math.min(...fires)).toBe(1000 * (fires.length - 1));
    const begun = runNotes(daemon).filter(({ what }) => what === 'begin');
    expect(new Set(begun.map(({ scheduled }) => scheduled)).size).toBe(begun.length);
  },
  limit,
);

it(
  'a run that ended while no daemon was there is not forgotten: LOST, if nobody knows how it ended',
  async () => {
    await using daemon = await start(`[schedule:nightly]\n${notes('told')}\n${seldom}\n`);
    await daemon.rpc('supervisor.startProcess', 'nightly');
    const pid = await pidOf(daemon, 'nightly');
    daemon.kill('SIGKILL');
    await daemon.ended();
    endRuns(daemon);
    await waitFor(() => !isAlive(pid));
    await daemon.start();
    await waitFor(() => runRecords(daemon).every(({ is_settled }) => is_settled === 1));
    const [record] = runRecords(daemon);
    // A zombie that nobody has reaped as yet tells its exit status.
    expect(['SUCCESS', 'LOST']).toContain(record?.state);
    await waitForLog(
      daemon,
      new RegExp(`ended: run ${record?.id} of schedule 'nightly' \\(${record?.state}`),
    );
    await waitFor(async () => (await descriptionOf(daemon, 'nightly')).includes(`; last ${record?.state}`));
  },
  limit,
);

it(
  'programs run on with a job store that cannot be opened, which is said once and tried again',
  async () => {
    await using daemon = await start(
      `[scheduler]\njobstore_path=%(here)s/missing/schedule.db\n[program:web]\ncommand=/bin/cat\nstartsecs=0\n[schedule:nightly]\n${notes(0)}\n${seldom}\n`,
    );
    await waitForLog(daemon, /ERRO cannot use job store sqlite:\S+missing\/schedule\.db: /);
    expect(await stateOf(daemon, 'web')).toBe('RUNNING');
    expect(await descriptionOf(daemon, 'nightly')).toMatch(/^cannot use job store/);
    await expect(daemon.rpc('supervisor.startProcess', 'nightly')).rejects.toThrow(/cannot use job store/);
  },
  limit,
);

it(
  'a daemon without schedules has no job store',
  async () => {
    await using daemon = await start('[program:web]\ncommand=/bin/cat\nstartsecs=0\n');
    expect(readdirSync(daemon.dir).filter((name) => name.includes('schedule'))).toEqual([]);
  },
  limit,
);
