import { describe, expect, it } from '@jest/globals';
import { fakeRpcContext } from '../../../support/fake-rpc-context.ts';
import { type HttpQuestion, httpRequest, messageOf, tokenIn } from '../../../support/http-request.ts';
import { TestServer } from '../../../support/http-servers.ts';
import { groupSettings } from '../../../support/process-settings.ts';
import { waitFor } from '../../../support/wait-for.ts';

const groups = [groupSettings('web', [{ name: 'web' }])];

function serving(options: Parameters<typeof TestServer.open>[1] = {}): Promise<TestServer> {
  return TestServer.open(fakeRpcContext(groups), options);
}

async function tokenOf(server: TestServer, question: HttpQuestion = {}): Promise<string> {
  const token = tokenIn((await httpRequest(server.file, '/', question)).body);
  expect(token).not.toBe('');
  return token;
}

describe('every page', () => {
  for (const path of [
    '/',
    '/index.html',
    '//index.html',
    '/?message=hello',
    '/tail.html',
    '/?action=stopall',
  ]) {
    it(`${path} is neither kept nor framed, and runs no script`, async () => {
      await using server = await serving();
      const { headers } = await httpRequest(server.file, path);
      expect(headers).toMatchObject({
        'content-type': 'text/html;charset=utf-8',
        pragma: 'no-cache',
        'cache-control': 'no-cache',
        expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
        'content-security-policy':
          "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
      });
    });
  }

  it('answers HEAD as GET, without the page', async () => {
    await using server = await serving();
    for (const path of ['/', '/index.html', '/tail.html', '/ok.html']) {
      const get = await httpRequest(server.file, path);
      const head = await httpRequest(server.file, path, { method: 'HEAD' });
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(head.headers['content-length']).toBe(get.headers['content-length']);
    }
  });

  it('is at its path and nowhere else', async () => {
    await using server = await serving();
    for (const path of ['/index.htm', '/index.html/', '/x/index.html', '/INDEX.HTML']) {
      expect((await httpRequest(server.file, path)).status).toBe(404);
    }
    expect((await httpRequest(server.file, '/', { method: 'PUT' })).status).toBe(400);
  });
});

describe('the status page', () => {
  it('shows the message of its URL', async () => {
    await using server = await serving();
    expect((await httpRequest(server.file, '/?message=all+is%20well&message=no')).body).toContain(
      '>all is well</p>',
    );
    expect((await httpRequest(server.file, '/?message=')).body).not.toContain('class="notice');
    expect((await httpRequest(server.file, '/', { form: { message: 'posted' } })).body).toContain(
      '>posted</p>',
    );
  });

  it('is there while the daemon ends', async () => {
    await using server = await serving();
    server.context.supervisor.state = 'SHUTDOWN';
    const { status, body } = await httpRequest(server.file, '/');
    expect(status).toBe(200);
    expect(body).toContain('shutdown');
  });
});

describe('ok.html', () => {
  it('says OK, whatever the daemon does', async () => {
    await using server = await serving();
    server.context.supervisor.state = 'SHUTDOWN';
    for (const question of [{}, { form: { a: 'b' } }]) {
      const { status, headers, body } = await httpRequest(server.file, '/ok.html', question);
      expect([status, headers['content-type'], body]).toEqual([200, 'text/plain', 'OK']);
    }
  });
});

describe('tail.html', () => {
  it('takes process, limit and channel from the query', async () => {
    await using server = await serving();
    const { body } = await httpRequest(server.file, '/tail.html?processname=web&limit=2000&channel=stderr');
    expect(body).toContain('No file for web');
    expect(body).toContain('limit=2000&amp;channel=stderr');
    expect((await httpRequest(server.file, '/tail.html?processname=')).body).toContain(
      'No process name found',
    );
  });

  it('refuses a channel that is none', async () => {
    await using server = await serving();
    expect((await httpRequest(server.file, '/tail.html?processname=web&channel=stdin')).status).toBe(400);
  });
});

