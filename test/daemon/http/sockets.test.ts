import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import process, { umask } from 'node:process';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { HttpServerSettings } from '../../../conf/settings.ts';
import { type HttpServers, openHttpServers } from '../../../daemon/http/server.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { freePort } from '../../support/free-port.ts';
import { rpcRequest, unixServer } from '../../support/http-servers.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { RawConnection } from '../../support/raw-connection.ts';
import { waitFor } from '../../support/wait-for.ts';

const inUse =
  'Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this program down first before starting supervisord.';

let directory: string;
let file: string;
let warnings: string[];
let opened: HttpServers[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sockets-'));
  file = join(directory, 'sock');
  warnings = [];
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((servers) => servers.close()));
  rmSync(directory, { recursive: true });
});

async function open(...settings: HttpServerSettings[]): Promise<HttpServers> {
  const servers = await openHttpServers(settings, (line) => warnings.push(line));
  opened.push(servers);
  return servers;
}

function inetServer(host: string, port: number): HttpServerSettings {
  return { section: 'inet_http_server', type: 'inet', host, port, credentials: undefined };
}

/** What a server that was killed leaves behind. */
async function leaveStaleSocket(): Promise<void> {
  const server = createServer();
  const other = join(directory, 'other');
  await new Promise<void>((resolve) => server.listen(other, resolve));
  linkSync(other, file);
  await new Promise((resolve) => server.close(resolve));
}

describe('a unix socket', () => {
  for (const chmod of [0o700, 0o770, 0o666, 0o600]) {
    it(`has mode ${chmod.toString(8)} if told so, whatever the umask`, async () => {
      const before = umask(0o077);
      await open(unixServer(file, { chmod }));
      expect(umask(before)).toBe(0o077);
      expect(statSync(file).mode & 0o7777).toBe(chmod);
      expect(readdirSync(directory)).toEqual(['sock']);
    });
  }

  it('is removed when the server closes', async () => {
    const servers = await open(unixServer(file));
    await servers.close();
    expect(existsSync(file)).toBe(false);
  });

  it('that has become another server’s is left alone when the server closes', async () => {
    const servers = await open(unixServer(file));
    unlinkSync(file);
    await open(unixServer(file));
    await servers.close();
    expect(lstatSync(file).isSocket()).toBe(true);
  });

  it('on which a server listens is refused, and stays', async () => {
    (await open(unixServer(file))).serve(fakeRpcContext());
    await expect(open(unixServer(file))).rejects.toThrow(inUse);
    expect(readdirSync(directory)).toEqual(['sock']);
    const connection = await RawConnection.open({ path: file });
    connection.send(rpcRequest('supervisor.getPID', [], 'Connection: close\r\n'));
    expect(await connection.untilClosed()).toContain('4242');
  });

  it('that a dead server left is taken over', async () => {
    await leaveStaleSocket();
    expect(lstatSync(file).isSocket()).toBe(true);
    (await open(unixServer(file))).serve(fakeRpcContext());
    expect(warnings).toEqual([`Unlinking stale socket ${file}`]);
    const connection = await RawConnection.open({ path: file });
    connection.close();
  });

  it('is had by one of many who want it at once', async () => {
    await leaveStaleSocket();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, number) =>
        open(unixServer(file, { section: `unix_http_server:${number}` })),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not put in the place of a file that is no socket', async () => {
    writeFileSync(file, 'precious');
    await expect(open(unixServer(file))).rejects.toThrow(
      'Cannot open an HTTP server: socket.error reported errno.EEXIST (17)',
    );
    unlinkSync(file);
    symlinkSync('/dev/null', file);
    await expect(open(unixServer(file))).rejects.toThrow('errno.EEXIST (17)');
    expect(readdirSync(directory)).toEqual(['sock']);
  });

  it('in a directory that is not there is refused', async () => {
    await expect(open(unixServer(join(directory, 'no/sock')))).rejects.toThrow(
      /^Cannot open an HTTP server: socket\.error reported errno\.(ENOENT \(2\)|EACCES \(13\))$/,
    );
  });

  const itIfRoot = userInfo().uid === 0 ? it : it.skip;
  itIfRoot('is given to the user and group it is configured for', async () => {
    await open(unixServer(file, { chown: { uid: 1, gid: undefined } }));
    expect(statSync(file)).toMatchObject({ uid: 1, gid: 0 });
  });

  it('that cannot be given away is refused', async () => {
    chmodSync(directory, 0o777);
    // Root may give anything to anybody.
    const backToRoot = becomeNobody();
    try {
      await expect(open(unixServer(file, { chown: { uid: 0, gid: undefined } }))).rejects.toThrow(
        `Not permitted to chown ${file} to uid/gid (0, -1); adjust "sockchown" value in config file or on command line to values that the current user (${userInfo().username}) can successfully chown`,
      );
    } finally {
      backToRoot();
    }
    expect(readdirSync(directory)).toEqual([]);
  });
});

/** Makes a test that root runs act as an ordinary user, until the returned function is called. */
function becomeNobody(): () => void {
  if (process.geteuid?.() !== 0) return () => {};
  process.seteuid?.(65534);
  return () => process.seteuid?.(0);
}

