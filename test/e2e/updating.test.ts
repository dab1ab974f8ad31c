/** What an edit of the configuration does to programs that run, and what it leaves alone. */
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemons.ts';
import { describeWithPeer } from '../support/peer.ts';
import { program } from '../support/real-host.ts';
import {
  fullLog,
  infoOf,
  isAlive,
  pidOf,
  stateOf,
  stdoutOf,
  waitForLog,
  waitForState,
} from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const echo = `command=${program('repeats-stdin')}\nstartsecs=0\n`;
const deaf = `[program:deaf]\ncommand=${program('ignores-term')}\nstartsecs=0\n`;

/** A program of several processes `pool:0`, `pool:1` and so on. */
function pool(numprocs: number, lines = ''): string {
  return `[program:pool]\n${echo}process_name=%(process_num)d\nnumprocs=${numprocs}\n${lines}\n`;
}

async function pidsOf(daemon: Daemon, ...names: string[]): Promise<number[]> {
  return await Promise.all(names.map((name) => pidOf(daemon, name)));
}

async function groupsOf(daemon: Daemon): Promise<unknown[]> {
  const all = await daemon.rpc('supervisor.getAllProcessInfo');
  if (!Array.isArray(all)) throw new Error('getAllProcessInfo answered no array');
  return all.map((info) => info instanceof Map && `${info.get('group')}:${info.get('name')}`);
}

/** What comes back of a word that is sent to a program that repeats it. */
async function expectEcho(daemon: Daemon, name: string, word: string): Promise<void> {
  await daemon.rpc('supervisor.sendProcessStdin', name, `${word}\n`);
  await waitFor(async () => (await stdoutOf(daemon, name)).includes(word), {
    what: `${name} to say ${word}`,
  });
}

describe('update', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = new Daemon({ implementation: 'ours', configuration: pool(3) });
    await daemon.start();
    for (const name of ['pool:0', 'pool:1', 'pool:2']) await waitForState(daemon, name, 'RUNNING');
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
  });

  it('adds processes when numprocs grows, and the old ones go on', async () => {
    const before = await pidsOf(daemon, 'pool:0', 'pool:1', 'pool:2');
    const log = await infoOf(daemon, 'pool:1', 'stdout_logfile');
    daemon.configure(pool(5));
    expect((await daemon.ctl('ours', ['reread'])).stdout).toBe('pool: changed\n');
    const { stdout, exitCode } = await daemon.ctl('ours', ['update']);
    expect({ stdout, exitCode }).toEqual({
      stdout: 'pool: updated process group\n',
      exitCode: 0,
    });
    expect(await pidsOf(daemon, 'pool:0', 'pool:1', 'pool:2')).toEqual(before);
    expect(await infoOf(daemon, 'pool:1', 'stdout_logfile')).toBe(log);
    for (const name of ['pool:3', 'pool:4']) await waitForState(daemon, name, 'RUNNING');
    await expectEcho(daemon, 'pool:1', 'still-here');
    await expectEcho(daemon, 'pool:4', 'new-here');
    expect((await daemon.ctl('ours', ['reread'])).stdout).toBe('No config updates to processes\n');
  });

  it('stops only the surplus when numprocs shrinks', async () => {
    const [first, second] = await pidsOf(daemon, 'pool:0', 'pool:1');
    const surplus = await pidsOf(daemon, 'pool:2', 'pool:3', 'pool:4');
    daemon.configure(pool(2));
    await daemon.ctl('ours', ['update']);
    expect(await pidsOf(daemon, 'pool:0', 'pool:1')).toEqual([first, second]);
    expect(surplus.map(isAlive)).toEqual([false, false, false]);
    expect(await groupsOf(daemon)).toEqual(['pool:0', 'pool:1']);
  });

  it('replaces what has changed, which can be talked to as before', async () => {
    const before = await pidsOf(daemon, 'pool:0', 'pool:1');
    const log = await infoOf(daemon, 'pool:0', 'stdout_logfile');
    daemon.configure(pool(2, 'environment=A="1"'));
    await daemon.ctl('ours', ['update', 'pool']);
    for (const name of ['pool:0', 'pool:1']) await waitForState(daemon, name, 'RUNNING');
    for (const pid of await pidsOf(daemon, 'pool:0', 'pool:1')) expect(before).not.toContain(pid);
    expect(await infoOf(daemon, 'pool:0', 'stdout_logfile')).not.toBe(log);
    await expectEcho(daemon, 'pool:0', 'replaced');
  });

  it('leaves alone what was stopped by hand', async () => {
    await daemon.rpc('supervisor.stopProcess', 'pool:0');
    daemon.configure(pool(3, 'environment=A="1"'));
    await daemon.ctl('ours', ['update']);
    await waitForState(daemon, 'pool:2', 'RUNNING');
    expect(await stateOf(daemon, 'pool:0')).toBe('STOPPED');
  });

  it('of groups that are not named leaves them as they are', async () => {
    daemon.configure(`${pool(4, 'environment=A="1"')}[program:other]\n${echo}`);
    expect((await daemon.ctl('ours', ['update', 'other'])).stdout).toBe('other: added process group\n');
    expect(await groupsOf(daemon)).toEqual(['other:other', 'pool:0', 'pool:1', 'pool:2']);
  });

  it('waits for nobody who has no child: BACKOFF and FATAL', async () => {
    const failing = (command: string) =>
      `[program:fails]\ncommand=${command}\nstartretries=1000000\n[program:lost]\ncommand=/no/such/program\nstartretries=0\n`;
    daemon.configure(`${failing('/bin/false')}`);
    await daemon.ctl('ours', ['update']);
    await waitForState(daemon, 'fails', 'BACKOFF');
    await waitForState(daemon, 'lost', 'FATAL');
    daemon.configure(failing('/bin/sleep 1000').replace('/no/such/program', '/bin/sleep 1000'));
    expect((await daemon.ctl('ours', ['update'])).stdout).toBe(
      'fails: stopped\nfails: updated process group\nlost: stopped\nlost: updated process group\n',
    );
    for (const name of ['fails', 'lost']) await waitForState(daemon, name, 'RUNNING');
  });
});

