import { describe, expect, it } from '@jest/globals';
import { httpRequest } from '../../support/http-request.ts';
import { TestServer } from '../../support/http-servers.ts';

const paths = ['/stylesheets/supervisor.css', '/images/icon.svg'];

describe('the files of the pages', () => {
  it('are all that the pages ask for', async () => {
    await using server = await TestServer.open();
    const { body } = await httpRequest(server.file, '/');
    const links = [...body.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, href]) => `/${href}`);
    expect(links).toEqual(paths);
  });

  for (const [path, type] of [
    [paths[0], 'text/css;charset=utf-8'],
    [paths[1], 'image/svg+xml'],
  ] as const) {
    it(`are served with type and length: ${path}`, async () => {
      await using server = await TestServer.open();
      const get = await httpRequest(server.file, path ?? '');
      expect(get.status).toBe(200);
      expect(get.headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff' });
      expect(get.headers['content-length']).toBe(String(get.body.length));
      const head = await httpRequest(server.file, path ?? '', { method: 'HEAD' });
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(head.headers['content-length']).toBe(get.headers['content-length']);
    });
  }

  it('are not sent again to who has them', async () => {
    await using server = await TestServer.open();
    const [path = ''] = paths;
    const { etag = '', 'last-modified': modified = '' } = (await httpRequest(server.file, path)).headers;
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await httpRequest(server.file, path, { headers })).status;

    expect(await statusWith({ 'If-None-Match': `"x", W/${String(etag)}` })).toBe(304);
    expect(await statusWith({ 'If-None-Match': '*' })).toBe(304);
    expect(await statusWith({ 'If-None-Match': '"x"' })).toBe(200);
    expect(await statusWith({ 'If-Modified-Since': String(modified) })).toBe(304);
    expect(await statusWith({ 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).toBe(200);
    expect(await statusWith({ 'If-Modified-Since': 'yesterday' })).toBe(200);
    expect(await statusWith({ 'If-None-Match': '"x"', 'If-Modified-Since': String(modified) })).toBe(200);
  });

  it('are no files of the system, whatever the path', async () => {
    await using server = await TestServer.open();
    for (const path of [
      '/stylesheets',
      '/stylesheets/',
      '/stylesheets/../stylesheets/supervisor.css',
      '/../../../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/etc/passwd',
      '/stylesheets/supervisor.css%00',
      '/package.json',
      '/constructor',
      '/favicon.ico',
    ]) {
      expect((await httpRequest(server.file, path)).status).toBe(404);
    }
  });
});
