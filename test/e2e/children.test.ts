import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants as system, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BackgroundDaemon } from '../support/background-daemon.ts';
import { Daemon } from '../support/daemons.ts';
import {
  childrenOf,
  fullLog,
  pidOf,
  procStatus,
  stderrOf,
  stdoutOf,
  waitForAll,
  waitForState,
} from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

/** A bit of the masks in `/proc/PID/status`. */
function isInMask(mask: string | undefined, signal: number): boolean {
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/** A program that says something about itself and ends. */
function oneShot(name: string, command: string, lines = ''): string {
  return `[program:${name}]\ncommand=${command}\nstartsecs=0\nautorestart=false\n${lines}\n`;
}

describe('the circumstances of a child', () => {
  let elsewhere: string;
  let daemon: Daemon;
  beforeAll(async () => {
    elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    mkdirSync(join(elsewhere, 'bin'));
    copyFileSync('/bin/pwd', join(elsewhere, 'bin', 'where-am-i'));
    daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'environment=WHERE="supervisord",BOTH="supervisord",SUPERVISOR_GROUP_NAME="overridden"',
      environment: { INHERITED: 'yes', BOTH: 'inherited', SUPERVISOR_PROCESS_NAME: 'of another daemon' },
      configuration: [
        '[program:stays]\ncommand=/bin/sleep 1000',
        oneShot('fds', '/bin/ls -l /proc/self/fd'),
        oneShot('status', '/bin/cat /proc/self/status'),
        oneShot('limits', '/bin/cat /proc/self/limits'),
        oneShot('env', '/usr/bin/env', 'environment=BOTH="program",PERCENT="100%%",QUOTED="a,b;c"'),
        oneShot('umask', "/bin/sh -c 'umask'", 'umask=027'),
        oneShot('same-umask', "/bin/sh -c 'umask'"),
        oneShot('directory', '/bin/pwd', `directory=${elsewhere}`),
        oneShot('relative', 'bin/where-am-i', `directory=${elsewhere}`),
        oneShot('no-directory', '/bin/pwd', 'directory=/no/such/directory'),
        oneShot('by-path', `${process.cwd()}/test/fixtures/programs/opens-standard-streams-by-path`),
        oneShot('stdin', '/bin/ls -l /proc/self/fd/0'),
      ].join('\n'),
      // As `nohup` and some shells start it, with a descriptor that was left open.
      prefix: [
        '/bin/sh',
        '-c',
        'trap "" INT HUP PIPE QUIT USR1; umask 031; ulimit -S -n 1500; exec "$@" 7</etc/passwd 8</etc/group',
        'sh',
      ],
    });
    await daemon.start();
    await waitForState(daemon, 'stays', 'RUNNING');
    await waitForAll(daemon, (state) => ['RUNNING', 'EXITED', 'BACKOFF', 'FATAL'].includes(state));
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it('is a direct child of the daemon, leads a process group of its own and stays in the session', async () => {
    const pid = await pidOf(daemon, 'stays');
    expect(procStatus(pid, 'PPid')).toBe(String(daemon.pid));
    expect(procStatus(pid, 'NSpgid')).toBe(String(pid));
    expect(procStatus(pid, 'NSsid')).toBe(procStatus(daemon.pid, 'NSsid'));
    expect(childrenOf(daemon.pid)).toEqual([pid]);
  });

  it('has descriptors 0, 1 and 2, FIFOs all, and none that the daemon was started with', async () => {
    const listing = await stdoutOf(daemon, 'fds');
    const numbers = [...listing.matchAll(/ (\d+) -> (\S+)/g)].map(([, fd, target]) => [Number(fd), target]);
    // The last is the listing's own.
    expect(numbers.map(([fd]) => fd)).toEqual([0, 1, 2, 3]);
    expect(listing).not.toContain('/etc/');
    expect(await stdoutOf(daemon, 'stdin')).toMatch(/ -> .*stdin/);
  });

  it('has every signal at its default and none blocked, whatever the daemon was started with', async () => {
    const status = await stdoutOf(daemon, 'status');
    const [, ignored] = /^SigIgn:\s*(\w+)$/m.exec(status) ?? [];
    expect(/^SigBlk:\s*(\w+)$/m.exec(status)?.[1]).toMatch(/^0+$/);
    for (const signal of Object.values(system.signals)) {
      expect([signal, isInMask(ignored, signal)]).toEqual([signal, false]);
    }
  });

  it('has the soft limit on open files of the shell that started the daemon', async () => {
    expect(await stdoutOf(daemon, 'limits')).toMatch(/^Max open files +1500 /m);
  });

  it('has the environment of the daemon, that of [supervisord], its own, and the SUPERVISOR_ variables', async () => {
    const environment = new Map(
      (await stdoutOf(daemon, 'env'))
        .split('\n')
        .map((line) => [line.split('=')[0], line.replace(/^[^=]*=/, '')]),
    );
    expect(environment.get('INHERITED')).toBe('yes');
    expect(environment.get('WHERE')).toBe('supervisord');
    expect(environment.get('BOTH')).toBe('program');
    expect(environment.get('QUOTED')).toBe('a,b;c');
    expect(environment.get('PERCENT')).toBe('100%');
    expect(environment.get('SUPERVISOR_ENABLED')).toBe('1');
    expect(environment.get('SUPERVISOR_PROCESS_NAME')).toBe('env');
    expect(environment.get('SUPERVISOR_GROUP_NAME')).toBe('overridden');
    expect(environment.get('SUPERVISOR_SERVER_URL')).toBe(`unix://${daemon.socket}`);
    expect([...environment.keys()].filter((name) => name?.startsWith('SUPERVISORD_'))).toEqual([]);
  });

  it('has the umask of its section, or else that of the daemon', async () => {
    expect((await stdoutOf(daemon, 'umask')).trim()).toBe('0027');
    expect((await stdoutOf(daemon, 'same-umask')).trim()).toBe('0031');
  });

  it('runs in its directory, where a relative command is looked for too', async () => {
    expect((await stdoutOf(daemon, 'directory')).trim()).toBe(elsewhere);
    expect((await stdoutOf(daemon, 'relative')).trim()).toBe(elsewhere);
  });

  it('is not started elsewhere when its directory is missing, and its log says why', async () => {
    expect(await stderrOf(daemon, 'no-directory')).toContain(
      "supervisor: couldn't chdir to /no/such/directory: ENOENT\nsupervisor: child process was not spawned\n",
    );
  });

  it('can open /dev/stdout and /dev/stderr by path', async () => {
    expect(await stdoutOf(daemon, 'by-path')).toBe('out\n');
    expect(await stderrOf(daemon, 'by-path')).toBe('err\n');
  });
});

describe('minfds and minprocs', () => {
  it('raise the limits that children get to the minimum, and say so', async () => {
    const daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'minfds=2000\nminprocs=700',
      configuration: oneShot('limits', '/bin/cat /proc/self/limits'),
      prefix: ['/bin/sh', '-c', 'ulimit -S -n 900; exec prlimit --nproc=600:800 "$@"', 'sh'],
    });
    await using started = daemon;
    await started.start();
    await waitForState(daemon, 'limits', 'EXITED');
    const limits = await stdoutOf(daemon, 'limits');
    expect(limits).toMatch(/^Max open files +2000 /m);
    expect(limits).toMatch(/^Max processes +700 +800 /m);
    expect(await fullLog(daemon)).toContain('INFO Increased RLIMIT_NOFILE limit to 2000\n');
    expect(await fullLog(daemon)).toContain('INFO Increased RLIMIT_NPROC limit to 700\n');
  });
});

it('hands on variables that are not UTF-8 byte for byte, in the foreground and in the background', async () => {
  const program =
    '[program:tells]\ncommand=/bin/sh -c "printf %%s \\"$LATIN\\" | od -An -tx1; sleep 100"\nstartsecs=0\n';
  // A variable of Node is text, so a shell makes the bytes.
  const prefix = ['/bin/sh', '-c', 'LATIN=$(printf "gr\\374n") exec "$@"', 'sh'];
  await using foreground = new Daemon({ implementation: 'ours', configuration: program, prefix });
  await foreground.start();
  await waitFor(async () => (await stdoutOf(foreground, 'tells')).includes('6e'), { what: 'the bytes' });
  expect((await stdoutOf(foreground, 'tells')).trim()).toBe('67 72 fc 6e');

  await using background = new BackgroundDaemon(`${program}stdout_logfile=%(here)s/tells.log\n`);
  await background.start([], { prefix });
  const logfile = join(background.dir, 'tells.log');
  await waitFor(() => existsSync(logfile) && readFileSync(logfile, 'latin1').includes('6e'), {
    what: 'the bytes',
  });
  expect(readFileSync(logfile, 'latin1').trim()).toBe('67 72 fc 6e');
});
