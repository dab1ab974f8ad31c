import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { formatScrypt, parseStoredPassword } from '../../../conf/stored-password.ts';
import { Authenticator } from '../../../daemon/http/authentication.ts';
import { routes } from '../../../daemon/http/routes.ts';
import { Turns } from '../../../daemon/http/turns.ts';
import { hashPassword } from '../../../daemon/scrypt.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { type Login, rpcRequest, TestServer } from '../../support/http-servers.ts';

const credentials = { username: 'user', password: 'pass:wörd' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const basic = (login: string): string => `Basic ${base64(login)}`;
const sha = (text: string): string => createHash('sha1').update(text).digest('hex');

function authenticatorFor({ username, password }: Login, maxWaiting = 1): Authenticator {
  return new Authenticator({ username, password: parseStoredPassword(password) }, new Turns(maxWaiting));
}

/** What comes of one attempt. */
async function judge(
  authenticator: Authenticator,
  header: string | undefined,
  { asker = '127.0.0.1', abortSignal = new AbortController().signal } = {},
): Promise<string> {
  return (await authenticator.authenticate({ header, asker, abortSignal })).type;
}

describe('credentials', () => {
  const cases: readonly [string, string | undefined, string][] = [
    ['are right', `Basic ${base64('user:pass:wörd')}`, 'granted'],
    ['are right, with the scheme in another case', `basic ${base64('user:pass:wörd')}`, 'granted'],
    ['are missing', undefined, 'refused'],
    ['are empty', '', 'refused'],
    ['have a wrong password', `Basic ${base64('user:pass')}`, 'refused'],
    ['have a longer password', `Basic ${base64('user:pass:wörd!')}`, 'refused'],
    ['have a wrong name', `Basic ${base64('User:pass:wörd')}`, 'refused'],
    ['have no colon', `Basic ${base64('user')}`, 'refused'],
    ['are nothing but a colon', `Basic ${base64(':')}`, 'refused'],
    ['are no base64', 'Basic %%%', 'refused'],
    ['are only a scheme', 'Basic', 'refused'],
    ['are of another scheme', 'Digest username="user"', 'unknown-scheme'],
  ];
  for (const [what, header, type] of cases) {
    it(`that ${what} are ${type}`, async () =>
      expect(await judge(authenticatorFor(credentials), header)).toBe(type));
  }

  it('may be kept as a SHA-1, in lower case', async () => {
    const stored = (password: string) => authenticatorFor({ username: 'user', password });
    const login = basic('user:päss');
    expect(await judge(stored(`{SHA}${sha('päss')}`), login)).toBe('granted');
    expect(await judge(stored(`{SHA}${sha('päss').toUpperCase()}`), login)).toBe('refused');
    expect(await judge(stored(`{SHA}${sha('other')}`), login)).toBe('refused');
    expect(await judge(stored('{SHA}'), basic('user:'))).toBe('refused');
  });
});

describe('a password kept as {SCRYPT}', () => {
  // The cheapest that is accepted: what matters here is that it takes time at all.
  const cost = { ln: 14, r: 8, p: 1 };
  const hash = hashPassword(Buffer.from('pass:wörd'), cost).then(formatScrypt);
  const open = async (maxWaiting?: number): Promise<Authenticator> =>
    authenticatorFor({ username: 'user', password: await hash }, maxWaiting);

  it('is known again, and no other', async () => {
    const authenticator = await open();
    for (const login of ['user:pass:word', 'User:pass:wörd', `user:${await hash}`, 'user:', ':pass:wörd']) {
      expect(await judge(authenticator, basic(login))).toBe('refused');
    }
    expect(await judge(authenticator, basic('user:pass:wörd'))).toBe('granted');
    // What was accepted must not stand for anything else.
    expect(await judge(authenticator, basic('user:pass:word'))).toBe('refused');
    expect(await judge(authenticator, basic('user:pass:wörd'))).toBe('granted');
  });

  it('is known again at once, while guesses wait to be looked at', async () => {
    const authenticator = await open(100);
    await judge(authenticator, basic('user:pass:wörd'));
    let judged = 0;
    const guesses = Array.from({ length: 20 }, async (_, number) => {
      await judge(authenticator, basic(`user:${number}`));
      judged += 1;
    });
    for (let call = 0; call < 50; call += 1) {
      expect(await judge(authenticator, basic('user:pass:wörd'))).toBe('granted');
    }
    expect(judged).toBe(0);
    await Promise.all(guesses);
  });

  it('is asked for in turns: a flood of guesses delays another client by one of them', async () => {
    const authenticator = await open(100);
    const order: string[] = [];
    const guesses = Array.from({ length: 6 }, async (_, number) => {
      await judge(authenticator, basic(`user:${number}`), { asker: '192.0.2.1' });
      order.push('guess');
    });
    const good = judge(authenticator, basic('user:pass:wörd'), { asker: '192.0.2.2' });
    void good.then(() => order.push('good'));
    expect(await good).toBe('granted');
    await Promise.all(guesses);
    expect(order.indexOf('good')).toBeLessThanOrEqual(2);
  });

  it('is not looked at for who asks too much at once, or has gone', async () => {
    const authenticator = await open(2);
    const gone = AbortSignal.abort();
    const results = await Promise.all([
      judge(authenticator, basic('user:1')),
      judge(authenticator, basic('user:pass:wörd'), { abortSignal: gone }),
      judge(authenticator, basic('user:pass:wörd')),
      judge(authenticator, basic('user:pass:wörd')),
      judge(authenticator, basic('user:2'), { asker: '192.0.2.2' }),
    ]);
    expect(results).toEqual(['refused', 'refused', 'granted', 'too-many', 'refused']);
  });

  it('costs a client that guesses too much at once a 503, and serves one that knows it', async () => {
    await using server = await TestServer.open(fakeRpcContext(), {
      credentials: { username: 'user', password: await hash },
    });
    const connections = await Promise.all(
      Array.from({ length: 30 }, (_, number) =>
        server.send(`GET / HTTP/1.1\r\nAuthorization: ${basic(`user:${number}`)}\r\n\r\n`),
      ),
    );
    const answers = await Promise.all(connections.map((connection) => connection.untilClosed()));
    const statuses = new Set(answers.map((answer) => answer.split(' ')[1]));
    expect([...statuses].sort()).toEqual(['401', '503']);
    const good = await server.send(
      rpcRequest('supervisor.getPID', [], `Authorization: ${basic('user:pass:wörd')}\r\n`),
    );
    expect(await good.until('</methodResponse>')).toContain('4242');
  });
});

describe('a server with a password', () => {
  const urls = [
    ...routes.map(({ example }) => example),
    '/',
    '/ok.html',
    '/RPC2/x',
    '//RPC2',
    '/../x',
    '*',
    '/%2e%2e/x',
  ];
  for (const url of urls) {
    for (const method of ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      it(`answers 401 to ${method} ${url}, and closes`, async () => {
        await using server = await TestServer.open(fakeRpcContext(), { credentials });
        const connection = await server.send(`${method} ${url} HTTP/1.1\r\nContent-Length: 0\r\n\r\n`);
        const text = await connection.untilClosed();
        expect(text).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
        expect(text).toContain('\r\nConnection: close\r\n');
        expect(text).toContain('\r\nWWW-Authenticate: Basic realm="default"\r\n');
      });
    }
  }

  it('answers 401 to a later request of a connection, whatever came before', async () => {
    const context = fakeRpcContext();
    await using server = await TestServer.open(context, { credentials });
    const login = `Authorization: ${basic('user:pass:wörd')}\r\n`;
    const bare = rpcRequest('supervisor.shutdown');
    const kept = await server.send(rpcRequest('supervisor.getPID', [], login));
    await kept.until('</methodResponse>');
    kept.send(bare);
    expect(await kept.untilClosed()).toContain('HTTP/1.1 401 Unauthorized');
    const pipelined = await server.send(rpcRequest('supervisor.getPID', [], login) + bare + bare);
    const text = await pipelined.untilClosed();
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401']);
    expect(context.supervisor.asked).toEqual([]);
  });

  it('closes on CONNECT, which is no request for anything here', async () => {
    await using server = await TestServer.open(fakeRpcContext(), { credentials });
    for (const url of urls) {
      const connection = await server.send(`CONNECT ${url} HTTP/1.1\r\n\r\n`);
      expect(await connection.untilClosed()).toBe('');
    }
  });

  it('answers 401 to who asks for another protocol', async () => {
    await using server = await TestServer.open(fakeRpcContext(), { credentials });
    const connection = await server.send(
      'GET /RPC2 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect(await connection.untilClosed()).toContain('401 Unauthorized');
  });

  it('has an example of each route that leads there', () => {
    for (const route of routes) {
      const [method = ''] = route.methods;
      const request = { method } as Parameters<typeof route.matches>[0];
      expect(routes.find((candidate) => candidate.matches(request, route.example))).toBe(route);
    }
  });

  it('does nothing for who lacks it, and sends the refusal though a body was coming', async () => {
    const context = fakeRpcContext();
    await using server = await TestServer.open(context, { credentials });
    const request = rpcRequest('supervisor.shutdown', [], `Authorization: Basic ${base64('user:x')}\r\n`);
    const [header = '', body = ''] = request.split('\r\n\r\n');
    const connection = await server.send(`${header}\r\n\r\n`);
    connection.send(body);
    expect(await connection.untilClosed()).toContain('401 Unauthorized');
    expect(context.supervisor.asked).toEqual([]);
  });

  it('serves who has it', async () => {
    await using server = await TestServer.open(fakeRpcContext(), { credentials });
    const login = `Authorization: Basic ${base64('user:pass:wörd')}\r\n`;
    const connection = await server.send(rpcRequest('supervisor.getPID', [], login));
    expect(await connection.until('</methodResponse>')).toContain('4242');
  });

  it('tells stderr of another scheme, once, and nothing that could disturb a terminal', async () => {
    await using server = await TestServer.open(fakeRpcContext(), { credentials });
    for (const scheme of ['\x9b31m x', 'Digest x', 'Digest x', 'Bearer x']) {
      const connection = await server.send(
        Buffer.from(`GET / HTTP/1.1\r\nAuthorization: ${scheme}\r\n\r\n`, 'latin1'),
      );
      await connection.untilClosed();
    }
    expect(server.warnings).toEqual(['unknown/unsupported auth method: Digest']);
  });
});
