import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { authenticate } from '../../../daemon/http/authentication.ts';
import { routes } from '../../../daemon/http/routes.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { rpcRequest, TestServer } from '../../support/http-servers.ts';

const credentials = { username: 'user', password: 'pass:wörd' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const sha = (text: string): string => createHash('sha1').update(text).digest('hex');

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
    it(`that ${what} are ${type}`, () => expect(authenticate(credentials, header).type).toBe(type));
  }

  it('may be kept as a SHA-1, in lower case', () => {
    const login = `Basic ${base64('user:päss')}`;
    const stored = (password: string) => ({ username: 'user', password });
    expect(authenticate(stored(`{SHA}${sha('päss')}`), login).type).toBe('granted');
    expect(authenticate(stored(`{SHA}${sha('päss').toUpperCase()}`), login).type).toBe('refused');
    expect(authenticate(stored(`{SHA}${sha('other')}`), login).type).toBe('refused');
    expect(authenticate(stored('{SHA}'), `Basic ${base64('user:')}`).type).toBe('refused');
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
    for (const method of ['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS']) {
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

  it('tells stderr of other schemes, but nothing that could disturb a terminal', async () => {
    await using server = await TestServer.open(fakeRpcContext(), { credentials });
    for (const scheme of ['Digest x', '\x9b31m x']) {
      const connection = await server.send(
        Buffer.from(`GET / HTTP/1.1\r\nAuthorization: ${scheme}\r\n\r\n`, 'latin1'),
      );
      await connection.untilClosed();
    }
    expect(server.warnings).toEqual(['unknown/unsupported auth method: Digest']);
  });
});
