import { describe, expect, it } from '@jest/globals';
import type { HttpServerSettings } from '../../../conf/settings.ts';
import { openHttpServers } from '../../../daemon/http/server.ts';
import { fakeRpcContext } from '../../support/fake-rpc-context.ts';
import { freePort } from '../../support/free-port.ts';
import { rpcRequest } from '../../support/http-servers.ts';
import { RawConnection } from '../../support/raw-connection.ts';

type InetServerSettings = Extract<HttpServerSettings, { type: 'inet' }>;

const credentials = { username: 'u', password: { type: 'plain', text: 'p' } } as const;
const login = `Authorization: Basic ${Buffer.from('u:p').toString('base64')}\r\n`;
const evil = 'Host: evil.example:9001\r\n';

/** What a server answers to one request. */
async function answerTo(
  request: string,
  settings: Partial<InetServerSettings> = {},
  context = fakeRpcContext(),
): Promise<string> {
  const port = await freePort();
  const servers = await openHttpServers(
    [
      {
        section: 'inet_http_server',
        type: 'inet',
        host: '127.0.0.1',
        port,
        credentials: undefined,
        ...settings,
      },
    ],
    () => {},
  );
  servers.serve(context);
  const connection = await RawConnection.open({ host: '127.0.0.1', port });
  try {
    connection.send(request);
    return await connection.until(/\r\n\r\n[\s\S]/);
  } finally {
    connection.close();
    await servers.close();
  }
}

const get = (headers: string, url = '/no-such-file'): string => `GET ${url} HTTP/1.1\r\n${headers}\r\n`;

interface Case {
  readonly it: string;
  readonly request: string;
  readonly settings?: Partial<InetServerSettings>;
  /** 404: it was looked for. */
  readonly status: 200 | 403 | 404 | 405;
}

describe('a request for another host', () => {
  const cases: readonly Case[] = [
    { it: 'is refused where nobody is asked for a password', request: get(evil), status: 403 },
    {
      it: 'is refused from the page that a browser takes for that host’s',
      request: rpcRequest('supervisor.getPID', [], 'Origin: http://evil.example:9001\r\n').replace(
        'Host: localhost\r\n',
        evil,
      ),
      status: 403,
    },
    {
      it: 'is answered to a client that is no browser, by whatever name it knows the server',
      request: rpcRequest('supervisor.getPID').replace('Host: localhost\r\n', 'Host: alias\r\n'),
      status: 200,
    },
    { it: 'is answered without a host', request: 'GET /x HTTP/1.0\r\n\r\n', status: 404 },
    {
      it: 'is answered behind a password, as a reverse proxy may send it',
      request: get(evil + login),
      settings: { credentials },
      status: 404,
    },
    {
      it: 'is refused behind a password too, if there is a list',
      request: get(evil + login),
      settings: { credentials, allowed_hosts: ['example.com'] },
      status: 403,
    },
    {
      it: 'is answered if listed',
      request: get(evil),
      settings: { allowed_hosts: ['evil.example'] },
      status: 404,
    },
    {
      it: 'is answered if listed with the port, as the refusal shows it',
      request: get(evil),
      settings: { allowed_hosts: ['evil.example:9001'] },
      status: 404,
    },
    { it: 'is answered if any is', request: get(evil), settings: { allowed_hosts: ['*'] }, status: 404 },
    {
      it: 'is refused if others are listed',
      request: get(evil),
      settings: { allowed_hosts: [] },
      status: 403,
    },
    {
      it: 'is answered where the network is let in anyhow',
      request: get(evil),
      settings: { host: '' },
      status: 404,
    },
    ...['127.0.0.1:9001', 'localhost', 'LOCALHOST.:80', '[::1]:9001', '127.8.8.8', 'app.localhost'].map(
      (host): Case => ({ it: `is answered for ${host}`, request: get(`Host: ${host}\r\n`), status: 404 }),
    ),
    ...['localhost.evil.example', '127.0.0.1.evil.example', '', '0.0.0.0', '[::2]', 'x@localhost/'].map(
      (host): Case => ({ it: `is refused for "${host}"`, request: get(`Host: ${host}\r\n`), status: 403 }),
    ),
  ];
  for (const { it: behaviour, request, settings, status } of cases) {
    it(behaviour, async () =>
      expect(await answerTo(request, settings)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `)),
    );
  }

  it('is told how to be allowed, and the log is told once', async () => {
    const context = fakeRpcContext();
    const answer = await answerTo(get(evil) + get(evil), {}, context);
    expect(answer).toContain('list that name in allowed_hosts= of [inet_http_server]');
    expect(context.lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: Refused a request for host "evil.example:9001", and will refuse others: [inet_http_server] has no such allowed_hosts',
    ]);
  });
});

describe('a request of a page of another site', () => {
  const own = 'Host: localhost\r\n';
  const post = (headers: string): string => rpcRequest('supervisor.getPID', [], headers);
  const action = '/index.html?processname=web&action=stop';
  const cases: readonly Case[] = [
    { it: 'is refused by its Origin', request: post('Origin: http://evil.example\r\n'), status: 403 },
    { it: 'is refused without one it may show', request: post('Origin: null\r\n'), status: 403 },
    { it: 'is refused on another port', request: post('Origin: http://localhost:3000\r\n'), status: 403 },
    { it: 'is refused if the browser says so', request: post('Sec-Fetch-Site: cross-site\r\n'), status: 403 },
    {
      it: 'is answered if it is a link that only shows',
      request: get(`${own}Sec-Fetch-Site: cross-site\r\n`, '/ok.html'),
      status: 200,
    },
    {
      it: 'is asked about if it is a link to an action',
      request: get(`${own}Sec-Fetch-Site: same-site\r\n`, action),
      status: 405,
    },
    {
      it: 'is one of ours if the browser says so, though a proxy changed the host',
      request: post('Origin: https://public.example\r\nSec-Fetch-Site: same-origin\r\n'),
      status: 200,
    },
    {
      it: 'is one of ours if its host is listed',
      request: post('Origin: https://public.example\r\n'),
      settings: { allowed_hosts: ['public.example'] },
      status: 200,
    },
    { it: 'is one of ours with our Origin', request: post('Origin: http://localhost\r\n'), status: 200 },
  ];
  for (const { it: behaviour, request, settings, status } of cases) {
    it(behaviour, async () =>
      expect(await answerTo(request, settings)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `)),
    );
  }
});
