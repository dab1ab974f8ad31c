import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import type { User } from '../../../conf/settings.ts';
import { systemUsers } from '../../../daemon/host/users.ts';
import { hasEnded, isRoot, program, RealHost } from '../../support/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';

let world: RealHost;
beforeEach(() => {
  world = new RealHost();
});
afterEach(async () => world.close());

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

describe('a child', () => {
  it('leads its own process group in the session of the daemon', async () => {
    const handle = world.prepare('sleep 60');
    const pid = world.start(handle);
    const stat = await execa`ps -o pgid=,ppid=,sid= -p ${pid}`;
    const ownSession = await execa`ps -o sid= -p ${process.pid}`;
    const expected = [String(pid), String(process.pid), ownSession.stdout.trim()];
    expect(stat.stdout.trim().split(/\s+/)).toEqual(expected);
    expect(world.host.kill(pid, constants.signals.SIGKILL, 'group')).toEqual({ type: 'sent' });
    await world.exitOf(pid);
  });

  it('has all signals at their defaults and none blocked', async () => {
    await world.run('cat /proc/self/status');
    const status = world.read('out');
    expect(field(status, 'SigBlk')).toBe('0000000000000000');
    // 32 and 33 belong to the C library.
    expect(BigInt(`0x${field(status, 'SigIgn')}`) & ~0x180000000n).toBe(0n);
    expect(field(status, 'SigCgt')).toBe('0000000000000000');
  });

  it('inherits descriptors 0, 1 and 2 and no other', async () => {
    await world.run('ls /proc/self/fd');
    // 3 is the directory that ls reads.
    expect(world.read('out')).toBe('0\n1\n2\n3\n');
  });

  it('gets SUPERVISOR_ variables, and the configured ones over those', async () => {
    await world.run('env', {
      name: 'n',
      group: 'g',
      serverurl: 'unix:///s',
      environment: new Map([
        ['PATH', '/bin'],
        ['SUPERVISOR_ENABLED', 'yes'],
        ['EMPTY', ''],
        ['EQUALS', 'a=b'],
        ['UMLAUT', 'ü'],
      ]),
    });
    expect(world.read('out').trim().split('\n').toSorted()).toEqual([
      'EMPTY=',
      'EQUALS=a=b',
      'PATH=/bin',
      'SUPERVISOR_ENABLED=yes',
      'SUPERVISOR_GROUP_NAME=g',
      'SUPERVISOR_PROCESS_NAME=n',
      'SUPERVISOR_SERVER_URL=unix:///s',
      'UMLAUT=ü',
    ]);
  });

  it('has the umask that is set, and the daemon keeps its own', async () => {
    const own = process.umask();
    await world.run("sh -c 'umask'", { umask: 0o027 });
    expect(world.read('out')).toBe('0027\n');
    expect(process.umask()).toBe(own);
    expect(statSync(world.path('out')).mode & 0o777).toBe(0o666 & ~own);
  });

  it('runs in the directory that is set, and otherwise where the daemon is', async () => {
    mkdirSync(world.path('home'));
    await world.run('pwd', { directory: world.path('home') });
    expect(world.read('out')).toBe(`${world.path('home')}\n`);
    await world.run('pwd');
    expect(world.read('out')).toBe(`${world.path('home')}\n${process.cwd()}\n`);
  });

  it('can open its standard streams by path', async () => {
    await world.run(program('opens-standard-streams-by-path'));
    expect([world.read('out'), world.read('err')]).toEqual(['out\n', 'err\n']);
  });

  it('writes stderr where stdout goes with redirect_stderr, in order', async () => {
    await world.run("sh -c 'echo 1; echo 2 >&2; echo 3'", { redirect_stderr: true });
    expect(world.read('out')).toBe('1\n2\n3\n');
    expect(existsSync(world.path('err'))).toBe(false);
  });

  it('sees argv[0] as it was written', async () => {
    await world.run(`sh -c 'cat /proc/$$/cmdline' x`);
    expect(world.read('out').split('\0')[0]).toBe('sh');
  });

  it('has the limit on open files that children are to have', async () => {
    await world.close();
    world = new RealHost({ childNofile: 321 });
    await world.run("sh -c 'ulimit -S -n'");
    expect(world.read('out')).toBe('321\n');
  });

  it('starts though the daemon has more files open than the child may', async () => {
    await world.close();
    world = new RealHost({ childNofile: 64 });
    const files = Array.from({ length: 64 }, () => openSync('/dev/null', 'r'));
    try {
      expect(await world.run("sh -c 'ulimit -n'")).toEqual({ type: 'exited', code: 0 });
      expect(world.read('out')).toBe('64\n');
    } finally {
      for (const file of files) closeSync(file);
    }
  });
});

