import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { describeAsRoot } from '../support/as-root.ts';
import { BackgroundDaemon } from '../support/background-daemon.ts';
import { bin, runSupervisord } from '../support/run-supervisord.ts';
import { childrenOf, isAlive, procStatus } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

it('returns with status 0 and nothing to say once the daemon answers', async () => {
  await using daemon = new BackgroundDaemon(
    '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
    `user=${userInfo().username}`,
  );
  const { stdout, stderr, exitCode } = await daemon.start();
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: '', stderr: '', exitCode: 0 });
  const { pid = 0 } = daemon;
  expect(isAlive(pid)).toBe(true);
  const { stdout: answer } = await execa(`${bin}/supervisorctl`, ['-c', daemon.configurationFile, 'pid']);
  expect(answer).toBe(String(pid));
  // In a session of its own, on /dev/null, and nobody's child any more.
  expect(procStatus(pid, 'NSsid')).toBe(String(pid));
  for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe('/dev/null');
  expect(procStatus(pid, 'PPid')).not.toBe(String(process.pid));
  expect(readFileSync(daemon.pidfile, 'utf8')).toBe(`${pid}\n`);
  await waitFor(() =>
    /INFO daemonizing the supervisord process\n.*INFO supervisord started with pid \d+\n/.test(
      daemon.logText(),
    ),
  );
  const [child = 0] = childrenOf(pid);
  expect(procStatus(child, 'NSsid')).toBe(String(pid));
  expect(readFileSync(`/proc/${child}/environ`, 'utf8')).not.toContain('SUPERVISORD_');

  await daemon.stop();
  expect(isAlive(child)).toBe(false);
  for (const path of [daemon.pidfile, daemon.socket, `${daemon.socket}.d`])
    expect(existsSync(path)).toBe(false);
});

it('applies umask and directory in the background, and not in the foreground', async () => {
  await using daemon = new BackgroundDaemon(
    '[program:a]\ncommand=/bin/sh -c "pwd; umask"\nstartsecs=0\nautorestart=false\nstdout_logfile=%(here)s/out\n',
    'umask=077\ndirectory=%(here)s/sub',
  );
  mkdirSync(join(daemon.dir, 'sub'));
  await daemon.start();
  await waitFor(() => existsSync(join(daemon.dir, 'out')) && statSync(join(daemon.dir, 'out')).size > 0);
  const { pid = 0 } = daemon;
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(join(daemon.dir, 'sub'));
  await waitFor(() =>
    daemon.logText().includes(`INFO set current directory: '${join(daemon.dir, 'sub')}'\n`),
  );
  await waitFor(() => readFileSync(join(daemon.dir, 'out'), 'utf8') === `${join(daemon.dir, 'sub')}\n0077\n`);
  expect(statSync(join(daemon.dir, 'out')).mode & 0o777).toBe(0o600);
});

it('finds a file again at a restart that was named from another directory', async () => {
  await using daemon = new BackgroundDaemon('', 'directory=/');
  await runSupervisord(['-c', 'supervisord.conf'], { cwd: daemon.dir });
  await execa(`${bin}/supervisorctl`, ['-c', daemon.configurationFile, 'reload']);
  await waitFor(() => (daemon.logText().match(/supervisord started with pid/g) ?? []).length === 2, {
    what: 'the restart',
  });
});

it('stays in its directory with umask and directory in the foreground', async () => {
  await using daemon = new BackgroundDaemon('', 'umask=077\ndirectory=%(here)s/sub');
  mkdirSync(join(daemon.dir, 'sub'));
  const process = execa(`${bin}/supervisord`, ['-n', '-c', daemon.configurationFile], {
    cwd: daemon.dir,
    reject: false,
  });
  await waitFor(() => daemon.pid !== undefined);
  expect(readlinkSync(`/proc/${daemon.pid}/cwd`)).toBe(daemon.dir);
  expect(procStatus(daemon.pid ?? 0, 'Umask')).not.toBe('0077');
  process.kill('SIGTERM');
  expect((await process).exitCode).toBe(0);
});

