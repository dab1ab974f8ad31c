import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { describeAsRoot } from '../support/as-root.ts';
import { Daemon } from '../support/daemons.ts';
import { runSupervisord } from '../support/run-supervisord.ts';
import {
  fullLog,
  procStatus,
  stateOf,
  stderrOf,
  stdoutOf,
  waitForAll,
  waitForLog,
  waitForState,
} from '../support/supervised.ts';

const nobody = 65534;
/** Becomes `nobody`, with no other groups. */
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'];

function oneShot(name: string, command: string, lines = ''): string {
  return `[program:${name}]\ncommand=${command}\nstartsecs=0\nautorestart=false\n${lines}\n`;
}

const settled = (state: string): boolean => ['EXITED', 'FATAL', 'BACKOFF'].includes(state);

describeAsRoot('user= of a program', () => {
  let daemon: Daemon;
  /** A user of this machine who has more groups than one, if there is such a one. */
  let wellConnected = 'daemon';
  beforeAll(async () => {
    const { stdout } = await execa('getent', ['group']);
    for (const line of stdout.split('\n')) {
      const member = line.split(':')[3]?.split(',')[0];
      if (member !== undefined && member !== '' && member !== 'root') wellConnected = member;
    }
    daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'user=root',
      environment: { HOME: '/home/of-the-daemon', LD_LIBRARY_PATH: '/no/such/library' },
      configuration: [
        oneShot('id', '/usr/bin/id', 'user=daemon'),
        oneShot('groups', '/usr/bin/id -G', `user=${wellConnected}`),
        oneShot('by-uid', '/usr/bin/id', 'user=1'),
        oneShot('home', '/usr/bin/env', 'user=daemon'),
        oneShot('status', '/bin/cat /proc/self/status', 'user=daemon'),
        oneShot('umask', "/bin/sh -c 'umask; pwd'", 'user=daemon\numask=027\ndirectory=/usr'),
        oneShot('limits', '/bin/cat /proc/self/limits', 'user=daemon'),
        oneShot('by-path', resolve('test/fixtures/programs/opens-standard-streams-by-path'), 'user=daemon'),
        oneShot('descriptors', '/bin/ls -l /proc/self/fd', 'user=daemon'),
        oneShot('cannot', '/etc/no-such-thing/program', 'user=daemon'),
        '[program:stays]\ncommand=/bin/sleep 1000\nuser=daemon',
      ].join('\n'),
      prefix: ['/bin/sh', '-c', 'ulimit -S -n 1500; exec "$@" 7</etc/passwd', 'sh'],
    });
    await daemon.start();
    await waitForState(daemon, 'stays', 'RUNNING');
    await waitForAll(daemon, (state) => settled(state) || state === 'RUNNING');
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  it('gives it the user, by name or by uid, and the primary group', async () => {
    expect(await stdoutOf(daemon, 'id')).toMatch(/^uid=1\(daemon\) gid=1\(daemon\) groups=1\(daemon\)$/m);
    expect(await stdoutOf(daemon, 'by-uid')).toMatch(/^uid=1\(daemon\) gid=1\(daemon\)/);
  });

  it('gives it every group of the user', async () => {
    const groups = (text: string): string[] => text.trim().split(' ').sort();
    const { stdout } = await execa('id', ['-G', wellConnected]);
    expect(groups(await stdoutOf(daemon, 'groups'))).toEqual(groups(stdout));
  });

  it('leaves HOME and the other variables alone', async () => {
    const environment = await stdoutOf(daemon, 'home');
    expect(environment).toContain('HOME=/home/of-the-daemon\n');
    expect(environment).toContain('LD_LIBRARY_PATH=/no/such/library\n');
    expect(environment).toContain('SUPERVISOR_PROCESS_NAME=home\n');
  });

  it('gives it umask, directory and limits as to any other', async () => {
    expect(await stdoutOf(daemon, 'umask')).toBe('0027\n/usr\n');
    expect(await stdoutOf(daemon, 'limits')).toMatch(/^Max open files +1500 /m);
  });

  it('leaves it no capability, no privileges and no descriptor of ours', async () => {
    const status = await stdoutOf(daemon, 'status');
    for (const set of ['CapPrm', 'CapEff', 'CapAmb', 'CapInh'])
      expect(status).toMatch(new RegExp(`^${set}:\\s0+$`, 'm'));
    expect(status).toMatch(/^SigBlk:\s0+$/m);
    expect([...(await stdoutOf(daemon, 'descriptors')).matchAll(/ (\d+) -> /g)].map(([, fd]) => fd)).toEqual([
      '0',
      '1',
      '2',
      '3',
    ]);
  });

  it('lets it open /dev/stdout and /dev/stderr by path', async () => {
    expect(await stdoutOf(daemon, 'by-path')).toBe('out\n');
    expect(await stderrOf(daemon, 'by-path')).toBe('err\n');
  });

  it('keeps the child a direct one, with the pid that is reported', async () => {
    const [pid] = /\d+/.exec(String((await daemon.ctl('ours', ['pid', 'stays'])).stdout)) ?? [''];
    expect(procStatus(pid, 'PPid')).toBe(String(daemon.pid));
    expect(procStatus(pid, 'Uid')).toMatch(/^1\t1\t1\t1$/);
    expect(procStatus(pid, 'Name')).toBe('sleep');
  });

  it('says that the command is missing as for any other', async () => {
    await waitForLog(daemon, "spawnerr: can't find command '/etc/no-such-thing/program'");
  });
});