describe('the end of a child', () => {
  it('tells its exit code', async () => {
    expect(await world.run(`${program('exits-with-status')} 3`)).toEqual({ type: 'exited', code: 3 });
    expect(await world.run(`${program('exits-with-status')} 255`)).toEqual({ type: 'exited', code: 255 });
  });

  it('tells the signal that ended it, and whether it dumped core', async () => {
    const ended = await world.run(`${program('kills-itself')} TERM`);
    expect(ended).toEqual({ type: 'signalled', signal: 15, coreDumped: false });
  });
});

describe('signals', () => {
  it('are answered with "gone" when there is no such process', async () => {
    const pid = world.start(world.prepare('true'));
    await world.exitOf(pid);
    expect(world.host.kill(pid, 15, 'process')).toEqual({ type: 'gone' });
    expect(world.host.kill(pid, 15, 'group')).toEqual({ type: 'gone' });
  });

  it.each([0, 1, -1, Number.NaN])('never go to pid %p', (pid) => {
    expect(world.host.kill(pid, 0, 'group').type).toBe('failed');
  });

  it('reach grandchildren when sent to the group', async () => {
    const pid = world.start(world.prepare("sh -c 'sleep 60 & echo $!; wait'"));
    await waitFor(() => existsSync(world.path('out')) && world.read('out').endsWith('\n'));
    const grandchild = Number(world.read('out'));
    world.host.kill(pid, 9, 'group');
    await world.exitOf(pid);
    await waitFor(() => hasEnded(grandchild), { what: 'end of the grandchild' });
  });
});

describe('a spawn that fails', () => {
  const lines = (reason: string) => `supervisor: ${reason}\nsupervisor: child process was not spawned\n`;

  it.each([
    ['has-no-interpreter-line', 'ENOEXEC'],
    ['has-a-missing-interpreter', 'ENOENT'],
  ])('tells why %s cannot be executed, as its stderr log does', (name, code) => {
    const result = world.prepare(program(name)).spawn();
    const reason = `couldn't exec ${program(name)}: ${code}`;
    expect(result).toEqual({ type: 'failed', reason });
    expect(world.read('err')).toBe(lines(reason));
  });

  it('tells so in the stdout log when stderr is redirected there', () => {
    world.prepare(program('has-no-interpreter-line'), { redirect_stderr: true }).spawn();
    expect(world.read('out')).toContain('ENOEXEC');
  });

  it('tells of a directory that is missing, or none', () => {
    const reason = `couldn't chdir to ${world.path('none')}: ENOENT`;
    expect(world.prepare('true', { directory: world.path('none') }).spawn()).toEqual({
      type: 'failed',
      reason,
    });
    expect(world.read('err')).toBe(lines(reason));
    writeFileSync(world.path('file'), '');
    expect(world.prepare('true', { directory: world.path('file') }).spawn()).toEqual({
      type: 'failed',
      reason: `couldn't chdir to ${world.path('file')}: ENOTDIR`,
    });
  });

  it('tells of a command that does not resolve', () => {
    expect(world.prepare('/none/such').spawn()).toEqual({
      type: 'failed',
      reason: "can't find command '/none/such'",
    });
  });

  it('tells of a log that cannot be opened, and leaves other programs alone', async () => {
    const channel = world.channel('no/such/directory');
    expect(world.prepare('true', { stderr: channel }).spawn()).toEqual({
      type: 'failed',
      reason: "unknown error making dispatchers for 'web': ENOENT",
    });
    mkdirSync(world.path('is-a-directory'));
    expect(world.prepare('true', { stdout: world.channel('is-a-directory') }).spawn()).toEqual({
      type: 'failed',
      reason: "unknown error making dispatchers for 'web': EISDIR",
    });
    expect(await world.run('true', { name: 'other' })).toEqual({ type: 'exited', code: 0 });
  });

  it('can be followed by one that succeeds', async () => {
    const handle = world.prepare('echo here', { directory: world.path('later') });
    expect(handle.spawn().type).toBe('failed');
    mkdirSync(world.path('later'));
    const pid = world.start(handle);
    await world.exitOf(pid);
    handle.finish();
    expect(world.read('out')).toBe('here\n');
  });

  it('does not happen because someone removed the runtime directory', async () => {
    const handle = world.prepare('echo one');
    await world.exitOf(world.start(handle));
    handle.finish();
    rmSync(world.path('run'), { recursive: true });
    await world.exitOf(world.start(handle));
    handle.finish();
    expect(world.read('out')).toBe('one\none\n');
  });
});

