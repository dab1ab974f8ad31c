/** Every command behind `schedule`, against our HTTP server and methods with a scheduler that a test moves. */
import { describe, expect, it } from '@jest/globals';
import { ScheduleError } from '../../../daemon/schedule/control.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { FakeScheduler, job, run, runUnderWay } from '../../support/fake-scheduler.ts';
import { TestServer } from '../../support/http-servers.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startFakeServer } from '../fake-server.ts';
import { type Printed, runCommand } from '../run-command.ts';

const nightly = job('nightly', { lastRun: run('r1') });
const hourly = job('hourly', {
  source: 'rpc',
  origin: 'rpc',
  state: 'PAUSED',
  isPaused: true,
  nextRunTime: undefined,
  trigger: 'interval[1:00:00]',
});

/** What is printed, with `…` for what depends on the time of day. */
async function schedule(scheduler: FakeScheduler, line: string): Promise<Printed> {
  const server = await TestServer.open(fakeRpcContext([], { schedules: scheduler }));
  try {
    const printed = await runCommand(`schedule ${line}`, { serverurl: `unix://${server.file}` });
    const stdout = printed.stdout
      .replace(/\((?:in \d\w*|\d\w* ago)\)/g, '(…)')
      .replace(/, \d\w* ago/g, ', …');
    return { ...printed, stdout };
  } finally {
    await server.close();
  }
}

describe('schedule list', () => {
  it('shows when each runs next, and how it ended last', async () => {
    const { stdout, exitStatus } = await schedule(new FakeScheduler(nightly, hourly), '');
    const words = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(words).toEqual([
      ['NAME', 'TRIGGER', 'NEXT', 'LAST', 'STATE'],
      [
        'nightly',
        "cron[hour='2', minute='30']",
        '2026-03-28T02:30:00+01:00 (…)',
        'SUCCESS in 2m03s, …',
        'WAITING',
      ],
      ['hourly', 'interval[1:00:00]', '-', '-', 'PAUSED'],
      [''],
    ]);
    expect(exitStatus).toBe(0);
  });

  it('shows those named, and says which there are not', async () => {
    const { stdout, exitStatus } = await schedule(new FakeScheduler(nightly, hourly), 'list hourly nosuch');
    expect(stdout).toMatch(/^nosuch: ERROR \(no such schedule\)\nNAME .*\nhourly .*\n$/);
    expect(exitStatus).toBe(1);
  });

  it('does not hide that nothing will happen', async () => {
    const scheduler = new FakeScheduler();
    scheduler.state = { state: 'PAUSED' };
    expect((await schedule(scheduler, 'list')).stdout).toBe(
      'NAME  TRIGGER  NEXT  LAST  STATE\nscheduler: PAUSED\n',
    );
    scheduler.state = { state: 'UNAVAILABLE', problem: 'Cannot open /x: it is locked' };
    expect((await schedule(scheduler, 'list')).stdout).toMatch(
      /\nscheduler: UNAVAILABLE \(Cannot open \/x: it is locked\)\n$/,
    );
  });

  it('as JSON is what the server says of each', async () => {
    const { stdout } = await schedule(new FakeScheduler(nightly), '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      { id: 'nightly', next_run_time: 1774661400, last_run: { id: 'r1' } },
    ]);
  });

  it('looks like APScheduler’s list with --print-jobs', async () => {
    expect((await schedule(new FakeScheduler(nightly, hourly), 'list --print-jobs')).stdout).toBe(
      [
        'Jobstore default:',
        "    nightly (trigger: cron[hour='2', minute='30'], next run at: 2026-03-28 02:30:00+01:00)",
        '    hourly (trigger: interval[1:00:00], paused)',
        '',
      ].join('\n'),
    );
    expect((await schedule(new FakeScheduler(), '--print-jobs')).stdout).toBe(
      'Jobstore default:\n    No scheduled jobs\n',
    );
  });
});