describe('update of a program that runs', () => {
  it('gives the new process FIFOs of its own, where the next daemon looks for them', async () => {
    await using daemon = new Daemon({ implementation: 'ours', configuration: pool(1) });
    await daemon.start();
    await waitForState(daemon, 'pool:0', 'RUNNING');
    daemon.configure(pool(1, 'environment=A="1"'));
    await daemon.ctl('ours', ['update']);
    await waitForState(daemon, 'pool:0', 'RUNNING');
    const pid = await pidOf(daemon, 'pool:0');
    for (const [fd, stream] of ['stdin', 'stdout', 'stderr'].entries()) {
      const fifo = join(`${daemon.socket}.d`, `pool:0.${stream}`);
      expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe(fifo);
      expect(statSync(`/proc/${pid}/fd/${fd}`).ino).toBe(lstatSync(fifo).ino);
    }
  });

  it('goes on logging that also where the new process cannot be started, until the program is removed', async () => {
    const left = (command: string, lines = '') => `[program:left]\ncommand=${command}\nstartsecs=0\n${lines}`;
    const writer = `sh -c "${program('leaves-a-writer')} %(here)s/go; exec sleep 1000"`;
    const files = () => readdirSync(`${daemon.socket}.d`).filter((name) => name.startsWith('left:'));
    await using daemon = new Daemon({ implementation: 'ours', configuration: left(writer) });
    await daemon.start();
    await waitFor(async () => (await stdoutOf(daemon, 'left')).includes('by the child'), { what: 'a line' });
    daemon.configure(left('/nonexistent/command', 'startretries=0\n'));
    await daemon.ctl('ours', ['update']);
    await waitForState(daemon, 'left', 'FATAL');
    writeFileSync(join(daemon.dir, 'go'), '');
    await waitFor(async () => (await stdoutOf(daemon, 'left')).includes('by a grandchild'), {
      what: 'its line',
    });
    expect(files()).not.toEqual([]);
    await daemon.rpc('supervisor.removeProcessGroup', 'left');
    expect(files()).toEqual([]);
  });

  it('goes on logging what a process writes that the old one has left', async () => {
    const left = (lines = '') =>
      `[program:left]\ncommand=sh -c "${program('leaves-a-writer')} %(here)s/go; exec sleep 1000"\nstartsecs=0\n${lines}`;
    await using daemon = new Daemon({ implementation: 'ours', configuration: left() });
    await daemon.start();
    await waitFor(async () => (await stdoutOf(daemon, 'left')).includes('by the child'), { what: 'a line' });
    daemon.configure(left('environment=A="1"\nstdout_logfile=%(here)s/other.log\n'));
    await daemon.ctl('ours', ['update']);
    await waitForState(daemon, 'left', 'RUNNING');
    writeFileSync(join(daemon.dir, 'go'), '');
    await waitFor(async () => (await stdoutOf(daemon, 'left')).match(/by a grandchild/g)?.length === 2, {
      what: 'a line of each grandchild',
    });
  });
});

