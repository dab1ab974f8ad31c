import type { HttpServerSettings } from '../conf/settings.ts';

/**
 * The address that children find in `SUPERVISOR_SERVER_URL`: the first unix server, else the last inet one.
 *
 * @see supervisor/options.py, `get_server_url` and `realize`
 */
export function serverUrlOf(servers: readonly HttpServerSettings[]): string | undefined {
  let url: string | undefined;
  for (const server of servers) {
    if (server.type === 'unix') return `unix://${server.file}`;
    url = `http://${server.host === '' ? 'localhost' : server.host}:${server.port}`;
  }
  return url;
}