it('refuses a runtime directory that is a symbolic link', async () => {
  symlinkSync('/tmp', world.path('link'));
  expect(() => new RealHost({ runtimeDirectory: world.path('link') })).toThrow(
    /Cannot use runtime directory/,
  );
});

(isRoot ? describe : describe.skip)('as another user (needs root)', () => {
  const daemon: User = systemUsers.userByName('daemon') ?? { name: 'daemon', uid: 1, gid: 1 };

  it('has the uid, the gid and all groups of that user, and no privileges', async () => {
    await world.run('cat /proc/self/status', { user: daemon });
    const status = world.read('out');
    expect(field(status, 'Uid').split('\t')).toEqual(Array(4).fill(String(daemon.uid)));
    expect(field(status, 'Gid').split('\t')).toEqual(Array(4).fill(String(daemon.gid)));
    const { stdout } = await execa`id -G daemon`;
    expect(field(status, 'Groups').trim().split(' ').toSorted()).toEqual(stdout.split(' ').toSorted());
    for (const set of ['CapPrm', 'CapEff', 'CapAmb']) expect(field(status, set)).toBe('0000000000000000');
  });

  it('can open its standard streams by path, and stays a direct child', async () => {
    await world.run(program('opens-standard-streams-by-path'), { user: daemon });
    expect([world.read('out'), world.read('err')]).toEqual(['out\n', 'err\n']);
    await world.run("sh -c 'echo $PPID'", { user: daemon, stdout: world.channel('ppid') });
    expect(world.read('ppid')).toBe(`${process.pid}\n`);
  });

  it('changes its directory as that user', async () => {
    chmodSync(world.directory, 0o711);
    mkdirSync(world.path('home'));
    await world.run('pwd', { user: daemon, directory: world.path('home') });
    expect(world.read('out')).toBe(`${world.path('home')}\n`);
    mkdirSync(world.path('closed'), { mode: 0o700 });
    const status = await world.run('true', { user: daemon, directory: world.path('closed') });
    expect(status).not.toEqual({ type: 'exited', code: 0 });
  });

  it('is given variables that load code only once it is that user', async () => {
    await world.run(`sh -c 'echo "$LD_PRELOAD $TMPDIR $X"'`, {
      user: daemon,
      environment: new Map([
        ['PATH', '/usr/bin:/bin'],
        ['LD_PRELOAD', '/none.so'],
        ['TMPDIR', '/t=t'],
        ['X', 'x y'],
      ]),
    });
    expect(world.read('out')).toBe('/none.so /t=t x y\n');
    // The loader complains once, for sh; not for setpriv, which runs as root.
    expect(world.read('err').match(/\/none\.so/g)).toHaveLength(1);
  });

  it('runs a program with "=" in its name', async () => {
    chmodSync(world.directory, 0o711);
    writeFileSync(world.path('a=b'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    await world.run(`${world.path('a=b')} x '' 'y z'`, { user: daemon, directory: '/' });
    expect(world.read('out')).toBe('x  y z\n');
  });
});

(isRoot ? it : it.skip)('refuses to run a program as another user when it is not root', async () => {
  const host = join(import.meta.dirname, '../../fixtures/hosts/becomes-another-user.ts');
  const drop = ['--reuid', '1', '--regid', '1', '--clear-groups', '--inh-caps=-all'];
  const { stdout } = await execa('setpriv', [...drop, '--', process.execPath, host]);
  const reason = "couldn't setuid to 2: Can't drop privilege as nonroot user";
  expect(JSON.parse(stdout)).toEqual({
    result: { type: 'failed', reason },
    log: `supervisor: ${reason}\nsupervisor: child process was not spawned\n`,
  });
});