describeWithPeer('update by the supervisorctl of supervisor', () => {
  it('stops, removes and adds whole groups, as it knows them', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      configuration: `${pool(1)}[program:gone]\n${echo}`,
    });
    await daemon.start();
    for (const name of ['pool:0', 'gone']) await waitForState(daemon, name, 'RUNNING');
    const before = await pidOf(daemon, 'pool:0');
    daemon.configure(pool(2));
    const { stdout, exitCode } = await daemon.ctl('real', ['update']);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      'gone: stopped\ngone: removed process group\npool: stopped\npool: updated process group\n',
    );
    for (const name of ['pool:0', 'pool:1']) await waitForState(daemon, name, 'RUNNING');
    expect(await pidOf(daemon, 'pool:0')).not.toBe(before);
  });
});

describe('update of a FastCGI program', () => {
  const fcgi = (numprocs: number, mode: string) =>
    `[fcgi-program:app]\ncommand=${program('accepts-on-stdin')}\nstartsecs=0\nsocket=unix://%(here)s/app\n` +
    `process_name=%(process_num)d\nnumprocs=${numprocs}\nsocket_mode=${mode}\n`;
  const socketOf = (pid: number): string => readlinkSync(`/proc/${pid}/fd/0`);

  it('adds processes to the socket there is, and replaces all when that changes', async () => {
    await using daemon = new Daemon({ implementation: 'ours', configuration: fcgi(1, '0700') });
    await daemon.start();
    await waitForState(daemon, 'app:0', 'RUNNING');
    const first = await pidOf(daemon, 'app:0');
    const socket = socketOf(first);
    daemon.configure(fcgi(2, '0700'));
    await daemon.ctl('ours', ['update']);
    await waitForState(daemon, 'app:1', 'RUNNING');
    expect((await pidsOf(daemon, 'app:0', 'app:1')).map(socketOf)).toEqual([socket, socket]);
    expect(await pidOf(daemon, 'app:0')).toBe(first);

    daemon.configure(fcgi(2, '0777'));
    await daemon.ctl('ours', ['update']);
    for (const name of ['app:0', 'app:1']) await waitForState(daemon, name, 'RUNNING');
    const [one, other] = (await pidsOf(daemon, 'app:0', 'app:1')).map(socketOf);
    expect(one).not.toBe(socket);
    expect(other).toBe(one);
    expect(lstatSync(join(daemon.dir, 'app')).mode & 0o777).toBe(0o777);
    expect(await fullLog(daemon)).not.toContain('Could not create');
  });
});