describeAsRoot('a daemon that is not root', () => {
  it('works, does not complain, and can drop no privileges', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      prefix: asNobody,
      environment: { HOME: '/' },
      configuration: [
        oneShot('id', '/usr/bin/id'),
        oneShot('same', '/usr/bin/id', 'user=nobody'),
        oneShot('other', '/usr/bin/id', 'user=daemon\nstartretries=0'),
      ].join('\n'),
    });
    chownSync(daemon.dir, nobody, nobody);
    await daemon.start();
    await waitForAll(daemon, settled);
    expect(await stdoutOf(daemon, 'id')).toMatch(
      /^uid=65534\(nobody\) gid=65534\(\w+\) groups=65534\(\w+\)$/m,
    );
    expect(await stdoutOf(daemon, 'same')).toMatch(/^uid=65534\(nobody\)/);
    expect(await stdoutOf(daemon, 'other')).toBe('');
    expect(await stderrOf(daemon, 'other')).toContain(
      "supervisor: couldn't setuid to 1: Can't drop privilege as nonroot user\nsupervisor: child process was not spawned\n",
    );
    expect(await stateOf(daemon, 'other')).toBe('FATAL');
    expect(await fullLog(daemon)).not.toContain('CRIT Supervisor is running as root');
    expect(statSync(daemon.socket).uid).toBe(nobody);
  });

  it('does not start when [supervisord] names another user', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'user=daemon',
      prefix: asNobody,
      configuration: '',
    });
    chownSync(daemon.dir, nobody, nobody);
    await daemon.start();
    expect(await daemon.ended()).toBe(2);
    expect(daemon.output).toMatch(/^Error: Can't drop privilege as nonroot user\nFor help, use \S+ -h\n$/);
  });
});

describeAsRoot('user= of [supervisord]', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'as-user-'));
    chmodSync(dir, 0o777);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('makes the daemon that user, with the limits it asks for', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      supervisord: 'user=daemon\nminfds=3000',
      prefix: ['/bin/sh', '-c', 'ulimit -S -n 900; exec "$@"', 'sh'],
      configuration: oneShot('id', '/usr/bin/id'),
    });
    chownSync(daemon.dir, 1, 1);
    await daemon.start();
    await waitForState(daemon, 'id', 'EXITED');
    expect(procStatus(daemon.pid, 'Uid')).toBe('1\t1\t1\t1');
    expect(procStatus(daemon.pid, 'Gid')).toBe('1\t1\t1\t1');
    expect(await fullLog(daemon)).toContain('INFO Set uid to user 1 succeeded\n');
    expect(await fullLog(daemon)).toContain('INFO Increased RLIMIT_NOFILE limit to 3000\n');
    expect(await fullLog(daemon)).not.toContain('CRIT Supervisor is running as root');
    expect(await stdoutOf(daemon, 'id')).toMatch(/^uid=1\(daemon\)/);
    for (const path of [daemon.logfile, daemon.pidfile, daemon.socket]) expect(statSync(path).uid).toBe(1);
  });

  it('warns root who names no user, and not root who names root', async () => {
    const warning =
      'CRIT Supervisor is running as root.  Privileges were not dropped because no user is specified';
    await using careless = new Daemon({ implementation: 'ours', configuration: '' });
    await careless.start();
    expect(await fullLog(careless)).toContain(warning);
    await using careful = new Daemon({ implementation: 'ours', supervisord: 'user=root', configuration: '' });
    await careful.start();
    expect(await fullLog(careful)).not.toContain(warning);
    expect(await fullLog(careful)).toContain('INFO Set uid to user 0 succeeded\n');
  });

  it('cannot name a user who does not exist', async () => {
    const file = join(dir, 'supervisord.conf');
    writeFileSync(file, '[supervisord]\nuser=no-such-user\n');
    const { stderr, exitCode } = await runSupervisord(['-n', '-c', file], { cwd: dir });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no-such-user');
    expect(stderr.trim().split('\n')).toHaveLength(2);
  });
});
