/** What an upgrade in place leaves as it was. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { kill } from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import type { XmlRpcValue } from '../../rpc/xmlrpc.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { BackgroundDaemon } from '../support/background-daemon.ts';
import { type Daemon, startDaemon } from '../support/daemons.ts';
import { InstalledVersion } from '../support/installed-version.ts';
import { bin, runSupervisord } from '../support/run-supervisord.ts';
import {
  fullLog,
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
const launchers = resolve('test/fixtures/launchers');

/** What clients are told of all processes, but for what time changes. */
async function told(daemon: Daemon): Promise<readonly XmlRpcValue[]> {
  const infos = (await daemon.rpc('supervisor.getAllProcessInfo')) as Map<string, XmlRpcValue>[];
  const usage = (await daemon.rpc('monitor.getAllProcessUsage')) as Map<string, XmlRpcValue>[];
  return infos.map((info, index) => {
    info.delete('now');
    if (info.get('statename') === 'RUNNING') info.delete('description');
    info.set('restarts', usage[index]?.get('restarts') ?? '');
    info.set('lastexit', usage[index]?.get('lastexit') ?? '');
    return info;
  });
}

/** Seconds from the log line that has `first` to the next one that has `then`. */
function secondsBetween(log: string, first: string, then: string): number {
  const lines = log.split('\n');
  const index = lines.findIndex((line) => line.includes(first));
  const after = lines.slice(index + 1).find((line) => line.includes(then));
  const at = (line = '') =>
    Date.parse(`${line.slice(0, 19).replace(' ', 'T')}.${line.slice(20, 23)}Z`) / 1000;
  return at(after) - at(lines[index]);
}

