import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { Daemon, startDaemon } from '../support/daemons.ts';
import {
  infoOf,
  isAlive,
  pidOf,
  stateOf,
  stderrOf,
  stdoutOf,
  waitForAll,
  waitForLog,
  waitForState,
} from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const programs = resolve('test/fixtures/programs');

function program(name: string, command: string, lines = ''): string {
  return `[program:${name}]\ncommand=${command}\nstartsecs=0\nautorestart=false\n${lines}\n`;
}

const ended = (state: string): boolean => state === 'EXITED';

const autoLogs = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.includes('---'))
    .sort();

it('names AUTO logs after process, channel and identifier, and keeps them to the daemon user', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'identifier=my.id',
    configuration:
      program('a', `${programs}/writes-and-waits`) + program('b', '/bin/true', 'autostart=false'),
  });
  await waitFor(async () => (await stderrOf(daemon, 'a')) !== '');
  expect(await stdoutOf(daemon, 'a')).toBe('to stdout\n');
  expect(await stderrOf(daemon, 'a')).toBe('to stderr\n');
  const names = autoLogs(daemon.dir);
  expect(names).toEqual([
    expect.stringMatching(/^a-stderr---my\.id-[a-z0-9_]{8}\.log$/),
    expect.stringMatching(/^a-stdout---my\.id-[a-z0-9_]{8}\.log$/),
    expect.stringMatching(/^b-stderr---my\.id-[a-z0-9_]{8}\.log$/),
    expect.stringMatching(/^b-stdout---my\.id-[a-z0-9_]{8}\.log$/),
  ]);
  for (const name of names) expect(statSync(join(daemon.dir, name)).mode & 0o777).toBe(0o600);
});

it('removes the AUTO logs of the run before, backups included, and nothing else', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: program('a', '/bin/true'),
  });
  await waitForState(daemon, 'a', 'EXITED');
  await daemon.stop();
  const before = autoLogs(daemon.dir);
  expect(before).toHaveLength(2);
  const kept = [
    'a-stdout---other-abcdefgh.log',
    'a-stdout---supervisor-abcdefgh.log.gz',
    'a-stdout.log',
    '---supervisor-abcdefgh.log',
  ];
  for (const name of kept) writeFileSync(join(daemon.dir, name), '');
  writeFileSync(join(daemon.dir, `${before[0]}.1`), '');
  writeFileSync(join(daemon.dir, `${before[0]}.12`), '');
  await daemon.start();
  await waitForState(daemon, 'a', 'EXITED');
  const after = readdirSync(daemon.dir);
  for (const name of kept) expect(after).toContain(name);
  for (const name of [...before, `${before[0]}.1`, `${before[0]}.12`]) expect(after).not.toContain(name);
});

it('keeps the AUTO logs of the run before with nocleanup', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'nocleanup=true',
    configuration: program('a', '/bin/echo text'),
  });
  await waitForState(daemon, 'a', 'EXITED');
  const [first = ''] = autoLogs(daemon.dir).filter((name) => name.includes('stdout'));
  await daemon.stop();
  await daemon.start();
  expect(readFileSync(join(daemon.dir, first), 'utf8')).toBe('text\n');
  expect(autoLogs(daemon.dir)).toHaveLength(4);
});