describe('schedule next', () => {
  it('shows the times of a schedule, and the changes of clocks between them', async () => {
    const { stdout } = await schedule(new FakeScheduler(nightly), 'next nightly');
    expect(stdout.replace(/ {2}(in \d\w*|\d\w* ago)$/gm, '')).toBe(
      [
        "cron[hour='2', minute='30'], times of Europe/Berlin",
        '2026-03-28T02:30:00+01:00',
        '    clocks change: 2026-03-29T02:00:00+01:00 is 2026-03-29T03:00:00+02:00',
        '2026-03-30T02:30:00+02:00',
        '2026-03-31T02:30:00+02:00',
        '',
      ].join('\n'),
    );
  });

  it('tells them in another zone, and as many as are wanted', async () => {
    const { stdout } = await schedule(
      new FakeScheduler(nightly),
      'next nightly -n 1 --tz Asia/Kolkata --json',
    );
    expect(JSON.parse(stdout)).toEqual({
      trigger: "cron[hour='2', minute='30']",
      timezone: 'Asia/Kolkata',
      fire_times: [1774661400],
      fire_times_iso: ['2026-03-28T07:00:00+05:30'],
      clock_changes: [],
    });
  });

  const offline: readonly {
    readonly it: string;
    readonly line: string;
    readonly stdout: RegExp | string;
    readonly exitStatus?: number;
  }[] = [
    {
      it: 'reads a line of a crontab without a server',
      line: '0 9 * * 7 --tz Asia/Tokyo -n 2',
      stdout:
        /^cron\[.*day_of_week='sun', hour='9', minute='0'\], times of Asia\/Tokyo\n(\d{4}-\d\d-\d\dT09:00:00\+09:00 .*\n){2}$/,
    },
    {
      it: 'reads a quoted line of a crontab',
      line: `'CRON_TZ=UTC 30 4 1 * *' -n1`,
      stdout: /^cron\[.*, times of UTC\n\d{4}-\d\d-01T04:30:00\+00:00 .*\n$/,
    },
    {
      it: 'reads @daily',
      line: '@daily -n 1 --tz UTC',
      stdout: /^cron\[.*, times of UTC\n\d{4}-\d\d-\d\dT00:00:00\+00:00 .*\n$/,
    },
    {
      it: 'reads keys as they are in a file, in which weekdays begin with Monday',
      line: `day_of_week=0 hour=9 timezone=UTC -n 1`,
      stdout: /^cron\[day_of_week='0', hour='9'\], times of UTC\n\d{4}-\d\d-\d\dT09:00:00\+00:00 .*\n$/,
    },
    {
      it: 'reads keys with blanks in their values',
      line: `"day=last fri" hour=18 -n 1 --tz UTC`,
      stdout: /^cron\[day='last fri', hour='18'\], times of UTC\n/,
    },
    {
      it: 'says that there is no time',
      line: '0 0 30 2 * --tz UTC',
      stdout: /, times of UTC\nno next run\n$/,
    },
    {
      it: 'says which value is wrong',
      line: 'hour=24',
      stdout: 'ERROR: hour=24: the last value (24) is higher than the maximum value (23)\n',
      exitStatus: 1,
    },
    {
      it: 'says which key is wrong',
      line: 'hous=3',
      stdout: 'ERROR: hous: no key that says when; did you mean hour?\n',
      exitStatus: 1,
    },
    {
      it: 'says what is wrong with a line',
      line: '1 2 3',
      stdout: 'ERROR: Wrong number of fields; got 3, expected 5 or 6\n',
      exitStatus: 1,
    },
    {
      it: 'says which zone there is not',
      line: '@daily --tz Mars/Olympus',
      stdout: /^ERROR: .*Mars\/Olympus.*\n$/,
      exitStatus: 1,
    },
    {
      it: 'explains itself without an expression',
      line: '',
      stdout: /^Error: no name given, and no expression\nschedule next /,
      exitStatus: 2,
    },
  ];
  for (const { it: behaviour, line, stdout, exitStatus = 0 } of offline) {
    it(behaviour, async () => {
      const printed = await runCommand(`schedule next ${line}`, { serverurl: 'unix:///nonexistent/sock' });
      if (typeof stdout === 'string') expect(printed.stdout).toBe(stdout);
      else expect(printed.stdout).toMatch(stdout);
      expect(printed.exitStatus).toBe(exitStatus);
    });
  }

  it('takes the zone that the configuration has for schedules, if it is given none', async () => {
    const options = { serverurl: 'unix:///nonexistent/sock', timezone: 'Asia/Kolkata' };
    const zones = [
      "'30 3 * * *'",
      'hour=3 -n 1',
      'hour=3 timezone=Europe/Paris',
      "'CRON_TZ=Europe/Rome 0 3 * * *'",
    ].map(
      async (line) => /times of (.*)/.exec((await runCommand(`schedule next ${line}`, options)).stdout)?.[1],
    );
    expect(await Promise.all(zones)).toEqual(['Asia/Kolkata', 'Asia/Kolkata', 'Europe/Paris', 'Europe/Rome']);
    const given = await runCommand('schedule next hour=3 --tz Asia/Tokyo', options);
    expect(given.stdout).toContain('times of Asia/Tokyo');
  });

  it('needs a server for a name', async () => {
    const printed = await runCommand('schedule next nightly', { serverurl: 'unix:///nonexistent/sock' });
    expect(printed).toEqual({ stdout: 'unix:///nonexistent/sock no such file\n', stderr: '', exitStatus: 7 });
  });
});

describe('schedule show', () => {
  it('shows everything about a schedule, and where each key comes from', async () => {
    const keys = new Map([
      ['command', { value: '/bin/backup --all', origin: '/etc/supervisord.conf:8' }],
      ['coalesce', { value: 'latest', origin: 'default' }],
    ]);
    const scheduler = new FakeScheduler(
      job('nightly', { keys, activeRuns: [runUnderWay('r2', { attempt: 2 })] }),
    );
    const { stdout } = await schedule(scheduler, 'show nightly');
    expect(stdout).toBe(
      [
        'name       nightly',
        'from       /etc/supervisord.conf:7',
        'runs       /bin/backup',
        "trigger    cron[hour='2', minute='30']",
        'timezone   Europe/Berlin',
        'state      WAITING',
        'next       2026-03-28T02:30:00+01:00 (…)',
        'last       -',
        'under way  r2#2 RUNNING',
        '',
        'KEY       VALUE              ORIGIN',
        'command   /bin/backup --all  /etc/supervisord.conf:8',
        'coalesce  latest             default',
        '',
      ].join('\n'),
    );
    const json = await schedule(scheduler, 'show nightly --json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      id: 'nightly',
      keys: { coalesce: { origin: 'default' } },
    });
  });

  it('says that there is no such schedule', async () => {
    expect(await schedule(new FakeScheduler(), 'show nosuch')).toEqual({
      stdout: 'ERROR: No job by the id of nosuch was found\n',
      stderr: '',
      exitStatus: 1,
    });
  });
});

describe('schedule run', () => {
  it('says which run it is, and does not wait', async () => {
    const scheduler = new FakeScheduler(nightly);
    expect(await schedule(scheduler, 'run nightly')).toEqual({
      stdout: 'nightly: run r1\n',
      stderr: '',
      exitStatus: 0,
    });
    expect(scheduler.asked).toEqual(['runJob nightly']);
  });

  it('refuses what is under way as often as it may be, unless with --force', async () => {
    const scheduler = new FakeScheduler(job('nightly', { activeRuns: [runUnderWay('r0')] }));
    expect((await schedule(scheduler, 'run nightly')).stdout).toBe(
      'ERROR: Job "nightly" has already reached its maximum number of instances\n',
    );
    expect((await schedule(scheduler, 'run nightly --force')).exitStatus).toBe(0);
  });

  const endings = [
    { ended: run('r1'), text: 'SUCCESS in 2m03s', status: 0 },
    { ended: run('r1', { exitStatus: 3 }), text: 'SUCCESS in 2m03s', status: 3 },
    {
      ended: run('r1', { state: 'FAILED', exitStatus: 4, error: 'exit status 4' }),
      text: 'FAILED (exit status 4) in 2m03s',
      status: 4,
    },
    {
      ended: run('r1', { state: 'FAILED', exitStatus: 0 }),
      text: 'FAILED (exit status 0) in 2m03s',
      status: 1,
    },
    {
      ended: run('r1', { state: 'TIMEOUT', exitStatus: undefined, signal: 15 }),
      text: 'TIMEOUT (SIGTERM) in 2m03s',
      status: 143,
    },
    {
      ended: run('r1', {
        state: 'SPAWN_ERROR',
        exitStatus: undefined,
        started: undefined,
        error: 'no such file',
      }),
      text: 'SPAWN_ERROR (no such file)',
      status: 1,
    },
  ];
  for (const { ended, text, status } of endings) {
    it(`with --wait tells "${text}", and ends with status ${status}`, async () => {
      const scheduler = new FakeScheduler(nightly);
      scheduler.runs = [runUnderWay('r1')];
      const printed = schedule(scheduler, 'run nightly --wait');
      await waitFor(() => scheduler.asked.includes('waitForRun r1'), { what: 'the client to wait' });
      scheduler.end(ended);
      expect(await printed).toMatchObject({
        stdout: `nightly: run r1\nnightly: ${text}\n`,
        exitStatus: status,
      });
    });
  }

  it('goes on waiting when the server makes room for another', async () => {
    const scheduler = new FakeScheduler(nightly);
    scheduler.runs = [runUnderWay('r1')];
    const printed = schedule(scheduler, 'run nightly --wait');
    const waits = () => scheduler.asked.filter((question) => question === 'waitForRun r1').length;
    await waitFor(() => waits() === 1, { what: 'the client to wait' });
    scheduler.leave();
    await waitFor(() => waits() === 2, { what: 'the client to wait again' });
    scheduler.end(run('r1'));
    expect((await printed).exitStatus).toBe(0);
  });
});

describe('schedule pause and resume', () => {
  it('does each, whatever is wrong with another', async () => {
    const scheduler = new FakeScheduler(nightly, hourly);
    expect(await schedule(scheduler, 'pause nightly nosuch hourly')).toEqual({
      stdout: 'nightly: paused\nnosuch: ERROR (No job by the id of nosuch was found)\nhourly: paused\n',
      stderr: '',
      exitStatus: 1,
    });
    expect((await schedule(scheduler, 'resume nightly')).stdout).toBe(
      'nightly: resumed, next run 2026-03-28T02:30:00+01:00\n',
    );
  });

  it('with all leaves alone what is so already', async () => {
    const scheduler = new FakeScheduler(nightly, hourly);
    expect((await schedule(scheduler, 'pause all')).stdout).toBe('nightly: paused\n');
    expect((await schedule(scheduler, 'resume all')).stdout).toMatch(/^hourly: resumed, [^\n]*\n$/);
  });

  it('with all means those too that have a run under way', async () => {
    const busy = { state: 'RUNNING', activeRuns: [runUnderWay('r1')] } as const;
    const scheduler = new FakeScheduler(job('paused', { ...busy, isPaused: true }), job('other', busy));
    expect((await schedule(scheduler, 'resume all')).stdout).toMatch(/^paused: resumed, [^\n]*\n$/);
    expect((await schedule(scheduler, 'pause all')).stdout).toBe('other: paused\n');
  });

  it('needs names', async () => {
    const { stdout, exitStatus } = await schedule(new FakeScheduler(), 'pause');
    expect(stdout).toMatch(/^Error: no name given\nschedule pause <name>/);
    expect(exitStatus).toBe(2);
  });
});

describe('schedule off and on', () => {
  it('are for the scheduler, and for no name', async () => {
    const scheduler = new FakeScheduler();
    expect((await schedule(scheduler, 'off')).stdout).toBe('scheduler: paused\n');
    expect((await schedule(scheduler, 'on')).stdout).toBe('scheduler: resumed\n');
    expect(scheduler.asked).toEqual(['pause', 'resume']);
    const { stdout, exitStatus } = await schedule(scheduler, 'off nightly');
    expect(stdout).toMatch(/^Error: too many arguments: nightly; one schedule is paused by its name\n/);
    expect(exitStatus).toBe(2);
  });
});

describe('schedule history', () => {
  const scheduler = new FakeScheduler(nightly, hourly);
  scheduler.runs = [
    run('r1', { state: 'FAILED', exitStatus: undefined, signal: 9, error: 'killed' }),
    run('r1', { attempt: 2, cause: 'retry' }),
    run('r2', { jobId: 'hourly', state: 'MISSED', count: 12, started: undefined, exitStatus: undefined }),
  ];

  it('shows runs of all, newest first', async () => {
    const { stdout } = await schedule(scheduler, 'history');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['RUN', 'NAME', 'FIRE', 'START (LATE)', 'DURATION', 'OUTCOME', 'EXIT', 'TRIGGER', 'NODE', 'ERROR'],
      ['r2', 'hourly', '2026-03-27T02:30:00+01:00', '-', '-', 'MISSED x12', '-', 'schedule', 'a'],
      [
        'r1#2',
        'nightly',
        '2026-03-27T02:30:00+01:00',
        '2026-03-27T02:30:00+01:00 (0.3s)',
        '2m03s',
        'SUCCESS',
        '0',
        'retry',
        'a',
      ],
      [
        'r1',
        'nightly',
        '2026-03-27T02:30:00+01:00',
        '2026-03-27T02:30:00+01:00 (0.3s)',
        '2m03s',
        'FAILED',
        'SIGKILL',
        'schedule',
        'a',
        'killed',
      ],
      [''],
    ]);
  });

  it('shows those of one, as many as are wanted, or those that failed', async () => {
    const rows = async (line: string) =>
      (await schedule(scheduler, `history ${line}`)).stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(' ')[0]);
    expect(await rows('nightly')).toEqual(['r1#2', 'r1']);
    expect(await rows('-n 1')).toEqual(['r2']);
    expect(await rows('--failed')).toEqual(['r1']);
    expect(JSON.parse((await schedule(scheduler, 'history --json -n 1')).stdout)).toMatchObject([
      { id: 'r2', count: 12 },
    ]);
  });
});

