/** Servers that do what a server can do to a client, byte for byte. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { Client } from '../../../ctl/client.ts';
import { ConnectionFailure, HttpFailure } from '../../../ctl/failures.ts';
import { encodeResponse } from '../../../rpc/xmlrpc.ts';

const nobody = { username: undefined, password: undefined };
const body = encodeResponse(42);
const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface RawServer extends AsyncDisposable {
  readonly serverurl: string;
  /** Requests that came, with the number of their connection. */
  readonly requests: readonly { readonly connection: number; readonly text: string }[];
}

/** Does something for each request, which comes in one piece. */
async function serve(onRequest: (socket: Socket, text: string) => void): Promise<RawServer> {
  const dir = mkdtempSync(join(tmpdir(), 'raw-server-'));
  const requests: { connection: number; text: string }[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      requests.push({ connection, text: bytes.toString() });
      onRequest(socket, bytes.toString());
    });
  });
  const path = join(dir, 's.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    serverurl: `unix://${path}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

describe('a request', () => {
  it('says what it has to, and no more', async () => {
    await using server = await serve((socket) => socket.write(answer));
    using client = new Client(server.serverurl, { username: 'me', password: 'secret' });
    expect(await client.call('m', 'é')).toBe(42);
    const [head, sent = ''] = (server.requests[0]?.text ?? '').split('\r\n\r\n');
    expect(head?.split('\r\n')).toEqual([
      'POST /RPC2 HTTP/1.1',
      'Host: localhost',
      'User-Agent: supervisorctl',
      'Authorization: Basic bWU6c2VjcmV0',
      'Content-Type: text/xml',
      'Accept: text/xml',
      `Content-Length: ${Buffer.byteLength(sent)}`,
      'Connection: keep-alive',
    ]);
    expect(sent).toContain('<string>é</string>');
  });

  it('takes a connection of its own while another one waits', async () => {
    const waiting: Socket[] = [];
    await using server = await serve((socket) => {
      waiting.push(socket);
      if (waiting.length === 2) for (const one of waiting) one.write(answer);
    });
    using client = new Client(server.serverurl, nobody);
    expect(await Promise.all([client.call('a'), client.call('b')])).toEqual([42, 42]);
    expect(server.requests.map(({ connection }) => connection).sort()).toEqual([1, 2]);
  });

  it('goes over a new connection where the server has closed the old one', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await serve((socket) => {
      socket.on('close', () => closed.resolve());
      socket.end(answer);
    });
    using client = new Client(server.serverurl, nobody);
    expect(await client.call('a')).toBe(42);
    await closed.promise;
    expect(await client.call('b')).toBe(42);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('is sent again over a new connection where the old one turns out to be closed', async () => {
    const sockets: Socket[] = [];
    await using server = await serve((socket) => {
      sockets.push(socket);
      socket.write(answer);
    });
    using client = new Client(server.serverurl, nobody);
    expect(await client.call('a')).toBe(42);
    sockets[0]?.destroy();
    expect(await client.call('b')).toBe(42);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('is not sent again where the server may have seen it', async () => {
    await using server = await serve((socket, text) => {
      if (text.includes('first')) socket.write(answer);
      else socket.end();
    });
    using client = new Client(server.serverurl, nobody);
    await client.call('first');
    await expect(client.call('second')).rejects.toThrow('the server closed the connection without an answer');
    expect(server.requests).toHaveLength(2);
  });
});

describe('an answer', () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ['that never begins', '', 'the server closed the connection without an answer'],
    ['that stops within its head', 'HTTP/1.1 200', 'the server closed the connection without an answer'],
    ['that stops within its body', answer.slice(0, -1), 'the server closed the connection without an answer'],
    [
      'that stops between its chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
      'the server closed the connection without an answer',
    ],
    ['of another protocol', '+OK POP3 ready\r\n\r\n', 'the server does not speak HTTP'],
  ];
  for (const [what, bytes, reason] of broken) {
    it(`${what} is a failure of the connection`, async () => {
      await using server = await serve((socket) => socket.end(bytes));
      using client = new Client(server.serverurl, nobody);
      const failure = client.call('m');
      await expect(failure).rejects.toThrow(ConnectionFailure);
      await expect(failure).rejects.toThrow(`${server.serverurl}: ${reason}`);
    });
  }

  it('that nobody asked for costs the connection, not the next call', async () => {
    await using server = await serve((socket) => socket.write(answer + answer));
    using client = new Client(server.serverurl, nobody);
    expect(await client.call('a')).toBe(42);
    expect(await client.call('b')).toBe(42);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('may end with the connection', async () => {
    await using server = await serve((socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${body}`));
    using client = new Client(server.serverurl, nobody);
    expect(await client.call('m')).toBe(42);
  });
});

describe('a log that is followed', () => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

  it('comes as it is written, until it is aborted', async () => {
    let send: (text: string) => void = () => undefined;
    await using server = await serve((socket) => {
      send = (text) => void socket.write(text);
      send(`${head}3\r\none\r\n`);
    });
    using client = new Client(server.serverurl, nobody);
    const controller = new AbortController();
    const chunks: string[] = [];
    const following = (async () => {
      for await (const chunk of await client.follow('/logtail/a', controller.signal)) {
        chunks.push(Buffer.from(chunk).toString());
        if (chunks.length === 1) send('3\r\ntwo\r\n');
        else controller.abort();
      }
    })();
    await expect(following).rejects.toThrow('aborted');
    expect(chunks).toEqual(['one', 'two']);
    expect(server.requests[0]?.text).toMatch(/^GET \/logtail\/a HTTP\/1\.1\r\n/);
  });

  it('is not asked for where it is aborted before', async () => {
    await using server = await serve(() => undefined);
    using client = new Client(server.serverurl, nobody);
    await expect(client.follow('/x', AbortSignal.abort())).rejects.toThrow(ConnectionFailure);
    expect(server.requests).toEqual([]);
  });

  it('is left where the server refuses it', async () => {
    await using server = await serve((socket) =>
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n'),
    );
    using client = new Client(server.serverurl, nobody);
    await expect(client.follow('/x', new AbortController().signal)).rejects.toThrow(HttpFailure);
  });

  it('that is refused leaves the next call alone', async () => {
    await using server = await serve((socket, text) =>
      socket.write(text.startsWith('GET') ? 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno' : answer),
    );
    using client = new Client(server.serverurl, nobody);
    const { signal } = new AbortController();
    await expect(client.follow('/x', signal)).rejects.toThrow(HttpFailure);
    expect(await client.call('m')).toBe(42);
  });

  it('breaks off in one way, whatever the server does', async () => {
    for (const end of ['', 'ZZ\r\nno number\r\n']) {
      await using server = await serve((socket) => socket.end(`${head}3\r\none\r\n${end}`));
      using client = new Client(server.serverurl, nobody);
      const log = await client.follow('/x', new AbortController().signal);
      await expect(Array.fromAsync(log)).rejects.toMatchObject({ code: 'ECONNRESET' });
    }
  });

  it('waits for a slow reader rather than being read into memory', async () => {
    const line = `${'x'.repeat(65_536)}`;
    let sent = 0;
    let isFull = false;
    const full = Promise.withResolvers<void>();
    await using server = await serve((socket) => {
      socket.write(head);
      const more = (): void => {
        while (!isFull) {
          sent += line.length;
          isFull = !socket.write(`10000\r\n${line}\r\n`);
        }
        full.resolve();
      };
      socket.on('drain', () => {
        isFull = false;
        setImmediate(more);
      });
      more();
    });
    using client = new Client(server.serverurl, nobody);
    const stream = await client.follow('/x', new AbortController().signal);
    await full.promise;
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    // A server that writes without end would have been read without end by now.
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isFull).toBe(true);
    const before = sent;
    for (let received = 0; received < before; ) received += (await iterator.next()).value?.length ?? 0;
    expect(sent).toBeGreaterThan(before);
    await iterator.return?.();
  });
});

it('a connection that is only kept does not keep the program alive', async () => {
  await using server = await serve((socket) => socket.write(answer));
  const program = join(import.meta.dirname, '../../fixtures/programs/calls-once.ts');
  const { stdout } = await execa('node', [program, server.serverurl], { preferLocal: true, timeout: 60_000 });
  expect(stdout).toBe('42');
});