it('writes the kinds of logs that sections ask for, every byte as it came', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: [
      program('none', `${programs}/writes-and-waits`, 'stdout_logfile=NONE\nstderr_logfile=NONE'),
      program(
        'merged',
        `${programs}/writes-and-waits`,
        'redirect_stderr=true\nstdout_logfile=%(here)s/merged',
      ),
      program('binary', `${programs}/prints-binary`, 'stdout_logfile=%(here)s/binary'),
      program('appends', '/bin/echo new', 'stdout_logfile=%(here)s/appended'),
      program(
        'flood',
        `${programs}/numbers-lines 300000`,
        'stdout_logfile=%(here)s/flood\nstdout_logfile_maxbytes=0',
      ),
      program(
        'one-line',
        `/bin/sh -c "head -c 3000000 /dev/zero | tr '\\\\0' x; echo; echo end"`,
        'stdout_logfile=%(here)s/one-line',
      ),
      program(
        'rotated',
        `${programs}/numbers-lines 400`,
        'stdout_logfile=%(here)s/rotated\nstdout_logfile_maxbytes=1\nstdout_logfile_backups=2',
      ),
      program(
        'no-backups',
        `${programs}/numbers-lines 30000`,
        'stdout_logfile=%(here)s/no-backups\nstdout_logfile_maxbytes=1KB\nstdout_logfile_backups=0',
      ),
      program(
        'shared1',
        `${programs}/numbers-lines 20000`,
        'stdout_logfile=%(here)s/shared\nstdout_logfile_maxbytes=20KB\nstdout_logfile_backups=50',
      ),
      program(
        'shared2',
        `${programs}/numbers-lines 20000`,
        'stdout_logfile=%(here)s/shared\nstdout_logfile_maxbytes=20KB\nstdout_logfile_backups=50',
      ),
    ].join('\n'),
  });
  writeFileSync(join(daemon.dir, 'appended'), 'old\n');
  await waitForAll(daemon, (state) => state === 'EXITED' || state === 'RUNNING');
  for (const name of ['binary', 'flood', 'one-line', 'rotated', 'no-backups', 'shared1', 'shared2']) {
    await waitForState(daemon, name, 'EXITED');
  }
  await daemon.rpc('supervisor.startProcess', 'appends').catch(() => undefined);
  const text = (name: string): string => readFileSync(join(daemon.dir, name), 'utf8');
  const numbers = (last: number): string =>
    Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('');

  expect(await infoOf(daemon, 'none', 'stdout_logfile')).toBe('');
  expect(await infoOf(daemon, 'merged', 'stderr_logfile')).toBe('');
  await waitFor(() => text('merged') === 'to stdout\nto stderr\n');
  const bytes = readFileSync(join(daemon.dir, 'binary'));
  expect([...bytes]).toEqual([...Array.from({ length: 255 }, (_, index) => index + 1), 0, 0o303]);
  expect(text('appended')).toContain('new\n');
  expect(text('flood')).toBe(numbers(300_000));
  expect(text('one-line')).toBe(`${'x'.repeat(3_000_000)}\nend\n`);

  expect(readdirSync(daemon.dir).filter((name) => name.startsWith('rotated'))).toContain('rotated');
  expect(existsSync(join(daemon.dir, 'rotated.3'))).toBe(false);
  expect(numbers(400)).toContain(text('rotated.1'));
  expect(existsSync(join(daemon.dir, 'no-backups.1'))).toBe(false);

  // However the two took turns, no byte of either is missing.
  const parts = readdirSync(daemon.dir).filter((name) => /^shared(\.\d+)?$/.test(name));
  expect(parts.length).toBeGreaterThan(2);
  const total = parts.reduce((sum, name) => sum + statSync(join(daemon.dir, name)).size, 0);
  expect(total).toBe(2 * numbers(20_000).length);
});

it.each([
  ['stdout', '/bin/cat'],
  ['stderr', "/bin/sh -c 'exec cat >&2'"],
])(
  'rotates %s after the write that reaches maxbytes, as many backups as are asked for',
  async (channel, command) => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: program(
        'echo',
        command,
        `${channel}_logfile=%(here)s/log\n${channel}_logfile_maxbytes=12\n${channel}_logfile_backups=2`,
      ),
    });
    await waitForState(daemon, 'echo', 'RUNNING');
    const total = (): string => ['log.2', 'log.1', 'log'].map(read).join('|');
    const read = (name: string): string => {
      try {
        return readFileSync(join(daemon.dir, name), 'utf8');
      } catch {
        // While files are being renamed, one is missing.
        return '-';
      }
    };
    for (let line = 1; line <= 9; line += 1) {
      await daemon.rpc('supervisor.sendProcessStdin', 'echo', `line${line}\n`);
      await waitFor(() => total().includes(`line${line}\n`));
    }
    await waitFor(() => total() === 'line5\nline6\n|line7\nline8\n|line9\n');
    expect(existsSync(join(daemon.dir, 'log.3'))).toBe(false);
  },
);

