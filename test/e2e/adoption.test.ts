import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pidsOfCommand } from '../../daemon/host/pipe-holders.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { Daemon } from '../support/daemons.ts';
import {
  infoOf,
  isAlive,
  pidOf,
  procStatus,
  stateOf,
  stdoutOf,
  waitForLog,
  waitForState,
} from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');
const configuration = `
[program:stays]
command=/bin/sleep 1000
[program:counts]
command=${programs}/counts-slowly
startsecs=0
[program:ends]
command=${programs}/ends-when-told 3
autorestart=unexpected
exitcodes=3
startsecs=0
[program:off]
command=/bin/sleep 1000
startsecs=0
`;

let daemon: Daemon;

beforeEach(async () => {
  daemon = new Daemon({ implementation: 'ours', configuration });
  await daemon.start();
  for (const name of ['stays', 'counts', 'ends', 'off']) await waitForState(daemon, name, 'RUNNING');
});
afterEach(() => daemon[Symbol.asyncDispose]());

async function kill(): Promise<void> {
  daemon.kill('SIGKILL');
  await daemon.ended();
}

/** Pids of all programs, by name. */
async function pids(): Promise<Record<string, number>> {
  const names = ['stays', 'counts', 'ends', 'off'];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await pidOf(daemon, name)])));
}

/** What lines of a log count, and whether none is missing, doubled or torn. */
function counted(text: string): number {
  const numbers = text.split('\n').slice(0, -1).map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  return numbers.length;
}

const journal = (): string => join(`${daemon.socket}.d`, 'processes');