/** The environment that a process was started with, less what is its own. */
function environmentOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/environ`, 'latin1')
    .split('\0')
    .filter(
      (variable) => !variable.startsWith('SUPERVISOR_PROCESS_NAME=') && !/^SUPERVISOR_GROUP/.test(variable),
    )
    .sort();
}

describe('an upgrade in place', () => {
  it('leaves the daemon, its files and every process as they were', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      supervisord: 'exit_code_from=exited',
      configuration: [
        '[program:runs]\ncommand=/bin/sleep 1000\nstartsecs=0',
        `[program:exited]\ncommand=${programs}/exits-with-status 3\nstartsecs=0\nautorestart=false`,
        '[program:fatal]\ncommand=/no/such/program\nstartretries=0',
        `[program:restarted]\ncommand=${programs}/ends-a-few-times %(here)s/ends\nstartsecs=0\nautorestart=true`,
        '[program:stopped]\ncommand=/bin/sleep 1000\nstartsecs=0',
        '[program:never]\ncommand=/bin/sleep 1000\nautostart=false',
        '[program:gone]\ncommand=/bin/sleep 1000\nautostart=false',
      ].join('\n'),
    });
    for (const [name, state] of [
      ['runs', 'RUNNING'],
      ['exited', 'EXITED'],
      ['fatal', 'FATAL'],
      ['stopped', 'RUNNING'],
    ] as const) {
      await waitForState(daemon, name, state);
    }
    await daemon.rpc('supervisor.stopProcess', 'stopped');
    await daemon.rpc('supervisor.removeProcessGroup', 'gone');
    await waitFor(async () => Number(await infoOf(daemon, 'restarted', 'pid')) > 0);
    const [before, pidfile] = [await told(daemon), readFileSync(daemon.pidfile, 'utf8')];
    const pid = Number(await daemon.rpc('supervisor.getPID'));

    await daemon.upgrade();
    expect(await fullLog(daemon)).toContain('INFO upgraded from version');
    expect(await told(daemon)).toEqual(before);
    expect(Number(await daemon.rpc('supervisor.getPID'))).toBe(pid);
    expect(readFileSync(daemon.pidfile, 'utf8')).toBe(pidfile);
    // Still locked: there is no second one.
    expect((await execa('flock', ['-n', `${daemon.socket}.d`, 'true'], { reject: false })).exitCode).toBe(1);
    expect(await fullLog(daemon)).not.toContain('exiting with status');
    expect(await daemon.stop()).toBe(3);
  });

  it('keeps groups in which nothing has happened, be they new or without processes', async () => {
    const closes =
      '[program:web]\ncommand=/bin/cat\nautostart=false\n[schedule:closes]\nprogram=web\naction=stop\nyear=2099\n';
    await using daemon = await startDaemon({ implementation: 'ours', configuration: closes });
    daemon.configure(
      `${closes}[program:new]\ncommand=/bin/cat\nautostart=false\n[schedule:later]\ncommand=/bin/true\nyear=2099\n`,
    );
    await daemon.rpc('supervisor.reloadConfig');
    await daemon.rpc('supervisor.addProcessGroup', 'new');
    await daemon.rpc('supervisor.addProcessGroup', 'later');
    const mine = new Map([
      ['id', 'mine'],
      ['command', '/bin/true'],
      ['year', '2099'],
    ]);
    await daemon.rpc('scheduler.addJob', mine);
    const jobs = async () =>
      ((await daemon.rpc('scheduler.getAllJobs')) as Map<string, XmlRpcValue>[]).map((job) => job.get('id'));
    const groups = async () =>
      (await told(daemon)).map((info) => (info as Map<string, XmlRpcValue>).get('group'));
    const before = await groups();
    await daemon.upgrade();
    expect(await groups()).toEqual(before);
    expect(before).toEqual(['later', 'mine', 'new', 'web']);
    expect(await jobs()).toEqual(['closes', 'later', 'mine']);
  });

  it('keeps time: of starts that are not over, of the next try, of the kill after the stop', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: [
        '[program:starts]\ncommand=/bin/sleep 1000\nstartsecs=20',
        `[program:tries]\ncommand=${programs}/exits-with-status 1\nstartsecs=1\nstartretries=3`,
        `[program:stops]\ncommand=${programs}/ignores-term\nstartsecs=0\nstopwaitsecs=20`,
      ].join('\n'),
    });
    await waitFor(async () => (await stdoutOf(daemon, 'stops')).includes('ready'));
    const stopped = performance.now();
    await daemon.rpc('supervisor.stopProcess', 'stops', false);
    // So late that a time which began anew would be over too late.
    await waitForLog(daemon, /(spawned: 'tries'[\s\S]*){3}/);
    await daemon.upgrade();
    expect(await stateOf(daemon, 'stops')).toBe('STOPPING');
    await waitForLog(daemon, 'stopped: stops (terminated by SIGKILL)');
    expect(performance.now() - stopped).toBeGreaterThanOrEqual(19_900);
    await waitForLog(daemon, 'success: starts entered RUNNING state');
    await waitForState(daemon, 'tries', 'FATAL');
    const log = await fullLog(daemon);
    // The line comes a moment after the start.
    expect(secondsBetween(log, "spawned: 'starts'", 'success: starts')).toBeGreaterThanOrEqual(18);
    for (const end of ['stopped: stops', 'success: starts']) {
      expect(secondsBetween(log, 'upgraded from version', end)).toBeLessThan(19.5);
    }
    expect(log.match(/spawned: 'tries'/g)).toHaveLength(4);
    expect(log).toContain('gave up: tries entered FATAL state, too many start retries too quickly');
  });

  it('knows how a child has ended while no daemon ran', async () => {
    using installed = new InstalledVersion();
    const goesOn = join(installed.bin, 'goes-on');
    await using daemon = await startDaemon({
      implementation: 'ours',
      command: installed.command,
      environment: {
        SLOW_LAUNCHER_LEADS_TO: join(bin, 'supervisord'),
        SLOW_LAUNCHER_WAITS_FOR: goesOn,
      },
      configuration: ['seven', 'killed']
        .map(
          (name) => `[program:${name}]\ncommand=${programs}/ends-when-told 7\nstartsecs=0\nautorestart=false`,
        )
        .join('\n'),
    });
    installed.leadTo(join(launchers, 'takes-its-time'));
    const [seven, killed] = [await pidOf(daemon, 'seven'), await pidOf(daemon, 'killed')];
    await daemon.rpc('monitor.upgrade');
    await waitFor(() => readFileSync(`/proc/${daemon.pid}/cmdline`, 'latin1').includes('perl'));
    writeFileSync(`${daemon.socket}.d/seven:seven.stdin`, '\n');
    kill(killed, 'SIGKILL');
    // The slow one has not got far enough to see it.
    await waitFor(() => !isAlive(seven) && !isAlive(killed));
    expect(readFileSync(`/proc/${daemon.pid}/cmdline`, 'latin1')).toContain('perl');
    writeFileSync(goesOn, '');
    await waitForState(daemon, 'seven', 'EXITED');
    await waitForState(daemon, 'killed', 'EXITED');
    expect(await infoOf(daemon, 'seven', 'exitstatus')).toBe(7);
    const log = await fullLog(daemon);
    expect(log).toContain('exited: seven (exit status 7; not expected)');
    expect(log).toContain('exited: killed (terminated by SIGKILL; not expected)');
    expect(procStatus(seven, 'State')).toBeUndefined();
  });

  it('gives programs what it gave them before: environment, limits, umask, directory, descriptors', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: ['before', 'after']
        .map((name) => `[program:${name}]\ncommand=/bin/sleep 1000\nstartsecs=0\nautostart=false`)
        .join('\n'),
      prefix: [
        '/bin/sh',
        '-c',
        'APP_BYTES=$(printf "\\377\\200x"); export APP_BYTES; ulimit -S -n 1300; umask 031; cd /usr; exec "$@" 7</etc/passwd',
        'sh',
      ],
    });
    await daemon.rpc('supervisor.startProcess', 'before');
    await daemon.upgrade();
    await daemon.upgrade();
    await daemon.rpc('supervisor.startProcess', 'after');
    const [before, after] = [await pidOf(daemon, 'before'), await pidOf(daemon, 'after')];
    expect(environmentOf(after)).toEqual(environmentOf(before));
    expect(environmentOf(after)).toContain('APP_BYTES=\xff\x80x');
    expect(environmentOf(after).filter((variable) => variable.startsWith('SUPERVISORD_'))).toEqual([]);
    for (const file of ['limits', 'cgroup']) {
      expect(readFileSync(`/proc/${after}/${file}`, 'utf8')).toBe(
        readFileSync(`/proc/${before}/${file}`, 'utf8'),
      );
    }
    expect(readFileSync(`/proc/${after}/limits`, 'utf8')).toMatch(/^Max open files +1300 /m);
    for (const key of ['Umask', 'SigBlk', 'SigIgn', 'SigCgt', 'Uid', 'Groups'])
      expect(procStatus(after, key)).toBe(procStatus(before, key));
    expect(procStatus(after, 'Umask')).toBe('0031');
    expect(readlinkSync(`/proc/${after}/cwd`)).toBe('/usr');
    // The loader has files open, too, until it is done.
    const descriptors = () => readdirSync(`/proc/${after}/fd`).map(Number);
    await waitFor(() => descriptors().every((fd) => fd <= 2), { what: 'no other descriptors' });
  });

  it('goes on with logs at descriptors that the daemon was started with', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: `[program:says]\ncommand=${programs}/repeats-stdin\nstartsecs=0\nstdout_logfile=/dev/fd/5\n`,
      prefix: ['/bin/sh', '-c', 'exec "$@" 5>five', 'sh'],
    });
    const said = () => readFileSync(join(daemon.dir, 'five'), 'utf8');
    await daemon.rpc('supervisor.sendProcessStdin', 'says', 'one\n');
    await waitFor(() => said().includes('one\n'));
    await daemon.upgrade();
    await daemon.rpc('supervisor.sendProcessStdin', 'says', 'two\n');
    await waitFor(() => said().includes('two\n'));
    expect(said().match(/one|two/g)).toEqual(['one', 'two']);
  });

  it('leaves a daemon in the background where it is, also at SIGUSR1', async () => {
    await using daemon = new BackgroundDaemon(
      '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
      'directory=/usr\numask=027',
    );
    // The file is found again from the directory that the command was given in.
    const result = await runSupervisord(['-c', 'supervisord.conf'], { cwd: daemon.dir });
    expect(result.exitCode).toBe(0);
    const { pid = 0 } = daemon;
    const where = () => ({
      session: procStatus(pid, 'NSsid'),
      parent: procStatus(pid, 'PPid'),
      umask: procStatus(pid, 'Umask'),
      directory: readlinkSync(`/proc/${pid}/cwd`),
      streams: [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    });
    const before = where();
    kill(pid, 'SIGUSR1');
    await waitFor(() => daemon.logText().includes('INFO upgraded from version'));
    await waitFor(() => /adopted: 'a' with pid/.test(daemon.logText()));
    expect(daemon.logText()).toContain('WARN received SIGUSR1 indicating upgrade request');
    expect(daemon.pid).toBe(pid);
    expect(where()).toEqual(before);
    expect(before).toMatchObject({ directory: '/usr', umask: '0027' });
  });

  it('ends calls that wait for a process, which goes on', async () => {
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: [
        '[program:starts]\ncommand=/bin/sleep 1000\nstartsecs=1000\nautostart=false',
        `[program:stops]\ncommand=${programs}/ignores-term\nstartsecs=0\nstopwaitsecs=1000`,
      ].join('\n'),
    });
    await waitFor(async () => (await stdoutOf(daemon, 'stops')).includes('ready'));
    const calls = [
      daemon.rpc('supervisor.startProcess', 'starts'),
      daemon.rpc('supervisor.stopProcess', 'stops'),
    ].map((call) => call.catch((error) => String(error)));
    await waitForState(daemon, 'starts', 'STARTING');
    await waitForState(daemon, 'stops', 'STOPPING');
    const pids = [await pidOf(daemon, 'starts'), await pidOf(daemon, 'stops')];
    await daemon.upgrade();
    expect(await Promise.all(calls)).toEqual(
      ['starts', 'stops'].map((name) =>
        expect.stringContaining(`FAILED: ${name}: supervisord is being upgraded, and does not wait for it`),
      ),
    );
    expect([await pidOf(daemon, 'starts'), await pidOf(daemon, 'stops')]).toEqual(pids);
    expect(await stateOf(daemon, 'starts')).toBe('STARTING');
    expect(await stateOf(daemon, 'stops')).toBe('STOPPING');
    kill(pids[1] ?? 0, 'SIGKILL');
    await waitForState(daemon, 'stops', 'STOPPED');
  });
});

describeAsRoot('a daemon that has become another user', () => {
  it('is upgraded as that user', async () => {
    await using daemon = new BackgroundDaemon(
      '[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\n',
      'user=nobody',
    );
    await execa('chown', ['-R', 'nobody', daemon.dir]);
    expect((await daemon.start()).exitCode).toBe(0);
    const { pid = 0 } = daemon;
    kill(pid, 'SIGUSR1');
    await waitFor(() => /upgraded from version[\s\S]*adopted: 'a'/.test(daemon.logText()));
    expect(procStatus(pid, 'Uid')).toBe('65534\t65534\t65534\t65534');
    expect(daemon.logText()).not.toContain('CRIT Set');
  });
});