it('prints what goes wrong on the terminal, before it detaches, and ends with the status of the daemon', async () => {
  await using daemon = new BackgroundDaemon();
  writeFileSync(daemon.socket, 'not a socket');
  const { stderr, exitCode } = await daemon.start();
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^Error: .*\nFor help, use \S+ -h$/);
  expect(readFileSync(daemon.socket, 'utf8')).toBe('not a socket');
  expect(daemon.pid).toBeUndefined();
  expect(existsSync(daemon.logfile)).toBe(false);
});

it('ends with status 1 when the log cannot be opened', async () => {
  await using daemon = new BackgroundDaemon();
  mkdirSync(daemon.logfile);
  const { stderr, exitCode } = await daemon.start();
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^Error: Cannot open the log: .*supervisord\.log.*$/);
  expect(stderr.split('\n')).toHaveLength(1);
  expect(existsSync(daemon.socket)).toBe(false);
});

it('does not start a second daemon, which leaves everything of the first alone', async () => {
  await using daemon = new BackgroundDaemon('[program:a]\ncommand=/bin/cat\nstartsecs=0\n');
  await daemon.start();
  await waitFor(() => daemon.logText().includes('success: a'));
  const { pid } = daemon;
  const before = await execa('find', [daemon.dir, '-printf', '%p %i %s %m %T@\n']);
  for (const args of [[], ['-n'], ['-n', '-s']]) {
    const { stderr, stdout, exitCode } = await daemon.start(args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^Error: Another program is already listening on a port that one of our HTTP servers is configured to use. {2}Shut this program down first before starting supervisord\.\nFor help, use \S+ -h$/,
    );
  }
  const after = await execa('find', [daemon.dir, '-printf', '%p %i %s %m %T@\n']);
  const withoutDirectory = (listing: string): string[] => listing.split('\n').slice(1).sort();
  expect(withoutDirectory(after.stdout)).toEqual(withoutDirectory(before.stdout));
  expect(daemon.pid).toBe(pid);
  const { stdout } = await execa(`${bin}/supervisorctl`, ['-c', daemon.configurationFile, 'status']);
  expect(stdout).toMatch(/^a +RUNNING/);
});

it('takes over the socket that a killed daemon left, and says so', async () => {
  await using daemon = new BackgroundDaemon();
  await daemon.start();
  const { pid: first = 0 } = daemon;
  process.kill(first, 'SIGKILL');
  await waitFor(() => !isAlive(first));
  expect(existsSync(daemon.socket)).toBe(true);
  const { stderr, exitCode } = await daemon.start();
  expect(exitCode).toBe(0);
  expect(stderr).toBe(`Unlinking stale socket ${daemon.socket}`);
  expect(daemon.pid).not.toBe(first);
});

it('keeps its pid when it restarts, and comes back with the new configuration', async () => {
  await using daemon = new BackgroundDaemon('[program:a]\ncommand=/bin/cat\nstartsecs=0\n');
  await daemon.start();
  const { pid = 0 } = daemon;
  writeFileSync(
    daemon.configurationFile,
    readFileSync(daemon.configurationFile, 'utf8').replace('[program:a]', '[program:b]'),
  );
  process.kill(pid, 'SIGHUP');
  const status = async (): Promise<string> =>
    (await execa(`${bin}/supervisorctl`, ['-c', daemon.configurationFile, 'status'], { reject: false }))
      .stdout;
  await waitFor(async () => (await status()).startsWith('b '), { what: 'the new program' });
  expect(daemon.pid).toBe(pid);
  expect(isAlive(pid)).toBe(true);
  expect(readlinkSync(`/proc/${pid}/fd/1`)).toBe('/dev/null');
});

it('leaves the reason in the log when it cannot start again', async () => {
  await using daemon = new BackgroundDaemon('[program:a]\ncommand=/bin/cat\nstartsecs=0\n');
  await daemon.start();
  const { pid = 0 } = daemon;
  const text = readFileSync(daemon.configurationFile, 'utf8');
  writeFileSync(
    daemon.configurationFile,
    text.replace(`file=${daemon.socket}`, `file=${daemon.dir}/no/such/sock`),
  );
  process.kill(pid, 'SIGHUP');
  await waitFor(() => !isAlive(pid));
  expect(daemon.logText()).toMatch(
    /CRIT Cannot restart: Cannot open an HTTP server: socket\.error reported errno\.ENOENT \(2\)\n$/,
  );
  expect(existsSync(daemon.pidfile)).toBe(false);
});