describe('schedule log', () => {
  function writing(text: string, isComplete: boolean): FakeScheduler {
    const scheduler = new FakeScheduler(nightly);
    scheduler.runs = [isComplete ? run('r1') : runUnderWay('r1')];
    scheduler.logs.set('r1 1 stdout', { bytes: Buffer.from(text), isComplete, growing: [] });
    return scheduler;
  }

  it('shows what a run has written, byte for byte', async () => {
    const text = `grüß\x1b[1m\r\n${'x'.repeat(200_000)}`;
    expect(await schedule(writing(text, true), 'log r1')).toEqual({
      stdout: text,
      stderr: '',
      exitStatus: 0,
    });
  });

  it('shows that of the last run of a schedule that was started', async () => {
    const scheduler = writing('hello\n', false);
    scheduler.runs = [...scheduler.runs, run('r2', { state: 'MISSED', started: undefined })];
    expect((await schedule(scheduler, 'log nightly')).stdout).toBe('hello\n');
  });

  it('shows that of one attempt', async () => {
    const scheduler = writing('first\n', true);
    scheduler.runs = [...scheduler.runs, run('r1', { attempt: 2 })];
    scheduler.logs.set('r1 2 stdout', { bytes: Buffer.from('second\n'), isComplete: true, growing: [] });
    expect((await schedule(scheduler, 'log r1#1')).stdout).toBe('first\n');
    expect((await schedule(scheduler, 'log r1')).stdout).toBe('second\n');
  });

  it('with -f ends with the run', async () => {
    const scheduler = writing('begin\n', false);
    const printed = schedule(scheduler, 'log -f r1');
    await waitFor(() => scheduler.asked.includes('waitForRun r1'), { what: 'the client to follow' });
    scheduler.logs.set('r1 1 stdout', { bytes: Buffer.from('begin\nend\n'), isComplete: true, growing: [] });
    scheduler.end(run('r1'));
    expect(await printed).toEqual({
      stdout: '==> Press Ctrl-C to exit <==\nbegin\nend\n',
      stderr: '',
      exitStatus: 0,
    });
  });

  it('with -f goes on where it was when the server has left', async () => {
    const scheduler = writing('begin\n', false);
    const printed = schedule(scheduler, 'log -f r1');
    const waits = () => scheduler.asked.filter((question) => question === 'waitForRun r1').length;
    await waitFor(() => waits() === 1, { what: 'the client to follow' });
    scheduler.leave();
    await waitFor(() => waits() === 2, { what: 'the client to follow again' });
    scheduler.logs.set('r1 1 stdout', { bytes: Buffer.from('begin\nend\n'), isComplete: true, growing: [] });
    scheduler.end(run('r1'));
    expect((await printed).stdout).toBe('==> Press Ctrl-C to exit <==\nbegin\nend\n');
  });

  it('says what there is not', async () => {
    const scheduler = writing('', true);
    expect((await schedule(scheduler, 'log r1 stderr')).stdout).toBe('r1: ERROR (no log file)\n');
    expect((await schedule(scheduler, 'log nosuch')).stdout).toBe(
      'ERROR: No job by the id of nosuch was found\n',
    );
    scheduler.runs = [];
    expect((await schedule(scheduler, 'log nightly')).stdout).toBe('nightly: ERROR (it has not run yet)\n');
    expect((await schedule(scheduler, 'log r1 stdin')).stdout).toMatch(/^Error: bad channel 'stdin'\n/);
  });
});

