import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { createServer, type NetConnectOpts, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { ServerFault } from '../../ctl/failures.ts';
import { describeAsRoot } from '../support/as-root.ts';
import { Daemon, type DaemonOptions, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { runSupervisord } from '../support/run-supervisord.ts';
import { fullLog, infoOf, openDescriptors, pidOf, waitForAll, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';

const accepts = resolve('test/fixtures/programs/accepts-on-stdin');

function fcgi(name: string, socket: string, ...lines: readonly string[]): string {
  return `[fcgi-program:${name}]\ncommand=${accepts}\nsocket=${socket}\nstartsecs=0\n${lines.join('\n')}\n`;
}

/** Several processes of one section. */
const twice = ['numprocs=2', 'process_name=%(process_num)d'];

function start(configuration: string, options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  return startDaemon({ implementation: 'ours', configuration, ...options });
}

/** Pid of the process that answers. */
async function answerer(address: NetConnectOpts): Promise<number> {
  const connection = await RawConnection.open(address);
  try {
    return Number(await connection.until('\n'));
  } finally {
    connection.close();
  }
}

const refusal = (address: NetConnectOpts): Promise<string> =>
  RawConnection.open(address).then(
    (connection) => {
      connection.close();
      return 'connected';
    },
    (error: NodeJS.ErrnoException) => error.code ?? '',
  );

async function listening(address: NetConnectOpts): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen({ ...address } as object, done));
  return server;
}

const closed = (server: Server): Promise<unknown> => new Promise((done) => server.close(done));

const linesAbout = async (daemon: Daemon, url: string): Promise<string[]> =>
  (await fullLog(daemon))
    .split('\n')
    .filter((line) => line.includes(url))
    .map((line) => line.slice('2026-01-01 00:00:00,000 '.length));

describe('a socket that FastCGI processes share', () => {
  it('is the stdin of each of them, and waits in accept', async () => {
    await using daemon = await start(fcgi('app', 'unix://%(here)s/app', ...twice));
    await waitForAll(daemon, (state) => state === 'RUNNING');
    const pids = [await pidOf(daemon, 'app:0'), await pidOf(daemon, 'app:1')];
    const [inode] = pids.map((pid) => readlinkSync(`/proc/${pid}/fd/0`));
    expect(inode).toMatch(/^socket:/);
    for (const pid of pids) expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe(inode);
    // Each keeps the client it has, so the next one is answered by the other.
    const path = join(daemon.dir, 'app');
    const first = await RawConnection.open({ path });
    const second = await RawConnection.open({ path });
    const answered = [Number(await first.until('\n')), Number(await second.until('\n'))];
    first.close();
    second.close();
    expect(answered.sort()).toEqual(pids.sort());
  });

  it('stays open while one of them lives, and is closed after the last', async () => {
    const port = await freePort();
    const url = `tcp://127.0.0.1:${port}`;
    await using daemon = await start(fcgi('app', url, ...twice));
    await waitForAll(daemon, (state) => state === 'RUNNING');
    await daemon.rpc('supervisor.stopProcess', 'app:0');
    expect(await answerer({ host: '127.0.0.1', port })).toBe(await pidOf(daemon, 'app:1'));
    await daemon.rpc('supervisor.startProcess', 'app:0');
    await daemon.rpc('supervisor.stopProcess', 'app:1');
    expect(await answerer({ host: '127.0.0.1', port })).toBe(await pidOf(daemon, 'app:0'));
    await daemon.rpc('supervisor.stopProcess', 'app:0');
    expect(await refusal({ host: '127.0.0.1', port })).toBe('ECONNREFUSED');
    await closed(await listening({ host: '127.0.0.1', port }));
    const opened = [`INFO Creating socket ${url}`, `INFO Closing socket ${url}`];
    expect(await linesAbout(daemon, url)).toEqual([...opened, ...opened]);
  });

  it('is opened again by a restart', async () => {
    await using daemon = await start(fcgi('app', 'unix://%(here)s/app'));
    await waitForState(daemon, 'app', 'RUNNING');
    const before = openDescriptors(daemon.pid);
    const path = join(daemon.dir, 'app');
    for (let time = 0; time < 3; time += 1) {
      const pid = await pidOf(daemon, 'app');
      process.kill(pid, 'SIGKILL');
      await waitFor(async () => ![0, pid].includes(await pidOf(daemon, 'app')));
      expect(await answerer({ path })).toBe(await pidOf(daemon, 'app'));
    }
    await waitFor(() => openDescriptors(daemon.pid) <= before, { what: 'as many descriptors as before' });
  });

  it('has no file when nobody has it, and none after the daemon', async () => {
    await using daemon = await start(fcgi('app', 'unix://%(here)s/app', 'autostart=false'));
    const path = join(daemon.dir, 'app');
    expect(existsSync(path)).toBe(false);
    await daemon.rpc('supervisor.startProcess', 'app');
    expect(existsSync(path)).toBe(true);
    await daemon.rpc('supervisor.stopProcess', 'app');
    expect(existsSync(path)).toBe(false);
    await daemon.rpc('supervisor.startProcess', 'app');
    expect(await daemon.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('is there after a restart of the daemon', async () => {
    await using daemon = await start(fcgi('app', 'unix://%(here)s/app'));
    await waitForState(daemon, 'app', 'RUNNING');
    const pid = await pidOf(daemon, 'app');
    await daemon.rpc('supervisor.restart');
    await waitFor(async () => ![0, pid].includes(await pidOf(daemon, 'app').catch(() => 0)));
    expect(await answerer({ path: join(daemon.dir, 'app') })).toBe(await pidOf(daemon, 'app'));
  });

  it('is theirs in a group too, beside another one', async () => {
    const configuration = `${fcgi('a', 'unix://%(here)s/a')}${fcgi('b', 'unix://%(here)s/b')}[program:cat]
command=/bin/cat\nstartsecs=0\n[group:all]\nprograms=a,b,cat\n`;
    await using daemon = await start(configuration);
    await waitForAll(daemon, (state) => state === 'RUNNING');
    expect(await answerer({ path: join(daemon.dir, 'a') })).toBe(await pidOf(daemon, 'all:a'));
    expect(await answerer({ path: join(daemon.dir, 'b') })).toBe(await pidOf(daemon, 'all:b'));
    expect(await daemon.rpc('supervisor.sendProcessStdin', 'all:cat', 'x')).toBe(true);
  });

  it('is no way to send text to a process', async () => {
    await using daemon = await start(fcgi('app', 'unix://%(here)s/app'));
    await waitForState(daemon, 'app', 'RUNNING');
    const sent = daemon.rpc('supervisor.sendProcessStdin', 'app', 'x');
    await expect(sent).rejects.toThrow(ServerFault);
    await expect(sent).rejects.toMatchObject({ code: 20, text: 'NO_FILE: app' });
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  it(`listens on ${hasIpv6 ? 'IPv6 addresses, ' : ''}names, and on every address`, async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const configuration = [
      hasIpv6 ? fcgi('six', `tcp://[::1]:${one}`) : '',
      fcgi('name', `tcp://localhost:${two}`),
      fcgi('all', `tcp://*:${three}`),
    ].join('');
    await using daemon = await start(configuration);
    await waitForAll(daemon, (state) => state === 'RUNNING');
    if (hasIpv6) expect(await answerer({ host: '::1', port: one })).toBe(await pidOf(daemon, 'six'));
    expect(await answerer({ host: '127.0.0.1', port: two })).toBe(await pidOf(daemon, 'name'));
    expect(await answerer({ host: '127.0.0.2', port: three })).toBe(await pidOf(daemon, 'all'));
  });
});

describe('the file of a FastCGI socket', () => {
  it('has mode 0700, whatever the umask, or that of socket_mode', async () => {
    const configuration = fcgi('a', 'unix://%(here)s/a') + fcgi('b', 'unix://%(here)s/b', 'socket_mode=0666');
    await using daemon = await start(configuration, {
      prefix: ['/bin/sh', '-c', 'umask 027; exec "$@"', 'sh'],
    });
    await waitForAll(daemon, (state) => state === 'RUNNING');
    expect(statSync(join(daemon.dir, 'a')).mode & 0o7777).toBe(0o700);
    expect(statSync(join(daemon.dir, 'b')).mode & 0o7777).toBe(0o666);
  });

  it('takes the place of one that a dead server left', async () => {
    await using daemon = new Daemon({
      implementation: 'ours',
      configuration: fcgi('app', 'unix://%(here)s/app'),
    });
    await leaveSocket(join(daemon.dir, 'app'));
    await daemon.start();
    await waitForState(daemon, 'app', 'RUNNING');
    expect(await answerer({ path: join(daemon.dir, 'app') })).toBe(await pidOf(daemon, 'app'));
  });

  it('is left alone when it has become that of another program', async () => {
    await using daemon = await start(fcgi('app', 'unix://%(here)s/app'));
    await waitForState(daemon, 'app', 'RUNNING');
    const path = join(daemon.dir, 'app');
    await leaveSocket(path);
    const { ino } = lstatSync(path);
    await daemon.rpc('supervisor.stopProcess', 'app');
    expect(lstatSync(path).ino).toBe(ino);
  });

  describeAsRoot('and its owner', () => {
    const owners = (daemon: Daemon, name: string): number[] => {
      const { uid, gid } = statSync(join(daemon.dir, name));
      return [uid, gid];
    };

    it('is the user of the program, or socket_owner', async () => {
      const configuration = [
        fcgi('a', 'unix://%(here)s/a', 'user=daemon'),
        fcgi('b', 'unix://%(here)s/b', 'socket_owner=nobody:daemon'),
        fcgi('c', 'unix://%(here)s/c', 'user=daemon', 'socket_owner=root'),
      ].join('');
      await using daemon = await start(configuration, { supervisord: 'user=root' });
      await waitForAll(daemon, (state) => state === 'RUNNING');
      expect(owners(daemon, 'a')).toEqual([1, 1]);
      expect(owners(daemon, 'b')).toEqual([65534, 1]);
      expect(owners(daemon, 'c')).toEqual([0, 0]);
      expect(await answerer({ path: join(daemon.dir, 'a') })).toBe(await pidOf(daemon, 'a'));
    });
  });
});

describe('a FastCGI socket that cannot be opened', () => {
  it('is a spawn error as long as another program has the port, and none afterwards', async () => {
    const port = await freePort();
    const other = await listening({ host: '127.0.0.1', port });
    const url = `tcp://127.0.0.1:${port}`;
    const problem = `Could not create FastCGI socket ${url}: EADDRINUSE`;
    await using daemon = await start(fcgi('app', url));
    await waitForState(daemon, 'app', 'BACKOFF');
    expect(await infoOf(daemon, 'app', 'spawnerr')).toBe(problem);
    await closed(other);
    await waitForState(daemon, 'app', 'RUNNING');
    expect(await linesAbout(daemon, url)).toEqual(
      expect.arrayContaining([`ERRO ${problem}`, `INFO spawnerr: ${problem}`]),
    );
    expect(await answerer({ host: '127.0.0.1', port })).toBe(await pidOf(daemon, 'app'));
  });

  it('is a spawn error when the port was taken between two lives of the program', async () => {
    const port = await freePort();
    const address = { host: '127.0.0.1', port };
    await using daemon = await start(fcgi('app', `tcp://127.0.0.1:${port}`));
    await waitForState(daemon, 'app', 'RUNNING');
    await daemon.rpc('supervisor.stopProcess', 'app');
    const other = await listening(address);
    await expect(daemon.rpc('supervisor.startProcess', 'app')).rejects.toMatchObject({ code: 50 });
    await closed(other);
    await waitForState(daemon, 'app', 'RUNNING');
    expect(await answerer(address)).toBe(await pidOf(daemon, 'app'));
  });

  it('does not keep its group from being added', async () => {
    await using daemon = await start('');
    daemon.configure(fcgi('app', 'unix://%(here)s/supervisord.conf'));
    await daemon.rpc('supervisor.reloadConfig');
    expect(await daemon.rpc('supervisor.addProcessGroup', 'app')).toBe(true);
    await waitForState(daemon, 'app', 'BACKOFF');
    expect(existsSync(daemon.configurationFile)).toBe(true);
  });

  it('leaves nothing behind when its owner cannot be set', async () => {
    const isRoot = process.getuid?.() === 0;
    await using daemon = await start(fcgi('app', 'unix://%(here)s/run/app', 'socket_owner=nobody'), {
      ...(isRoot && { prefix: ['setpriv', '--bounding-set=-chown', '--inh-caps=-chown'] }),
    });
    mkdirSync(join(daemon.dir, 'run'));
    const problem = `Could not create FastCGI socket unix://${daemon.dir}/run/app: Could not change ownership of socket file: EPERM`;
    await waitFor(async () => (await infoOf(daemon, 'app', 'spawnerr')) === problem, { what: problem });
    expect(readdirSync(join(daemon.dir, 'run'))).toEqual([]);
  });

  it('of a second daemon does no harm to the first', async () => {
    await using first = await start(fcgi('app', 'unix://%(here)s/app'));
    await waitForState(first, 'app', 'RUNNING');
    const path = join(first.dir, 'app');
    await using second = await start(fcgi('app', `unix://${path}`, 'startretries=0'));
    await waitForState(second, 'app', 'FATAL');
    expect(await infoOf(second, 'app', 'spawnerr')).toBe(
      `Could not create FastCGI socket unix://${path}: another program is using it`,
    );
    expect(await answerer({ path })).toBe(await pidOf(first, 'app'));
    expect(await second.stop()).toBe(0);
    expect(await answerer({ path })).toBe(await pidOf(first, 'app'));
  });

  it('of the same configuration started twice does no harm either', async () => {
    await using daemon = await start(fcgi('app', 'unix://%(here)s/app'));
    await waitForState(daemon, 'app', 'RUNNING');
    const second = await runSupervisord(['-n', '-c', daemon.configurationFile], { cwd: daemon.dir });
    expect(second.exitCode).toBe(2);
    expect(await answerer({ path: join(daemon.dir, 'app') })).toBe(await pidOf(daemon, 'app'));
  });
});

/** Leaves at `path` the file of a socket that nobody has. */
async function leaveSocket(path: string): Promise<void> {
  const server = await listening({ path: `${path}.made` });
  renameSync(`${path}.made`, path);
  await closed(server);
}