it('finds relative paths again when it starts over after a change of directory', async () => {
  await using daemon = new BackgroundDaemon('', 'directory=/\nlogfile=relative.log\npidfile=relative.pid');
  const { exitCode } = await runSupervisord(['-c', 'supervisord.conf'], { cwd: daemon.dir });
  expect(exitCode).toBe(0);
  const read = (name: string): string => readFileSync(join(daemon.dir, name), 'utf8');
  const pid = Number(read('relative.pid'));
  try {
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    process.kill(pid, 'SIGHUP');
    await waitFor(() => read('relative.log').match(/supervisord started with pid/g)?.length === 2);
    expect(Number(read('relative.pid'))).toBe(pid);
  } finally {
    process.kill(pid, 'SIGTERM');
    await waitFor(() => !isAlive(pid));
  }
  expect(existsSync(join(daemon.dir, 'relative.pid'))).toBe(false);
});

describeAsRoot('a directory that the user of the daemon cannot enter', () => {
  it('is told, and the daemon stays where it is', async () => {
    await using daemon = new BackgroundDaemon('', 'user=daemon\ndirectory=%(here)s/closed');
    chmodSync(daemon.dir, 0o777);
    const closed = join(daemon.dir, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const { exitCode } = await daemon.start();
    expect(exitCode).toBe(0);
    expect(readlinkSync(`/proc/${daemon.pid}/cwd`)).toBe(daemon.dir);
    await waitFor(() => daemon.logText().includes(`CRIT can't chdir into '${closed}': EACCES`));
  });
});

it('starts in a directory that has been removed', async () => {
  await using daemon = new BackgroundDaemon();
  const gone = join(daemon.dir, 'gone');
  mkdirSync(gone);
  const { stderr, exitCode } = await daemon.start([], {
    prefix: ['/bin/sh', '-c', 'cd gone && rmdir "$PWD" && exec "$@"', 'sh'],
  });
  expect({ stderr, exitCode }).toEqual({ stderr: expect.not.stringContaining('Error'), exitCode: 0 });
  expect(isAlive(daemon.pid ?? 0)).toBe(true);
});

it('starts with closed standard descriptors', async () => {
  await using daemon = new BackgroundDaemon('[program:a]\ncommand=/bin/cat\nstartsecs=0\n');
  const { exitCode } = await daemon.start([], { prefix: ['/bin/sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh'] });
  expect(exitCode).toBe(0);
  const { pid = 0 } = daemon;
  await waitFor(() => childrenOf(pid).length === 1);
});

it('is only one, however many are started at the same time', async () => {
  await using daemon = new BackgroundDaemon('[program:a]\ncommand=/bin/cat\nstartsecs=0\n');
  const results = await Promise.all([1, 2, 3, 4].map(() => daemon.start()));
  expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 2, 2, 2]);
  expect(isAlive(daemon.pid ?? 0)).toBe(true);
  const { stdout } = await execa(`${bin}/supervisorctl`, ['-c', daemon.configurationFile, 'pid']);
  expect(stdout).toBe(String(daemon.pid));
  expect((await execa('ls', [daemon.dir])).stdout).not.toMatch(/sock\.\d/);
});

it('a log that is an inherited descriptor works in the background, too', async () => {
  await using daemon = new BackgroundDaemon(
    '[program:says]\ncommand=/bin/sh -c "echo hello; sleep 100"\nstartsecs=0\nstdout_logfile=/dev/fd/7\n',
  );
  const file = join(daemon.dir, 'seven');
  await daemon.start([], { prefix: ['/bin/sh', '-c', `exec 7>'${file}'; exec "$@"`, 'sh'] });
  await waitFor(() => readFileSync(file, 'utf8') === 'hello\n', { what: 'the output' });
});