describe('schedule stop', () => {
  it('waits for the end of a run', async () => {
    const scheduler = new FakeScheduler(nightly);
    scheduler.runs = [runUnderWay('r1', { signal: 15 })];
    expect((await schedule(scheduler, 'stop r1')).stdout).toBe(
      'nightly: run r1 CANCELLED (SIGTERM) in 0.0s\n',
    );
    expect(await schedule(scheduler, 'stop r1')).toMatchObject({
      stdout: 'ERROR: Run r1 has ended\n',
      exitStatus: 1,
    });
  });
});

describe('schedule add, modify and remove', () => {
  it('takes keys as a file has them', async () => {
    const scheduler = new FakeScheduler();
    const next = 'next run 2026-03-28T02:30:00+01:00';
    const add = await schedule(scheduler, 'add tidy command="/bin/tidy if=a" hour=3');
    expect(add.stdout).toBe(`tidy: added, ${next}\n`);
    expect((await schedule(scheduler, 'modify tidy hour=4 minute=')).stdout).toBe(
      `tidy: modified, ${next}\n`,
    );
    expect((await schedule(scheduler, 'remove tidy nosuch')).stdout).toBe(
      'tidy: removed\nnosuch: ERROR (No job by the id of nosuch was found)\n',
    );
    expect(scheduler.asked).toEqual([
      'addJob tidy command=/bin/tidy if=a hour=3',
      'modifyJob tidy hour=4 minute=',
      'removeJob tidy',
      'removeJob nosuch',
    ]);
  });

  it('is refused for a name that comes from a file, with the file and the line', async () => {
    expect(await schedule(new FakeScheduler(nightly), 'modify nightly hour=4')).toMatchObject({
      stdout: 'ERROR: Schedule nightly is from /etc/supervisord.conf:7\n',
      exitStatus: 1,
    });
  });

  it('explains how, if it is not understood', async () => {
    for (const [line, mistake] of [
      ['add', 'no name given'],
      ['add hour=3', 'no name given'],
      ['add tidy', 'no key=value given'],
      ['add tidy command=dd if', 'if is not key=value; a value with blanks needs quotes'],
    ] as const) {
      const { stdout, exitStatus } = await schedule(new FakeScheduler(), line);
      expect(stdout).toMatch(new RegExp(`^Error: ${mistake}\nschedule add <name>`));
      expect(exitStatus).toBe(2);
    }
  });
});