describe('while an update waits for a program to stop', () => {
  it('a second update, start, stop and remove are all answered, and the last configuration holds', async () => {
    await using daemon = new Daemon({ implementation: 'ours', configuration: `${deaf}stopwaitsecs=4\n` });
    await daemon.start();
    await waitFor(async () => (await stdoutOf(daemon, 'deaf')).includes('ready'), { what: 'deaf ears' });
    const old = await pidOf(daemon, 'deaf');
    daemon.configure(`${deaf}stopwaitsecs=5\n`);
    await daemon.rpc('supervisor.reloadConfig');
    const first = daemon.rpc('monitor.updateProcessGroup', 'deaf');
    await waitForState(daemon, 'deaf', 'STOPPING');
    const refused = ['start', 'stop'].map((verb) =>
      daemon.rpc(`supervisor.${verb}Process`, 'deaf').catch((error: unknown) => String(error)),
    );
    expect(await Promise.all(refused)).toEqual([
      "ServerFault: <Fault 40: 'ABNORMAL_TERMINATION: deaf'>",
      "ServerFault: <Fault 70: 'NOT_RUNNING: deaf'>",
    ]);
    await expect(daemon.rpc('supervisor.removeProcessGroup', 'deaf')).rejects.toThrow('STILL_RUNNING');
    daemon.configure(`[program:deaf]\ncommand=/bin/sleep 1000\nstartsecs=0\n`);
    await daemon.rpc('supervisor.reloadConfig');
    const second = daemon.rpc('monitor.updateProcessGroup', 'deaf');
    expect(await first).toHaveLength(1);
    expect(await second).toHaveLength(1);
    await waitForState(daemon, 'deaf', 'RUNNING');
    expect(isAlive(old)).toBe(false);
    const { stdout } = await daemon.ctl('ours', ['reread']);
    expect(stdout).toBe('No config updates to processes\n');
  });

  it('a shutdown ends both, and the answer says so', async () => {
    await using daemon = new Daemon({ implementation: 'ours', configuration: `${deaf}stopwaitsecs=1\n` });
    await daemon.start();
    await waitFor(async () => (await stdoutOf(daemon, 'deaf')).includes('ready'), { what: 'deaf ears' });
    daemon.configure(`${deaf}stopwaitsecs=1\nstartretries=7\n`);
    await daemon.rpc('supervisor.reloadConfig');
    const update = daemon.rpc('monitor.updateProcessGroup', 'deaf').catch((error: unknown) => String(error));
    await waitForState(daemon, 'deaf', 'STOPPING');
    daemon.kill('SIGTERM');
    expect(await update).toBe("ServerFault: <Fault 6: 'SHUTDOWN_STATE'>");
    expect(await daemon.ended()).toBe(0);
    expect(daemon.logText().match(/spawned: 'deaf'/g)).toHaveLength(1);
  });
});

describe('a configuration with a broken part', () => {
  let daemon: Daemon;
  let pid: number;
  const included = (): string => join(daemon.dir, 'conf.d');
  beforeAll(async () => {
    const configuration = '[include]\nfiles=%(here)s/conf.d/*.conf\n';
    daemon = new Daemon({ implementation: 'ours', configuration });
    mkdirSync(included());
    writeFileSync(join(included(), 'stays.conf'), `[program:stays]\n${echo}`);
    await daemon.start();
    await waitForState(daemon, 'stays', 'RUNNING');
    pid = await pidOf(daemon, 'stays');
    writeFileSync(join(included(), 'stays.conf'), `[program:stays]\n${echo}startretries=9\n`);
    writeFileSync(join(included(), 'bad.conf'), '[program:bad]\nno command\n');
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
  });

  for (const words of [['reread'], ['update'], ['update', 'stays'], ['-i', 'reload']]) {
    it(`changes nothing by ${words.join(' ')}`, async () => {
      const input = words[0] === '-i' ? 'y\n' : '';
      const args = words[0] === '-i' ? ['-i', 'reload'] : words;
      const { stdout } = await daemon.ctl('ours', args, { input });
      expect(stdout).toMatch(/CANT_REREAD: .*bad\.conf/s);
      expect(await pidOf(daemon, 'stays')).toBe(pid);
      expect(await groupsOf(daemon)).toEqual(['stays:stays']);
    });
  }

  it('changes nothing by SIGHUP, and the log says why', async () => {
    daemon.kill('SIGHUP');
    await waitForLog(daemon, /CRIT Cannot restart: .*bad\.conf:2/);
    expect(await pidOf(daemon, 'stays')).toBe(pid);
  });

  it('is not what is added from: that stays the one read before', async () => {
    await expect(daemon.rpc('supervisor.addProcessGroup', 'bad')).rejects.toThrow('BAD_NAME');
    await expect(daemon.rpc('monitor.updateProcessGroup', 'bad')).rejects.toThrow('BAD_NAME');
    expect(await daemon.rpc('monitor.updateProcessGroup', 'stays')).toEqual([]);
    expect(await pidOf(daemon, 'stays')).toBe(pid);
  });

  it('once it is mended works, and a directory that has gone means its programs have', async () => {
    rmSync(join(included(), 'bad.conf'));
    expect((await daemon.ctl('ours', ['update'])).stdout).toBe(
      'stays: stopped\nstays: updated process group\n',
    );
    rmSync(included(), { recursive: true });
    expect((await daemon.ctl('ours', ['reread'])).stdout).toBe('stays: disappeared\n');
    expect((await daemon.ctl('ours', ['update'])).stdout).toBe(
      'stays: stopped\nstays: removed process group\n',
    );
    expect(await groupsOf(daemon)).toEqual([]);
    await waitForLog(daemon, /WARN No file matches via include/);
  });
});