describe('a TCP server', () => {
  for (const host of ['127.0.0.1', 'localhost', '', '*']) {
    it(`listens on "${host}"`, async () => {
      const port = await freePort();
      (await open(inetServer(host, port))).serve(fakeRpcContext([], { level: 'trace' }));
      const connection = await RawConnection.open({ host: '127.0.0.1', port });
      connection.send(rpcRequest('supervisor.getPID', [], 'Connection: close\r\n'));
      expect(await connection.untilClosed()).toContain('4242');
    });
  }

  it('listens on an IPv6 address in brackets, where there is IPv6', async () => {
    const port = await freePort();
    try {
      await open(inetServer('[::1]', port));
    } catch (error) {
      expect(String(error)).toMatch(/EADDRNOTAVAIL|EAFNOSUPPORT/);
      return;
    }
    (await RawConnection.open({ host: '::1', port })).close();
  });

  it('on a port that is taken is refused, and the servers before it are closed', async () => {
    const port = await freePort();
    await open(inetServer('127.0.0.1', port));
    await expect(open(unixServer(file), inetServer('127.0.0.1', port))).rejects.toThrow(inUse);
    expect(existsSync(file)).toBe(false);
  });

  it('on a host that is nowhere is refused', async () => {
    await expect(open(inetServer('no-such-host.invalid', 1))).rejects.toThrow(
      /^Cannot open an HTTP server: socket\.error reported -[23]$/,
    );
    await expect(open(inetServer('192.0.2.1', await freePort()))).rejects.toThrow(
      'Cannot open an HTTP server: socket.error reported errno.EADDRNOTAVAIL (99)',
    );
  });
});

describe('a server with as many connections as it takes', () => {
  it('closes further ones at once, says so once, and serves again when some have gone', async () => {
    const context = fakeRpcContext();
    (await open(unixServer(file))).serve(context);
    const held: RawConnection[] = [];
    for (let count = 0; count < 512; count += 1) held.push(await RawConnection.open({ path: file }));
    await waitFor(async () => {
      const further = await RawConnection.open({ path: file });
      return (await further.untilClosed()) === '';
    });
    await (await RawConnection.open({ path: file })).untilClosed();
    expect(context.lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: unix_http_server: more than 512 connections; the others are closed at once',
    ]);
    for (const connection of held) connection.close();
    await waitFor(async () => {
      const connection = await RawConnection.open({ path: file });
      connection.send(rpcRequest('supervisor.getPID', [], 'Connection: close\r\n'));
      return (await connection.untilClosed()).includes('4242');
    });
  });
});

describe('serving', () => {
  it('answers the requests that came before', async () => {
    const servers = await open(unixServer(file));
    const connection = await RawConnection.open({ path: file });
    connection.send(rpcRequest('supervisor.getPID'));
    const context = fakeRpcContext();
    servers.serve(context);
    await connection.until('4242');
    connection.close();
    expect(context.lines).toEqual([
      "info: RPC interface 'supervisor' initialized",
      "critical: Server 'unix_http_server' running without any HTTP authentication checking",
    ]);
  });

  it('does not complain of a server with a password', async () => {
    const context = fakeRpcContext();
    const credentials = { username: 'u', password: { type: 'plain', text: 'p' } } as const;
    (await open(unixServer(file, { credentials }))).serve(context);
    expect(context.lines).toEqual(["info: RPC interface 'supervisor' initialized"]);
  });
});

describe('closing', () => {
  it('does not wait for idle connections, half a request, or followed logs', async () => {
    const log = join(directory, 'web.log');
    writeFileSync(log, 'line\n');
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])]);
    context.supervisor.process('web').logfiles = { stdout: log, stderr: undefined };
    const servers = await open(unixServer(file));
    servers.serve(context);
    const idle = await RawConnection.open({ path: file });
    const half = await RawConnection.open({ path: file });
    half.send('POST /RPC2 HTTP/1.1\r\n');
    const tail = await RawConnection.open({ path: file });
    tail.send('GET /logtail/web HTTP/1.1\r\n\r\n');
    await tail.until('line\n');
    {
      // Its patience has no end.
      const { setTimeout } = globalThis;
      using timers = jest.spyOn(globalThis, 'setTimeout');
      timers.mockImplementation((body) => setTimeout(body, 1e9).unref());
      await servers.close();
    }
    for (const connection of [idle, half, tail]) await connection.untilClosed();
  });

  it('sends the answers that are on their way', async () => {
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])]);
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    context.supervisor.process('web').run().stopOutcome = promise;
    const servers = await open(unixServer(file));
    servers.serve(context);
    const connection = await RawConnection.open({ path: file });
    connection.send(rpcRequest('supervisor.stopProcess', ['web']));
    await waitFor(() => context.supervisor.asked.length === 1, { what: 'the stop' });
    const closing = servers.close();
    resolve({ type: 'stopped' });
    expect(await connection.untilClosed()).toContain('<boolean>1</boolean>');
    await closing;
  });

  it('gives up on answers that do not come', async () => {
    const context = fakeRpcContext([groupSettings('web', [{ name: 'web' }])]);
    context.supervisor.process('web').run().stopOutcome = new Promise(() => {});
    const servers = await open(unixServer(file));
    servers.serve(context);
    const connection = await RawConnection.open({ path: file });
    connection.send(rpcRequest('supervisor.stopProcess', ['web']));
    await waitFor(() => context.supervisor.asked.length === 1, { what: 'the stop' });
    await servers.close();
    expect(await connection.untilClosed()).toBe('');
  });
});