describe('schedule', () => {
  it('knows its own commands only', async () => {
    const { stdout, exitStatus } = await schedule(new FakeScheduler(), 'sart nightly');
    expect(stdout).toMatch(/^Error: there is no "schedule sart" but list, next, .*, remove\n$/);
    expect(exitStatus).toBe(2);
  });

  it('says that a supervisord has no scheduler', async () => {
    await using server = await startFakeServer();
    expect(await runCommand('schedule list', { serverurl: server.serverurl })).toEqual({
      stdout: 'ERROR: this supervisord has no scheduler\n',
      stderr: '',
      exitStatus: 1,
    });
  });

  it('says why the scheduler cannot be used', async () => {
    const scheduler = new FakeScheduler();
    scheduler.refusal = new ScheduleError('unavailable', 'Cannot open /x: it is locked');
    expect((await schedule(scheduler, 'run nightly')).stdout).toBe('ERROR: Cannot open /x: it is locked\n');
  });

  it('has help on all of its commands', async () => {
    const { stdout } = await runCommand('help schedule', { serverurl: 'unix:///nonexistent/sock' });
    for (const name of [
      'list',
      'next',
      'show',
      'run',
      'pause',
      'resume',
      'off',
      'on',
      'history',
      'log',
      'stop',
      'add',
      'modify',
      'remove',
    ]) {
      expect(stdout).toContain(`schedule ${name}`);
    }
  });
});
