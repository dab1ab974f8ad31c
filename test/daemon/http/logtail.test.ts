import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath, memoryUsage } from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { TestServer } from '../../support/http-servers.ts';
import { groupSettings } from '../../support/process-settings.ts';
import type { RawConnection } from '../../support/raw-connection.ts';
import { waitFor } from '../../support/wait-for.ts';

const rotatesLog = fileURLToPath(new URL('../../fixtures/rotates-log.ts', import.meta.url));
const groups = [
  groupSettings('web', [{ name: 'web' }]),
  groupSettings('pool', [{ name: 'a' }, { name: 'ü%' }]),
];

async function serving(content = ''): Promise<{ server: TestServer; log: string }> {
  const server = await TestServer.open(fakeRpcContext(groups));
  const log = join(server.directory, 'web.log');
  writeFileSync(log, content);
  server.context.supervisor.process('web').logfiles = { stdout: log, stderr: undefined };
  return { server, log };
}

/** Follows over HTTP/1.0, where the body is nothing but the log. */
async function follow(server: TestServer, url = '/logtail/web'): Promise<RawConnection> {
  const connection = await server.send(`GET ${url} HTTP/1.0\r\n\r\n`);
  await connection.until('\r\n\r\n');
  return connection;
}

function body(connection: RawConnection): string {
  return connection.received.slice(connection.received.indexOf('\r\n\r\n') + 4);
}

/** Lets the server come to rest: answering takes more turns than looking at a file. */
async function settle(server: TestServer): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    await (await server.send('GET /x HTTP/1.0\r\n\r\n')).untilClosed();
  }
}

