import { createHash } from 'node:crypto';
import { chownSync, lstatSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { describeAsRoot } from '../support/as-root.ts';
import { BackgroundDaemon } from '../support/background-daemon.ts';
import { Daemon, startDaemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { waitForLog } from '../support/supervised.ts';

describe('the unix socket', () => {
  it('has mode 0700 unless chmod says otherwise, and no temporary name beside it', async () => {
    await using plain = await startDaemon({ implementation: 'ours', configuration: '' });
    expect(lstatSync(plain.socket).mode & 0o7777).toBe(0o700);
    expect((await execa('ls', [plain.dir])).stdout.split('\n').sort()).toEqual([
      'supervisor.sock',
      'supervisor.sock.d',
      'supervisord.conf',
      'supervisord.log',
      'supervisord.pid',
    ]);
    await using open = new BackgroundDaemon();
    const socket = join(open.dir, 'open.sock');
    writeFileSync(
      open.configurationFile,
      `[unix_http_server]\nfile=${socket}\nchmod=0766\n[supervisord]\nlogfile=${open.logfile}\npidfile=${open.pidfile}\n`,
    );
    expect((await open.start()).exitCode).toBe(0);
    expect(lstatSync(socket).mode & 0o7777).toBe(0o766);
  });

  it('goes at the end, but not when it has become the socket of somebody else', async () => {
    const daemon = await startDaemon({ implementation: 'ours', configuration: '' });
    const other = createServer();
    const elsewhere = join(daemon.dir, 'elsewhere.sock');
    await listening(other, elsewhere);
    renameSync(elsewhere, daemon.socket);
    const { ino } = statSync(daemon.socket);
    await waitForLog(daemon, 'was removed, and cannot be made again: another one has taken its place');
    expect(await daemon.stop()).toBe(0);
    expect(statSync(daemon.socket).ino).toBe(ino);
    await new Promise((resolve) => other.close(resolve));
    await daemon[Symbol.asyncDispose]();
  });

  it('is not put in the place of a file or of a link to one', async () => {
    await using daemon = new BackgroundDaemon();
    const target = join(daemon.dir, 'target');
    writeFileSync(target, 'precious');
    symlinkSync(target, daemon.socket);
    const { stderr, exitCode } = await daemon.start();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Error: .*EEXIST.*\nFor help/);
    expect(lstatSync(daemon.socket).isSymbolicLink()).toBe(true);
  });
});

describeAsRoot('chown of the unix socket', () => {
  it('gives it to a user, whose group it does not get, or to a user and a group', async () => {
    for (const [chown, uid, gid] of [
      ['nobody', 65534, process.getgid?.()],
      ['daemon:games', 1, 60],
    ] as const) {
      await using daemon = new BackgroundDaemon();
      const socket = join(daemon.dir, 'owned.sock');
      writeFileSync(
        daemon.configurationFile,
        `[unix_http_server]\nfile=${socket}\nchown=${chown}\nchmod=0770\n[supervisord]\nlogfile=${daemon.logfile}\npidfile=${daemon.pidfile}\n`,
      );
      expect((await daemon.start()).exitCode).toBe(0);
      expect(lstatSync(socket)).toMatchObject({ uid, gid, mode: 0o140770 });
    }
  });

  it('fails with one line when the daemon may not give it away', async () => {
    await using daemon = new BackgroundDaemon();
    writeFileSync(
      daemon.configurationFile,
      `[unix_http_server]\nfile=${daemon.socket}\nchown=daemon\n[supervisord]\nlogfile=${daemon.logfile}\npidfile=${daemon.pidfile}\n`,
    );
    chownSync(daemon.dir, 65534, 65534);
    const { stderr, exitCode } = await daemon.start([], {
      prefix: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'],
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      new RegExp(
        `^Error: Not permitted to chown ${daemon.socket} to uid/gid \\(1, -?\\d+\\); adjust "sockchown" value in config file or on command line to values that the current user \\(nobody\\) can successfully chown\\nFor help`,
      ),
    );
    expect((await execa('ls', [daemon.dir])).stdout).toBe('supervisord.conf');
  });
});

describe('user name and password', () => {
  const digest = createHash('sha1').update('pass:word').digest('hex');
  for (const [kind, password] of [
    ['plain', 'pass:word'],
    ['{SHA}', `{SHA}${digest}`],
  ] as const) {
    it(`are asked for, ${kind}`, async () => {
      await using daemon = await startDaemon({
        implementation: 'ours',
        configuration: '',
        credentials: `username=admin\npassword=${password}\n`,
      });
      await waitForLog(daemon, 'supervisord started');
      expect(daemon.logText()).not.toContain('without any HTTP authentication checking');
      const ctl = (...words: string[]): Promise<{ stdout: string; exitCode?: number }> =>
        execa(`${process.cwd()}/bin/supervisorctl`, ['-s', `unix://${daemon.socket}`, ...words], {
          reject: false,
          input: '',
        });
      expect((await ctl('-u', 'admin', '-p', 'pass:word', 'pid')).stdout).toBe(String(daemon.pid));
      for (const wrong of [
        ['-u', 'admin', '-p', 'wrong'],
        ['-u', 'root', '-p', 'pass:word'],
        ['-u', 'admin', '-p', password === 'pass:word' ? '' : password],
      ]) {
        expect((await ctl(...wrong, 'pid')).stdout).not.toContain(String(daemon.pid));
      }
    });
  }
});

describe('several servers', () => {
  it('serve at once, each to those who know its own password', async () => {
    const [open, closed] = [await freePort(), await freePort()];
    await using daemon = await startDaemon({
      implementation: 'ours',
      configuration: [
        `[inet_http_server]\nport=127.0.0.1:${open}\n`,
        `[inet_http_server:two]\nport=127.0.0.1:${closed}\nusername=u\npassword=p\n`,
      ].join(''),
    });
    const pidFrom = async (url: string, ...login: string[]): Promise<string> =>
      (await daemon.ctl('ours', ['-s', url, ...login, 'pid'])).stdout;
    const pid = `${daemon.pid}\n`;
    expect(await pidFrom(`unix://${daemon.socket}`)).toBe(pid);
    expect(await pidFrom(`http://127.0.0.1:${open}`)).toBe(pid);
    expect(await pidFrom(`http://127.0.0.1:${closed}`, '-u', 'u', '-p', 'p')).toBe(pid);
    expect(await pidFrom(`http://127.0.0.1:${closed}`)).toBe('Server requires authentication\n');
    await waitForLog(daemon, "Server 'inet_http_server' running without any HTTP authentication checking");
    expect(daemon.logText()).not.toContain("Server 'inet_http_server:two' running");
  });
});

describe('a TCP port', () => {
  let blocker: Server | undefined;
  afterEach(() => {
    blocker?.close();
  });

  it('that is in use ends the start with one line, and without a trace', async () => {
    blocker = createServer();
    const port = await listening(blocker, { host: '127.0.0.1', port: 0 });
    await using daemon = new Daemon({
      implementation: 'ours',
      configuration: `[inet_http_server]\nport=127.0.0.1:${port}\n`,
    });
    await daemon.start();
    expect(await daemon.ended()).toBe(2);
    expect(daemon.output).toMatch(
      /^Error: Another program is already listening on a port .*\nFor help, .*\n$/,
    );
    expect((await execa('ls', [daemon.dir])).stdout).toBe('supervisord.conf');
  });
});

function listening(
  server: Server,
  where: string | { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
