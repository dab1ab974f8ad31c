/** Schedules under the control of supervisorctl, the page and XML-RPC, in a real daemon. */
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { type CtlResult, type Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { httpRequest, messageOf, tokenIn } from '../support/http-request.ts';
import { isAlive, pidOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const limit = 300_000;

/** A program that ends with status 3 when a file is there, and writes all the while. */
const waits = `command=/bin/sh -c "n=0; while [ ! -e %(here)s/end ]; do n=$((n + 1)); echo $SUPERVISOR_RUN_ID $n; sleep 0.05; done; exit 3"`;

/** At times that never come while tests run, or once in four years. */
const configuration = `
[schedule:waits]
${waits}
month=2
day=29
hour=3
timezone=Europe/Berlin
[schedule:says]
command=/bin/sh -c "echo out; echo err >&2"
month=2
day=29
hour=4
`;

function start(): Promise<Daemon> {
  return startDaemon({ implementation: 'ours', configuration });
}

function schedule(daemon: Daemon, ...words: readonly string[]): Promise<CtlResult> {
  return daemon.ctl('ours', ['schedule', ...words]);
}

/** The id of the only run that is under way. */
async function runUnderWay(daemon: Daemon): Promise<string> {
  const runs = JSON.parse((await schedule(daemon, 'history', '--json')).stdout) as {
    id: string;
    active: boolean;
  }[];
  return runs.find(({ active }) => active)?.id ?? '';
}

/** Has the program of `waits` come to its end. */
async function endProgram(daemon: Daemon): Promise<void> {
  await execa('touch', [join(daemon.dir, 'end')]);
}

it(
  'lists, shows, runs, pauses and resumes what a file has, and changes nothing of it',
  async () => {
    await using daemon = await start();
    const { stdout } = await schedule(daemon);
    expect(stdout).toMatch(
      /^NAME +TRIGGER .*\n(.*\n)?waits +cron\[month='2', day='29', hour='3'\] +\S+T03:00:00\+01:00 \(in \S+\) +- +WAITING\n/,
    );
    const shown = (await schedule(daemon, 'show', 'waits')).stdout;
    expect(shown).toMatch(new RegExp(`\ntimezone +Europe/Berlin +${daemon.configurationFile}:\\d+\n`));
    expect(shown).toMatch(new RegExp(`\nhour +3 +${daemon.configurationFile}:\\d+\n`));
    expect(shown).toMatch(/\nmax_instances +1 +default\n/);

    const isFrom = `schedule says is from ${daemon.configurationFile}:`;
    expect((await schedule(daemon, 'modify', 'says', 'hour=5')).stdout).toContain(`ERROR: ${isFrom}`);
    expect((await schedule(daemon, 'remove', 'says')).stdout).toContain(`says: ERROR (${isFrom}`);
    expect((await schedule(daemon, 'add', 'says', 'hour=5', 'command=/bin/true')).stdout).toBe(
      'ERROR: Job identifier (says) conflicts with an existing job\n',
    );

    expect((await schedule(daemon, 'pause', 'says')).stdout).toBe('says: paused\n');
    expect((await schedule(daemon, 'list', 'says')).stdout).toMatch(/ PAUSED\n/);
    expect((await daemon.ctl('ours', ['status', 'says'])).stdout).toMatch(/^says +STOPPED +paused\n$/);
    expect((await schedule(daemon, 'run', 'says', '--wait')).exitCode).toBe(0);
    expect((await schedule(daemon, 'resume', 'all')).stdout).toMatch(
      /^says: resumed, next run \S+T04:00:00\S+\n$/,
    );
    expect((await schedule(daemon, 'log', 'says')).stdout).toBe('out\n');
    expect((await schedule(daemon, 'log', 'says', 'stderr')).stdout).toBe('err\n');
  },
  limit,
);

it(
  'adds, changes, runs and removes a schedule of its own, which the next daemon has too',
  async () => {
    await using daemon = await start();
    const add = ['add', 'mine', 'command=/bin/sh -c "echo a  b; exit 4"', 'hour=5', 'timezone=UTC'];
    expect((await schedule(daemon, ...add)).stdout).toMatch(/^mine: added, next run \S+T05:00:00\+00:00\n$/);
    expect((await schedule(daemon, 'modify', 'mine', 'minute=30')).stdout).toMatch(
      /^mine: modified, next run \S+T05:30:00/,
    );
    expect((await schedule(daemon, 'show', 'mine')).stdout).toMatch(
      /\ncommand +\/bin\/sh -c "echo a {2}b; exit 4" +rpc\n/,
    );
    expect((await schedule(daemon, 'modify', 'mine', 'hour=25')).stdout).toBe(
      'ERROR: [schedule:mine] hour=25: the last value (25) is higher than the maximum value (23)\n',
    );
    await daemon.stop();
    await daemon.start();
    expect((await schedule(daemon, 'next', 'mine', '-n', '1')).stdout).toMatch(
      /^cron\[hour='5', minute='30'\], times of UTC\n\S+T05:30:00\+00:00 {2}in \S+\n$/,
    );
    const { stdout, exitCode } = await schedule(daemon, 'run', 'mine', '--wait');
    expect(stdout).toMatch(/^mine: run \w+\nmine: FAILED \(exit status 4\) in \S+s\n$/);
    expect(exitCode).toBe(4);
    expect((await schedule(daemon, 'log', 'mine')).stdout).toBe('a b\n');
    expect((await schedule(daemon, 'remove', 'mine')).stdout).toBe('mine: removed\n');
    expect((await schedule(daemon, 'list', 'mine')).exitCode).toBe(1);
    expect((await schedule(daemon, 'history', 'mine')).stdout).toMatch(/\n\w+ .* FAILED +4 +manual /);
  },
  limit,
);

it(
  'stops a run, which says that it was, and leaves the schedule as it is',
  async () => {
    await using daemon = await start();
    await schedule(daemon, 'run', 'waits');
    await waitForState(daemon, 'waits', 'RUNNING');
    const pid = await pidOf(daemon, 'waits');
    expect((await schedule(daemon, 'run', 'waits')).stdout).toBe(
      'ERROR: Job "waits" has already reached its maximum number of instances\n',
    );
    const id = await runUnderWay(daemon);
    expect((await schedule(daemon, 'stop', id)).stdout).toMatch(
      new RegExp(`^waits: run ${id} CANCELLED \\(SIGTERM`),
    );
    expect(isAlive(pid)).toBe(false);
    expect((await schedule(daemon, 'stop', id)).stdout).toBe(`ERROR: run ${id} has ended\n`);
    expect((await schedule(daemon, 'list', 'waits')).stdout).toMatch(/ WAITING\n/);
  },
  limit,
);

it(
  'waits for a run and follows its log while the daemon is upgraded, killed and started again',
  async () => {
    await using daemon = await start();
    const ctl = (...words: readonly string[]) =>
      execa('bin/supervisorctl', ['-c', daemon.configurationFile, 'schedule', ...words], { reject: false });
    const waiting = ctl('run', 'waits', '--wait');
    await waitForState(daemon, 'waits', 'RUNNING');
    const following = ctl('log', '-f', 'waits');
    let shown = '';
    following.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const grows = async () => {
      const lines = shown.split('\n').length;
      await waitFor(() => shown.split('\n').length > lines + 2, { what: 'the log to grow' });
    };
    await grows();
    await daemon.upgrade();
    await grows();
    daemon.kill('SIGKILL');
    await daemon.ended();
    await daemon.start();
    await grows();
    await endProgram(daemon);

    const waited = await waiting;
    expect(waited.stdout).toMatch(/^waits: run (\w+)\nwaits: FAILED \(exit status 3\) in \S+$/);
    expect(waited.exitCode).toBe(3);
    const [, id] = /run (\w+)/.exec(waited.stdout) ?? [];
    const [heading, ...lines] = (await following).stdout.split('\n');
    expect(heading).toBe('==> Press Ctrl-C to exit <==');
    expect(lines.length).toBeGreaterThan(6);
    expect(lines).toEqual(lines.map((_, index) => `${id} ${index + 1}`));
    expect((await schedule(daemon, 'log', 'waits')).stdout).toBe(lines.map((line) => `${line}\n`).join(''));
  },
  limit,
);

it(
  'runs now when somebody starts it on the page, and ends the run when somebody stops it there',
  async () => {
    await using daemon = await start();
    const act = async (action: string): Promise<string | null> => {
      const token = tokenIn((await httpRequest(daemon.socket, '/')).body);
      const form = { action, processname: 'waits', token };
      return messageOf(await httpRequest(daemon.socket, '/', { form }));
    };
    expect((await httpRequest(daemon.socket, '/')).body).toContain('next run ');
    expect(await act('start')).toBe('Process waits started');
    await waitForState(daemon, 'waits', 'RUNNING');
    expect(await act('stop')).toBe('Process waits stopped');
    await waitFor(
      async () => /CANCELLED .* manual/.test((await schedule(daemon, 'history', 'waits')).stdout),
      {
        what: 'the run to be CANCELLED',
      },
    );
  },
  limit,
);

it(
  'lets nobody without a password say what is run, who may run what there is',
  async () => {
    const port = await freePort();
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `${configuration}[inet_http_server]\nport=127.0.0.1:${port}\n`,
    });
    const ctl = (...words: readonly string[]) =>
      daemon.ctl('ours', ['-s', `http://127.0.0.1:${port}`, 'schedule', ...words]);
    expect((await ctl('add', 'mine', 'command=/bin/true', 'hour=5')).stdout).toBe(
      'ERROR: this server asks for no password, and so does not let clients say what is run\n',
    );
    expect((await ctl('run', 'says', '--wait')).exitCode).toBe(0);
    expect((await schedule(daemon, 'add', 'mine', 'command=/bin/true', 'hour=5')).exitCode).toBe(0);
  },
  limit,
);

it(
  'says what is wrong with the job store',
  async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[scheduler]\njobstore_path=%(here)s/missing/schedule.db\n${configuration}`,
    });
    const { stdout, exitCode } = await schedule(daemon);
    expect(stdout).toMatch(/^ERROR: cannot use job store sqlite:.*\/missing\/schedule\.db: .*\n$/);
    expect(exitCode).toBe(1);
  },
  limit,
);

it(
  'works in the shell, where values with blanks are quoted',
  async () => {
    await using daemon = await start();
    const input =
      'schedule add mine command="/bin/echo a b" hour=5\nschedule list mine\nschedule log mine\nexit\n';
    const { stdout } = await daemon.ctl('ours', [], { input });
    expect(stdout).toMatch(/mine: added, next run .*\n/);
    expect(stdout).toMatch(/mine: ERROR \(it has not run yet\)\n/);
    expect((await schedule(daemon, 'show', 'mine')).stdout).toMatch(/\ncommand +\/bin\/echo a b +rpc\n/);
  },
  limit,
);