describe('following a process log', () => {
  it('sends the headers supervisord sends, then chunks', async () => {
    const { server } = await serving('hello\n');
    await using _ = server;
    const connection = await server.send('GET /logtail/web HTTP/1.1\r\n\r\n');
    const text = await connection.until('hello\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/\r\nLast-Modified: \w{3}, .* GMT\r\n/);
    expect(text).toContain('\r\nContent-Type: text/plain;charset=utf-8\r\n');
    expect(text).toContain('\r\nX-Content-Type-Options: nosniff\r\n');
    expect(text).toContain('\r\nX-Accel-Buffering: no\r\n');
    expect(text).toContain('\r\nTransfer-Encoding: chunked\r\n');
    expect(text.split('\r\n\r\n')[1]).toBe('6\r\nhello\n\r\n');
  });

  it('begins with the last 1,024 bytes', async () => {
    const { server } = await serving(`${'x'.repeat(5000)}${'y'.repeat(1024)}`);
    await using _ = server;
    const connection = await follow(server);
    await connection.until('y'.repeat(1024));
    expect(body(connection)).toBe('y'.repeat(1024));
  });

  it('goes on with what is appended, raw, an empty log too', async () => {
    const { server, log } = await serving();
    await using _ = server;
    const connection = await follow(server);
    for (let number = 0; number < 20; number += 1) {
      appendFileSync(log, `line ${number}\n`);
      await connection.until(`line ${number}\n`);
    }
    appendFileSync(log, Buffer.from([0xff, 0, 0x1b]));
    await connection.until('\xff\0\x1b');
  });

  it('sends stderr, and names in any spelling, if asked', async () => {
    const { server, log } = await serving('out\n');
    await using _ = server;
    const { supervisor } = server.context;
    supervisor.process('ü%', 'pool').logfiles = { stdout: log, stderr: undefined };
    supervisor.process('a', 'pool').logfiles = { stdout: undefined, stderr: log };
    for (const url of [
      '/logtail/pool:a/stderr',
      '/logtail/pool%3Aa/stderr',
      '/logtail/pool:%C3%BC%25',
      '/logtail/web/stdout?x',
    ]) {
      await (await follow(server, url)).until('out\n');
    }
  });

  it('loses nothing when the log is rotated, a thousand times', async () => {
    const { server, log } = await serving();
    await using _ = server;
    const connection = await follow(server);
    const writer = execa(execPath, [rotatesLog, log], { stdin: 'pipe', reject: false });
    let expected = '';
    for (let generation = 0; generation < 1000; generation += 1) {
      writer.stdin.write('\n');
      expected += `last ${generation}\nlate ${generation}\nfirst ${generation + 1}\n`;
      await connection.until(`first ${generation + 1}\n`);
    }
    writer.stdin.end();
    await writer;
    expect(body(connection)).toBe(expected);
  });

  it('waits for a log that was removed to come back', async () => {
    const { server, log } = await serving('old\n');
    await using _ = server;
    const connection = await follow(server);
    await connection.until('old\n');
    for (const text of ['new\n', 'newer\n']) {
      unlinkSync(log);
      await settle(server);
      writeFileSync(log, text);
      await connection.until(text);
    }
    expect(body(connection)).toBe('old\nnew\nnewer\n');
  });

  it('follows another log that is renamed over it, and a link that is set anew', async () => {
    const { server, log } = await serving('old\n');
    await using _ = server;
    const link = join(server.directory, 'link.log');
    symlinkSync(log, link);
    server.context.supervisor.process('web').logfiles = { stdout: log, stderr: link };
    const direct = await follow(server);
    const linked = await follow(server, '/logtail/web/stderr');
    await Promise.all([direct.until('old\n'), linked.until('old\n')]);
    await settle(server);

    const other = join(server.directory, 'other.log');
    writeFileSync(other, 'other\n');
    const newLink = join(server.directory, 'new.link');
    symlinkSync(other, newLink);
    renameSync(newLink, link);
    await linked.until('other\n');
    renameSync(other, log);
    await direct.until('other\n');
  });

  it('says so when the log is truncated, and goes on from its start', async () => {
    const { server, log } = await serving('a long line that is there\n');
    await using _ = server;
    const connection = await follow(server);
    await connection.until('there\n');
    truncateSync(log, 0);
    await connection.until('==> File truncated <==\n');
    appendFileSync(log, 'new\n');
    await connection.until('new\n');
    expect(body(connection)).toBe('a long line that is there\n==> File truncated <==\nnew\n');
  });

  it('waits for a slow reader, and takes no more memory for it', async () => {
    const { server, log } = await serving();
    await using _ = server;
    const connection = await follow(server);
    connection.socket.pause();
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    const before = memoryUsage();
    const file = openSync(log, 'a');
    const megabytes = 48;
    for (let count = 0; count < megabytes; count += 1) {
      writeSync(file, megabyte);
      // The server has its turn.
      await new Promise(setImmediate);
    }
    writeSync(file, 'end\n');
    closeSync(file);
    await (await server.send('GET /x HTTP/1.0\r\n\r\n')).untilClosed();
    const after = memoryUsage();
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(
      16 * 1024 * 1024,
    );
    connection.socket.resume();
    const length = megabytes * megabyte.length + 4;
    // To look for the end in what has come so far would cost more than to receive it.
    await waitFor(() => connection.socket.bytesRead > length && connection.received.endsWith('end\n'), {
      what: 'the end',
    });
    expect(body(connection)).toHaveLength(length);
  });

  it('ends when the client goes', async () => {
    const { server, log } = await serving('x');
    await using _ = server;
    for (let count = 0; count < 20; count += 1) {
      const connection = await follow(server);
      await connection.until('x');
      // A client that closes only its side of a silent log cannot be told from one that has gone.
      if (count % 2 === 0) connection.socket.end();
      else connection.close();
      await connection.untilClosed();
    }
    appendFileSync(log, 'y');
    await (await follow(server)).until('xy');
  });

  it('does not complain of a client that goes while the log grows', async () => {
    const { server, log } = await serving('x');
    await using _ = server;
    for (let count = 0; count < 20; count += 1) {
      const connection = await follow(server);
      await connection.until('x');
      connection.socket.pause();
      appendFileSync(log, Buffer.alloc(1024 * 1024, 'x'));
      // The server is in the middle of a write.
      await settle(server);
      connection.close();
      await settle(server);
    }
    expect(server.context.lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  const missing = [
    '/logtail',
    '/logtail/',
    '/logtail/nosuch',
    '/logtail/pool',
    '/logtail/pool:*',
    '/logtail/pool:a',
    '/logtail/web/',
    '/logtail/web/stderr',
    '/logtail/web/stdin',
    '/logtail/web/__proto__',
    '/logtail/web/stdout/x',
    '/logtail/%zz',
    '/logtail/..%2fweb.log',
    '/logtail/%2e%2e/web.log',
    '/logtail/constructor',
  ];
  for (const url of missing) {
    it(`answers 404 to ${url}`, async () => {
      const { server } = await serving('secret');
      await using _ = server;
      const connection = await server.send(`GET ${url} HTTP/1.1\r\n\r\n`);
      expect(await connection.until('</body>')).toContain('404 Not Found');
    });
  }

  it('answers 404 when the log is not there, or is no regular file', async () => {
    const { server, log } = await serving();
    await using _ = server;
    for (const path of [`${log}.nosuch`, '/dev/null', server.directory, server.file]) {
      server.context.supervisor.process('web').logfiles = { stdout: path, stderr: undefined };
      const connection = await server.send('GET /logtail/web HTTP/1.1\r\n\r\n');
      expect(await connection.until('</body>')).toContain('404 Not Found');
    }
  });

  it('goes on while the daemon shuts down', async () => {
    const { server } = await serving('x');
    await using _ = server;
    server.context.supervisor.state = 'SHUTDOWN';
    await (await follow(server)).until('x');
  });
});

describe('following the main log', () => {
  it('sends it, without the header for proxies', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mainlogtail-'));
    const path = join(directory, 'main.log');
    writeFileSync(path, 'main\n');
    const activityLog = { path, clear: () => {}, flush: () => Promise.resolve() };
    await using server = await TestServer.open(fakeRpcContext([], { activityLog }));
    const connection = await server.send('GET /mainlogtail HTTP/1.1\r\n\r\n');
    const text = await connection.until('main\n');
    expect(text).toContain('Content-Type: text/plain;charset=utf-8');
    expect(text).not.toContain('X-Accel-Buffering');
    appendFileSync(path, 'more\n');
    await connection.until('more\n');
    rmSync(directory, { recursive: true });
  });

  it('ends when the client closes its side before the log is open', async () => {
    const { promise: flushed, resolve: flush } = Promise.withResolvers<void>();
    const directory = mkdtempSync(join(tmpdir(), 'mainlogtail-'));
    const path = join(directory, 'main.log');
    writeFileSync(path, 'main\n');
    const activityLog = { path, clear: () => {}, flush: () => flushed };
    await using server = await TestServer.open(fakeRpcContext([], { activityLog }));
    const connection = await server.send('GET /mainlogtail HTTP/1.1\r\n\r\n');
    connection.socket.end();
    await settle(server);
    flush();
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    rmSync(directory, { recursive: true });
  });

  it('answers 404 when it goes elsewhere than to a file', async () => {
    await using server = await TestServer.open();
    const connection = await server.send('GET /mainlogtail HTTP/1.1\r\n\r\n');
    expect(await connection.until('</body>')).toContain('404 Not Found');
  });
});