it('opens child logs again by name at SIGUSR2, and loses nothing', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: program('echo', `/bin/cat`, 'stdout_logfile=%(here)s/log'),
  });
  await waitForState(daemon, 'echo', 'RUNNING');
  const [log, moved] = [join(daemon.dir, 'log'), join(daemon.dir, 'moved')];
  const say = (text: string): Promise<unknown> => daemon.rpc('supervisor.sendProcessStdin', 'echo', text);
  await say('one\n');
  await waitFor(() => readFileSync(log, 'utf8') === 'one\n');
  renameSync(log, moved);
  await say('two\n');
  await waitFor(() => readFileSync(moved, 'utf8') === 'one\ntwo\n');
  daemon.kill('SIGUSR2');
  await waitForLog(daemon, 'INFO supervisord logreopen\n');
  await say('three\n');
  await waitFor(() => existsSync(log) && readFileSync(log, 'utf8') === 'three\n');
  expect(readFileSync(moved, 'utf8')).toBe('one\ntwo\n');
  // What logrotate's copytruncate does.
  writeFileSync(log, '');
  await say('four\n');
  await waitFor(() => readFileSync(log, 'utf8') === 'four\n');
});

it('removes terminal escape sequences with strip_ansi, those in two pieces too', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    supervisord: 'strip_ansi=true',
    configuration:
      program('colours', `${programs}/prints-colours`) + program('binary', `${programs}/prints-binary`),
  });
  await waitForAll(daemon, ended);
  expect(await stdoutOf(daemon, 'colours')).toBe('red and underlined\n');
});

it('notices the end of a child whose own child keeps the pipe, and logs what that one writes later', async () => {
  const marker = (dir: string): string => join(dir, 'marker');
  await using daemon = new Daemon({
    implementation: 'ours',
    configuration: program(
      'parent',
      `${programs}/leaves-a-writer %(here)s/marker`,
      'stdout_logfile=%(here)s/log',
    ),
  });
  await daemon.start();
  await waitForState(daemon, 'parent', 'EXITED');
  const log = join(daemon.dir, 'log');
  expect(readFileSync(log, 'utf8')).toBe('written by the child\n');
  writeFileSync(marker(daemon.dir), '');
  await waitFor(() => readFileSync(log, 'utf8') === 'written by the child\nwritten by a grandchild\n');
});

it('stops a child whose own child never stops writing', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration:
      program('parent', `${programs}/leaves-a-flood %(here)s/pid`, 'stdout_logfile=NONE') +
      '[program:other]\ncommand=/bin/sleep 1000\nstartsecs=0',
  });
  await waitForState(daemon, 'parent', 'EXITED');
  const flood = Number(readFileSync(join(daemon.dir, 'pid'), 'utf8'));
  try {
    expect(isAlive(flood)).toBe(true);
    expect(await stateOf(daemon, 'other')).toBe('RUNNING');
    expect(await pidOf(daemon, 'parent')).toBe(0);
    expect(await daemon.stop()).toBe(0);
  } finally {
    process.kill(flood, 'SIGKILL');
  }
});

it('clears the log of a process that is not running', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: program('a', '/bin/echo text'),
  });
  await waitForState(daemon, 'a', 'EXITED');
  expect(await stdoutOf(daemon, 'a')).toBe('text\n');
  await daemon.rpc('supervisor.clearProcessLogs', 'a');
  expect(await stdoutOf(daemon, 'a')).toBe('');
});

it('makes the log file anew that someone deleted, when the program next starts', async () => {
  await using daemon = await startDaemon({
    implementation: 'ours',
    configuration: program('a', '/bin/echo text', 'stdout_logfile=%(here)s/log'),
  });
  await waitForState(daemon, 'a', 'EXITED');
  rmSync(join(daemon.dir, 'log'));
  await daemon.rpc('supervisor.startProcess', 'a');
  await waitForState(daemon, 'a', 'EXITED');
  expect(readFileSync(join(daemon.dir, 'log'), 'utf8')).toBe('text\n');
});
