import { describe, expect, it } from '@jest/globals';
import { maxPipelined } from '../../../daemon/http/connections.ts';
import { encodeCall } from '../../../rpc/xmlrpc.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { rpcRequest, TestServer } from '../../support/http-servers.ts';
import { groupSettings } from '../../support/process-settings.ts';
import { waitFor } from '../../support/wait-for.ts';

const groups = [groupSettings('web', [{ name: 'web' }])];
const end = '</methodResponse>\n';

describe('answers', () => {
  it('are as supervisord’s, header by header', async () => {
    await using server = await TestServer.open();
    const connection = await server.send(rpcRequest('supervisor.getPID'));
    const text = await connection.until(end);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/\r\nServer: supervisord\/0\.1\.0\r\n/);
    expect(text).toMatch(/\r\nContent-Type: text\/xml\r\n/);
    expect(text).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    const [, body = ''] = text.split('\r\n\r\n');
    expect(text).toContain(`\r\nContent-Length: ${body.length}\r\n`);
    expect(body).toContain('<value><int>4242</int></value>');
  });

  it('count their length in bytes', async () => {
    await using server = await TestServer.open(fakeRpcContext(groups));
    const connection = await server.send(rpcRequest('supervisor.stopProcess', ['grün']));
    const text = await connection.until(end);
    const [, body = ''] = text.split('\r\n\r\n');
    expect(text).toContain(`\r\nContent-Length: ${body.length}\r\n`);
    expect(Buffer.from(body, 'latin1').toString()).toContain('BAD_NAME: grün');
  });

  it('to errors have the page supervisord sends', async () => {
    await using server = await TestServer.open();
    const connection = await server.send('GET /nosuch HTTP/1.1\r\n\r\n');
    const text = await connection.until('</body>\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(text).toContain('Content-Type: text/html\r\n');
    expect(text.split('\r\n\r\n')[1]).toBe(
      '<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n<p>Error code 404.\r\n<p>Message: Not Found.\r\n</body>\r\n',
    );
  });
});