describe('an action', () => {
  for (const path of ['/', '/index.html']) {
    it(`is carried out for a form of the page, sent to ${path}, and leads back there`, async () => {
      await using server = await serving();
      const form = { action: 'start', processname: 'web', token: await tokenOf(server) };
      const answer = await httpRequest(server.file, path, { form });
      expect(answer).toMatchObject({
        status: 303,
        headers: { location: './?message=Process%20web%20started' },
      });
      expect(messageOf(answer)).toBe('Process web started');
      expect(server.context.supervisor.asked).toEqual(['start web until running']);
    });
  }

  for (const [what, token] of [
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['a wrong token', { token: 'A'.repeat(43) }],
    ['a token that is none', { token: 'ü'.repeat(100) }],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      await using server = await serving();
      for (const action of ['stopall', 'start']) {
        const form = { action, processname: 'web', ...token };
        const { status, body } = await httpRequest(server.file, '/', { form });
        expect(status).toBe(403);
        expect(body).toContain('Load the page again');
      }
      expect(server.context.supervisor.asked).toEqual([]);
      expect(server.context.lines).toContain(
        'warn: Web page: "stopall" was refused: it did not come from a current page',
      );
    });
  }

  it('is refused with the token of a daemon before', async () => {
    await using before = await serving();
    await using server = await serving();
    const form = { action: 'stopall', token: await tokenOf(before) };
    expect((await httpRequest(server.file, '/', { form })).status).toBe(403);
  });

  it('is refused with the token of somebody who logged in otherwise', async () => {
    await using server = await serving();
    const as = (name: string) => ({ headers: { Authorization: `Basic ${btoa(`${name}:x`)}` } });
    const form = { action: 'stopall', token: await tokenOf(server, as('eve')) };
    expect((await httpRequest(server.file, '/', { form, ...as('adam') })).status).toBe(403);
    expect((await httpRequest(server.file, '/', { form, ...as('eve') })).status).toBe(303);
  });

  it('is refused from a page of another site, even with the token', async () => {
    await using server = await serving();
    const form = { action: 'start', processname: 'web', token: await tokenOf(server) };
    for (const origin of ['http://evil.example', 'null']) {
      const headers = { Host: 'localhost:9001', Origin: origin };
      expect((await httpRequest(server.file, '/', { form, headers })).status).toBe(403);
    }
    expect(server.context.supervisor.asked).toEqual([]);
    const headers = { Host: 'localhost:9001', Origin: 'http://localhost:9001' };
    expect((await httpRequest(server.file, '/', { form, headers })).status).toBe(303);
  });

  for (const path of [
    '/?action=stop&processname=web',
    '/index.html?processname=web&action=stop',
    '/index.html?action=stopall',
    '/?action=restartall',
    '/?action=clearlog&processname=web',
  ]) {
    it(`is not carried out by a link, which is answered with a form: ${path}`, async () => {
      await using server = await serving();
      const process = server.context.supervisor.process('web').run();
      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await httpRequest(server.file, path, { method });
        expect([status, headers['allow']]).toEqual([405, 'POST']);
      }
      expect(server.context.supervisor.asked).toEqual([]);
      expect(process.cleared).toBe(0);
      expect(server.context.lines.at(-1)).toMatch(
        /^warn: Web page: "\w+" was asked for by a link, which does nothing$/,
      );

      const { body } = await httpRequest(server.file, path);
      const form = Object.fromEntries(
        [...body.matchAll(/<(?:input type="hidden"|button) name="(\w+)" value="([^"]*)"/g)].map(
          ([, name = '', value = '']) => [name, value],
        ),
      );
      expect((await httpRequest(server.file, '/index.html', { form })).status).toBe(303);
    });
  }

  it('is not carried out by a link with the token either', async () => {
    await using server = await serving();
    const token = await tokenOf(server);
    const { status } = await httpRequest(server.file, `/?action=start&processname=web&token=${token}`);
    expect(status).toBe(405);
    expect(server.context.supervisor.asked).toEqual([]);
  });

  it('that only refreshes may be a link', async () => {
    await using server = await serving();
    const answer = await httpRequest(server.file, '/index.html?action=refresh');
    expect(answer.status).toBe(303);
    expect(messageOf(answer)).toMatch(/^Page refreshed at /);
  });

  it('that does not exist, or lacks its process, is a bad request', async () => {
    await using server = await serving();
    const token = await tokenOf(server);
    for (const fields of [
      { action: 'nosuch' },
      { action: 'toString', processname: 'web' },
      { action: 'start' },
    ]) {
      expect((await httpRequest(server.file, '/', { form: { ...fields, token } })).status).toBe(400);
    }
  });

  it('may come in pieces, the query beside the form, where the form wins', async () => {
    await using server = await serving();
    const form = { processname: 'web', token: await tokenOf(server) };
    const answer = await httpRequest(server.file, '/?action=start&processname=other', { form });
    expect(messageOf(answer)).toBe('Process web started');
  });

  it('on a name of any length and content leads to a URL that can be asked for', async () => {
    await using server = await serving();
    const token = await tokenOf(server);
    for (const processname of [
      'ü'.repeat(5_000),
      `${'x'.repeat(975)}🎉🎉`,
      'a\r\nSet-Cookie: b=c',
      '<b>"&',
    ]) {
      const answer = await httpRequest(server.file, '/', { form: { action: 'stop', processname, token } });
      expect(answer.status).toBe(303);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(messageOf(answer)).toMatch(/^No such process named /);
      const next = new URL(String(answer.headers['location']), 'http://localhost/');
      expect((await httpRequest(server.file, next.pathname + next.search)).status).toBe(200);
    }
  });

  it('in a form of more than 64 KiB, or of unknown length, is refused', async () => {
    await using server = await serving();
    const form = { action: 'stopall', token: await tokenOf(server), x: 'x'.repeat(70_000) };
    expect((await httpRequest(server.file, '/', { form })).status).toBe(413);
    const connection = await server.send('POST / HTTP/1.1\r\n\r\n');
    expect(await connection.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 411 /);
  });

  it('is answered when it is done; others are served meanwhile', async () => {
    await using server = await serving();
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    server.context.supervisor.process('web').run().stopOutcome = promise;
    const form = { action: 'stop', processname: 'web', token: await tokenOf(server) };
    let isAnswered = false;
    const answer = httpRequest(server.file, '/', { form }).finally(() => {
      isAnswered = true;
    });
    await waitFor(() => server.context.supervisor.asked.length === 1, { what: 'the stop' });
    expect((await httpRequest(server.file, '/ok.html')).body).toBe('OK');
    expect(isAnswered).toBe(false);
    resolve({ type: 'stopped' });
    expect(messageOf(await answer)).toBe('Process web stopped');
  });

  it('goes on to its end when the client has gone', async () => {
    await using server = await serving();
    const { promise, resolve } = Promise.withResolvers<{ type: 'stopped' }>();
    const process = server.context.supervisor.process('web').run();
    process.stopOutcome = promise;
    const body = `action=restart&processname=web&token=${await tokenOf(server)}`;
    const connection = await server.send(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await waitFor(() => server.context.supervisor.asked.length === 1, { what: 'the stop' });
    connection.close();
    await httpRequest(server.file, '/ok.html');
    process.state = 'STOPPED';
    resolve({ type: 'stopped' });
    await waitFor(() => server.context.supervisor.asked.length === 2, { what: 'the start' });
    expect(server.context.lines.filter((line) => line.includes('Error'))).toEqual([]);
  });
});