describe('after kill -9 of the daemon', () => {
  it('every program runs on with its pid and its start time, and is RUNNING', async () => {
    const [before, start] = [await pids(), await infoOf(daemon, 'stays', 'start')];
    await kill();
    for (const pid of Object.values(before)) expect(isAlive(pid)).toBe(true);
    await daemon.start();
    expect(await pids()).toEqual(before);
    expect(await infoOf(daemon, 'stays', 'start')).toEqual(start);
    expect(await stateOf(daemon, 'stays')).toBe('RUNNING');
    await waitForLog(daemon, `INFO adopted: 'stays' with pid ${before['stays']}`);
  });

  it('the next daemon controls what it has adopted', async () => {
    const before = await pids();
    await kill();
    await daemon.start();
    await daemon.rpc('supervisor.stopProcess', 'stays');
    expect(isAlive(before['stays'] ?? 0)).toBe(false);
    await waitForLog(daemon, 'WARN stopped: stays (terminated by SIGTERM)');
    await daemon.rpc('supervisor.startProcess', 'stays', true);
    expect(await pidOf(daemon, 'stays')).not.toBe(before['stays']);
  });

  it('no line of output is missing, though programs had nobody to read it', async () => {
    await waitFor(async () => counted(await stdoutOf(daemon, 'counts')) > 5);
    const log = String(await infoOf(daemon, 'counts', 'stdout_logfile'));
    await kill();
    const before = counted(readFileSync(log, 'utf8'));
    await daemon.start();
    expect(await infoOf(daemon, 'counts', 'stdout_logfile')).toBe(log);
    await waitFor(async () => counted(await stdoutOf(daemon, 'counts')) > before + 20);
  });

  it('an exit of what was adopted is noticed, with its status', async () => {
    await kill();
    await daemon.start();
    await daemon.rpc('supervisor.sendProcessStdin', 'ends', '\n');
    await waitForState(daemon, 'ends', 'EXITED');
    await waitForLog(daemon, 'INFO exited: ends (exit status 3; expected)');
  });

  it('what has ended meanwhile is an exit that nobody saw, and is started again as autorestart has it', async () => {
    const { stays = 0 } = await pids();
    await kill();
    process.kill(stays, 'SIGKILL');
    await waitFor(() => !isAlive(stays));
    await daemon.start();
    await waitForState(daemon, 'stays', 'RUNNING');
    expect(await pidOf(daemon, 'stays')).not.toBe(stays);
    // As long as nobody has reaped it, the kernel still knows its status.
    await waitForLog(
      daemon,
      /WARN exited: stays \((exit status unknown|terminated by SIGKILL); not expected\)/,
    );
  });

  it('what was stopped stays so', async () => {
    await daemon.rpc('supervisor.stopProcess', 'off');
    const description = await infoOf(daemon, 'off', 'description');
    await kill();
    await daemon.start();
    expect(await stateOf(daemon, 'off')).toBe('STOPPED');
    expect(await infoOf(daemon, 'off', 'description')).toBe(description);
  });

  it('a group that was removed stays so', async () => {
    await daemon.rpc('supervisor.stopProcess', 'off');
    await daemon.rpc('supervisor.removeProcessGroup', 'off');
    await kill();
    await daemon.start();
    await expect(stateOf(daemon, 'off')).rejects.toThrow('BAD_NAME');
    await daemon.rpc('supervisor.addProcessGroup', 'off');
    await kill();
    await daemon.start();
    expect(await stateOf(daemon, 'off')).toBe('RUNNING');
  });

  it('a program that is not configured any more is stopped', async () => {
    const { off = 0 } = await pids();
    await kill();
    daemon.configure(configuration.replace(/\[program:off\][^[]*/, ''));
    await daemon.start();
    await waitForLog(daemon, `WARN 'off' (pid ${off}) is not configured any more, and is stopped`);
    await waitFor(() => !isAlive(off));
    await waitForLog(daemon, new RegExp(`INFO reaped unknown pid ${off} `));
  });

  it('a program that is configured otherwise runs on, is told of, and changes with update', async () => {
    const { stays = 0 } = await pids();
    await kill();
    daemon.configure(configuration.replace('sleep 1000', 'sleep 2000'));
    await daemon.start();
    expect(await pidOf(daemon, 'stays')).toBe(stays);
    await waitForLog(daemon, "WARN 'stays' runs with the settings of before");
    // That is known from one daemon to the next.
    await kill();
    await daemon.start();
    expect(await daemon.rpc('supervisor.reloadConfig')).toEqual([[[], ['stays'], []]]);
    await daemon.ctl('ours', ['update']);
    await waitForState(daemon, 'stays', 'RUNNING');
    expect(await pidOf(daemon, 'stays')).not.toBe(stays);
    expect(await daemon.rpc('supervisor.reloadConfig')).toEqual([[[], [], []]]);
  });

  it('nothing is adopted twice, however often that happens', async () => {
    const before = await pids();
    for (let time = 0; time < 5; time += 1) {
      await kill();
      await daemon.start();
    }
    expect(await pids()).toEqual(before);
    counted(await stdoutOf(daemon, 'counts'));
  });

  it('one process keeps the pipes open, and goes when the daemon ends', async () => {
    await kill();
    const keepers = (): string[] =>
      readdirSync('/proc').filter((name) => {
        try {
          return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(
            `${daemon.socket}.d/keeps-pipes-open`,
          );
        } catch {
          return false;
        }
      });
    expect(keepers()).toHaveLength(1);
    await daemon.start();
    await waitFor(() => keepers().length === 1);
    await daemon.stop();
    expect(keepers()).toEqual([]);
    expect(readdirSync(daemon.dir)).not.toContain('supervisor.sock.d');
  });
});

describe('the journal', () => {
  it('is readable by its owner only, and says nothing of commands and environments', async () => {
    expect(statSync(journal()).mode & 0o777).toBe(0o600);
    const text = readFileSync(journal(), 'utf8');
    expect(text).not.toMatch(/sleep|counts-slowly|PATH/);
  });

  it.each([
    ['empty', () => truncateSync(journal(), 0), 'it is empty'],
    ['cut off', () => truncateSync(journal(), statSync(journal()).size - 3), 'it is cut off'],
    [
      'damaged',
      () => writeFileSync(journal(), readFileSync(journal(), 'utf8').replace('RUNNING', 'running')),
      /line \d+ is damaged/,
    ],
    [
      'of another boot',
      () => writeFileSync(journal(), '8ff0c6fd {"kind":"processes","version":1,"boot":"x"}\n'),
      /before the machine was started|damaged/,
    ],
  ] as const)('that is %s is set aside, and yet nothing is started twice', async (_, damage, reason) => {
    const before = await pids();
    await kill();
    damage();
    await daemon.start();
    await waitForState(daemon, 'stays', 'RUNNING');
    expect(await pids()).toEqual(before);
    await waitForLog(daemon, `WARN state of an earlier supervisord in '${journal()}' is set aside: `);
    await waitForLog(daemon, reason);
    expect(readdirSync(`${daemon.socket}.d`)).toContain('processes.unusable');
    counted(await stdoutOf(daemon, 'counts'));
  });

  it('that is missing is made up for', async () => {
    const before = await pids();
    await kill();
    truncateSync(journal(), 0);
    await daemon.start();
    expect(await pids()).toEqual(before);
  });
});

it('a child that was spawned in the very last moment is found by its pipes', async () => {
  // As if the daemon had been killed before it wrote the last start down.
  const records = readFileSync(journal(), 'utf8').split('\n');
  await daemon.rpc('supervisor.stopProcess', 'off');
  await daemon.rpc('supervisor.startProcess', 'off', true);
  const before = await pids();
  await kill();
  const stopped = readFileSync(journal(), 'utf8')
    .split('\n')
    .findIndex((line) => /"off".*"STOPPED","history":\{"start":1/.test(line));
  writeFileSync(
    journal(),
    `${readFileSync(journal(), 'utf8')
      .split('\n')
      .slice(0, stopped + 1)
      .join('\n')}\n`,
  );
  expect(records.length).toBeLessThan(stopped + 2);
  await daemon.start();
  await waitForState(daemon, 'off', 'RUNNING');
  expect(await pids()).toEqual(before);
});

/** A daemon whose runtime directory is named by a symbolic link. */
function daemonBehindLink(): Daemon {
  const supervisord = 'runtime_directory=%(here)s/link';
  const other = new Daemon({ implementation: 'ours', configuration, supervisord });
  mkdirSync(join(other.dir, 'run'));
  symlinkSync('run', join(other.dir, 'link'));
  return other;
}

/** Starts it, kills it, empties its journal and starts it again. @returns the pid that `stays` had before */
async function startAgainWithoutJournal(other: Daemon): Promise<number> {
  await other.start();
  await waitForState(other, 'stays', 'RUNNING');
  const pid = await pidOf(other, 'stays');
  other.kill('SIGKILL');
  await other.ended();
  truncateSync(join(other.dir, 'run', 'supervisor.d', 'processes'));
  await other.start();
  return pid;
}

it('programs are found without a journal also where the runtime directory is named by a symbolic link', async () => {
  await using other = daemonBehindLink();
  const pid = await startAgainWithoutJournal(other);
  expect(await pidOf(other, 'stays')).toBe(pid);
  await other.upgrade();
  expect(await pidOf(other, 'stays')).toBe(pid);
});

describeAsRoot('a daemon in a container', () => {
  it('is left alone with its programs, though all its paths are the same', async () => {
    const run = join(daemon.dir, 'run');
    mkdirSync(run);
    const supervisord = `runtime_directory=${run}`;
    const mount = 'mount -t tmpfs none "$0" && exec "$@"';
    await using inside = new Daemon({
      implementation: 'ours',
      configuration: `${configuration}
[program:inside]
command=/bin/sleep 1000
`,
      supervisord,
      prefix: ['unshare', '--mount', 'sh', '-c', mount, run],
    });
    await inside.start();
    await waitForState(inside, 'stays', 'RUNNING');
    const pid = await pidOf(inside, 'stays');
    const [keeper = 0] = pidsOfCommand(['cat', join(run, 'supervisor.d', 'keeps-pipes-open')]);

    await using outside = new Daemon({ implementation: 'ours', configuration, supervisord });
    await outside.start();
    await waitForState(outside, 'stays', 'RUNNING');
    expect(await pidOf(outside, 'stays')).not.toBe(pid);
    expect(readFileSync(outside.logfile, 'utf8')).not.toMatch(/adopted|not configured any more/);
    await outside.stop();
    expect(await pidOf(inside, 'stays')).toBe(pid);
    expect(await pidOf(inside, 'inside')).not.toBe(0);
    expect(isAlive(keeper)).toBe(true);
  });
});

describe('on_daemon_exit=adopt', () => {
  it('leaves programs running at an orderly end, for the next daemon', async () => {
    await using leaving = new Daemon({
      implementation: 'ours',
      configuration,
      supervisord: 'on_daemon_exit=adopt',
    });
    await leaving.start();
    await waitForState(leaving, 'stays', 'RUNNING');
    const pid = await pidOf(leaving, 'stays');
    await leaving.rpc('supervisor.shutdown');
    expect(await leaving.ended()).toBe(0);
    expect(procStatus(pid, 'State')).toMatch(/^S/);
    await leaving.start();
    expect(await pidOf(leaving, 'stays')).toBe(pid);
    expect(await stateOf(leaving, 'stays')).toBe('RUNNING');
  });
});

describe('runtime_directory', () => {
  it('is where state and pipes are, in a directory named after the daemon', async () => {
    await using other = new Daemon({
      implementation: 'ours',
      configuration,
      supervisord: 'runtime_directory=%(here)s/run\nidentifier=one',
    });
    await other.start();
    await waitForState(other, 'stays', 'RUNNING');
    const pid = await pidOf(other, 'stays');
    expect(readdirSync(join(other.dir, 'run'))).toEqual(['one.d']);
    expect(statSync(join(other.dir, 'run', 'one.d')).mode & 0o777).toBe(0o700);
    other.kill('SIGKILL');
    await other.ended();
    await other.start();
    expect(await pidOf(other, 'stays')).toBe(pid);
    await other.stop();
    expect(readdirSync(join(other.dir, 'run'))).toEqual([]);
  });

  it('may be behind a link, and what runs is found all the same when there is no journal', async () => {
    await using other = daemonBehindLink();
    const pid = await startAgainWithoutJournal(other);
    expect(await pidOf(other, 'stays')).toBe(pid);
    expect((await other.ctl('ours', ['upgrade', '--check'])).stdout).toMatch(/can take over/);
  });
});