describe('a request', () => {
  const statuses: readonly [string, string, number][] = [
    ['to RPC2 with another method', 'GET /RPC2 HTTP/1.1\r\n\r\n', 400],
    ['to a longer URI than RPC2', 'POST /RPC2/x HTTP/1.1\r\nContent-Length: 1\r\n\r\nx', 400],
    ['to logtail with another method', 'POST /logtail/web HTTP/1.1\r\nContent-Length: 1\r\n\r\nx', 400],
    ['to mainlogtail with another method', 'PUT /mainlogtail HTTP/1.1\r\n\r\n', 400],
    ['for a file with another method', 'DELETE /x HTTP/1.1\r\n\r\n', 400],
    ['for a page with HEAD', 'HEAD / HTTP/1.1\r\n\r\n', 200],
    ['of unknown length', 'POST /RPC2 HTTP/1.1\r\n\r\n', 411],
    ['of unknown length with a body', 'POST /RPC2 HTTP/1.1\r\n\r\n<methodCall/>', 411],
    ['without a body', 'POST /RPC2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n', 400],
    ['whose body is no call', 'POST /RPC2 HTTP/1.1\r\nContent-Length: 3\r\n\r\n<a>', 400],
    ['with a length that is no number', 'POST /RPC2 HTTP/1.1\r\nContent-Length: x\r\n\r\n', 400],
    ['with a negative length', 'POST /RPC2 HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 400],
    ['with too long a body', 'POST /RPC2 HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n', 413],
    ['with too long a header', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['line that is none', 'nonsense\r\n\r\n', 400],
    ['line without a version', 'GET /RPC2\r\n\r\n', 400],
    ['line with lower-case http', 'GET / http/1.1\r\n\r\n', 400],
    ['with TLS', '\x16\x03\x01\x00\x05', 400],
  ];
  for (const [what, text, status] of statuses) {
    it(`${what} gets ${status}`, async () => {
      await using server = await TestServer.open();
      const connection = await server.send(text);
      expect(await connection.until('\r\n\r\n')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    });
  }

  it('needs no blank after the colon of a header, and no Host', async () => {
    await using server = await TestServer.open();
    const body = encodeCall('supervisor.getPID', []);
    const connection = await server.send(
      `POST /RPC2 HTTP/1.1\r\ncontent-length:${body.length}\r\n\r\n${body}`,
    );
    expect(await connection.until(end)).toContain('200 OK');
  });

  it('may come in chunks, and byte by byte', async () => {
    await using server = await TestServer.open();
    const body = encodeCall('supervisor.getPID', []);
    const connection = await server.send('POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const character of body) connection.send(`1\r\n${character}\r\n`);
    connection.send('0\r\n\r\n');
    expect(await connection.until(end)).toContain('200 OK');
  });

  it('in chunks is limited like any other', async () => {
    await using server = await TestServer.open();
    const connection = await server.send('POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
    for (let count = 0; count < 17; count += 1) connection.send(chunk);
    expect(await connection.until('\r\n\r\n')).toContain('413 Payload Too Large');
  });

  it('may ask to be told to continue', async () => {
    await using server = await TestServer.open();
    const [header = '', body = ''] = rpcRequest('supervisor.getPID', [], 'Expect: 100-continue\r\n').split(
      '\r\n\r\n',
    );
    const connection = await server.send(`${header}\r\n\r\n`);
    await connection.until('HTTP/1.1 100 Continue\r\n\r\n');
    connection.send(body);
    expect(await connection.until(end)).toContain('200 OK');
  });

  it('from a page of another site is refused', async () => {
    await using server = await TestServer.open();
    const foreign = await server.send(
      rpcRequest('supervisor.shutdown', [], 'Origin: http://evil.example\r\n'),
    );
    expect(await foreign.until('\r\n\r\n')).toContain('403 Forbidden');
    const own = await server.send(rpcRequest('supervisor.getPID', [], 'Origin: http://localhost\r\n'));
    expect(await own.until('\r\n\r\n')).toContain('200 OK');
    expect(server.context.supervisor.asked).toEqual([]);
  });
});

describe('a connection', () => {
  it('is kept for further requests', async () => {
    await using server = await TestServer.open();
    const connection = await server.send(rpcRequest('supervisor.getPID'));
    await connection.until(end);
    connection.received = '';
    connection.send(rpcRequest('supervisor.getIdentification'));
    expect(await connection.until(end)).toContain('<string>supervisor</string>');
  });

  it('is closed if the request says so', async () => {
    await using server = await TestServer.open();
    const connection = await server.send(rpcRequest('supervisor.getPID', [], 'Connection: close\r\n'));
    expect(await connection.untilClosed()).toContain(end);
  });

  it('of HTTP/1.0 is closed, or kept if the request says so', async () => {
    await using server = await TestServer.open();
    const request = rpcRequest('supervisor.getPID').replace('HTTP/1.1', 'HTTP/1.0');
    expect(await (await server.send(request)).untilClosed()).toContain(end);
    const kept = await server.send(request.replace('\r\n', '\r\nConnection: Keep-Alive\r\n'));
    expect(await kept.until(end)).toMatch(/\r\nConnection: keep-alive\r\n/i);
    kept.received = '';
    kept.send(request);
    expect(await kept.untilClosed()).toContain(end);
  });

  it('takes pipelined requests, and answers them in order', async () => {
    const context = fakeRpcContext(groups);
    await using server = await TestServer.open(context);
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    context.supervisor.process('web').run().stopOutcome = promise;
    const connection = await server.send(
      rpcRequest('supervisor.stopProcess', ['web']) +
        rpcRequest('supervisor.getPID') +
        rpcRequest('supervisor.getIdentification'),
    );
    await waitFor(() => context.supervisor.asked.length === 1, { what: 'the stop' });
    expect(connection.received).toBe('');
    resolve({ type: 'stopped' });
    const text = await connection.until('<string>supervisor</string>');
    expect([...text.matchAll(/<value>.*<\/value>/g)].map(String)).toEqual([
      '<value><boolean>1</boolean></value>',
      '<value><int>4242</int></value>',
      '<value><string>supervisor</string></value>',
    ]);
  });

  it('that goes on with nonsense has its answers first', async () => {
    const context = fakeRpcContext(groups);
    await using server = await TestServer.open(context);
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    context.supervisor.process('web').run().stopOutcome = promise;
    const connection = await server.send(
      `${rpcRequest('supervisor.stopProcess', ['web'])}${rpcRequest('supervisor.getPID')}nonsense\r\n\r\n`,
    );
    await waitFor(() => context.supervisor.asked.length === 1, { what: 'the stop' });
    connection.send('more of it');
    resolve({ type: 'stopped' });
    const text = await connection.untilClosed();
    expect(text).toContain('<boolean>1</boolean>');
    expect(text).toContain('<int>4242</int>');
    expect(text.endsWith(end)).toBe(true);
  });

  it('with far more requests than its client waits for is closed', async () => {
    const context = fakeRpcContext(groups);
    await using server = await TestServer.open(context);
    context.supervisor.process('web').run().stopOutcome = new Promise(() => {});
    const stop = rpcRequest('supervisor.stopProcess', ['web']);
    const patient = await server.send(stop.repeat(maxPipelined));
    await waitFor(() => context.supervisor.asked.length === maxPipelined, { what: 'the stops' });
    expect(patient.isClosed).toBe(false);
    patient.send(stop);
    expect(await patient.untilClosed()).toBe('');
    expect(context.supervisor.asked.length).toBe(maxPipelined);
  });

  it('whose client has closed its side gets its answer, a late one too', async () => {
    const context = fakeRpcContext(groups);
    await using server = await TestServer.open(context);
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    context.supervisor.process('web').run().stopOutcome = promise;
    const connection = await server.connect();
    connection.socket.end(rpcRequest('supervisor.stopProcess', ['web']));
    await waitFor(() => context.supervisor.asked.length === 1, { what: 'the stop' });
    resolve({ type: 'stopped' });
    expect(await connection.until(end)).toContain('<boolean>1</boolean>');
  });

  it('whose client goes while the answer is due costs nothing more', async () => {
    const context = fakeRpcContext(groups);
    await using server = await TestServer.open(context);
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    context.supervisor.process('web').run().stopOutcome = promise;
    const gone = await server.send(rpcRequest('supervisor.stopProcess', ['web']));
    await waitFor(() => context.supervisor.asked.length === 1, { what: 'the stop' });
    gone.close();
    const other = await server.send(rpcRequest('supervisor.getPID'));
    await other.until(end);
    resolve({ type: 'stopped' });
    other.received = '';
    other.send(rpcRequest('supervisor.getPID'));
    await other.until(end);
    expect(context.lines.filter((line) => line.includes('Error'))).toEqual([]);
  });

  it('that breaks off in the midst of a body is forgotten', async () => {
    await using server = await TestServer.open();
    const connection = await server.send(rpcRequest('supervisor.shutdown').slice(0, -20));
    connection.socket.end();
    await connection.untilClosed();
    expect(server.context.supervisor.asked).toEqual([]);
  });
});

describe('the server', () => {
  it('answers 500 and says why when a method fails unexpectedly', async () => {
    const context = fakeRpcContext([], {
      reload: () => {
        throw new Error('no such luck');
      },
    });
    await using server = await TestServer.open(context);
    const connection = await server.send(rpcRequest('supervisor.reloadConfig'));
    expect(await connection.until('</body>')).toContain('500 Internal Server Error');
    expect(context.lines.join()).toContain('no such luck');
    connection.received = '';
    connection.send(rpcRequest('supervisor.getPID'));
    await connection.until(end);
  });

  it('logs each access, if the log wants that', async () => {
    const context = fakeRpcContext([], { level: 'trace' });
    await using server = await TestServer.open(context);
    const connection = await server.send('GET /x HTTP/1.1\r\n\r\n');
    await connection.until('</body>');
    await waitFor(() => context.lines.some((line) => line.includes('GET')), { what: 'the line' });
    expect(context.lines.at(-1)).toBe(
      `trace: localhost:0 - - [14/Nov/2023:22:13:20 +0000] "GET /x HTTP/1.1" 404 ${connection.received.length}`,
    );
  });

  it('survives garbage of any kind', async () => {
    await using server = await TestServer.open();
    let seed = 7;
    const random = (limit: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % limit;
    };
    const good = Buffer.from(rpcRequest('supervisor.getPID'));
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.from(good);
      for (let change = 0; change <= random(6); change += 1) bytes[random(bytes.length)] = random(256);
      const connection = await server.send(bytes.subarray(0, 1 + random(bytes.length)));
      connection.socket.end();
      if (random(3) === 0) connection.close();
      else await connection.untilClosed();
    }
    await (await server.send(good)).until(end);
    expect(server.context.lines.filter((line) => line.startsWith('critical: Server Error'))).toEqual([]);
  });
});
