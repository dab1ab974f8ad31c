/** Where the server listens. */
export type ServerAddress =
  | { readonly type: 'inet'; readonly host: string; readonly port: number }
  | { readonly type: 'unix'; readonly path: string };

/**
 * Reads a `serverurl`: `http://host[:port]` (port 80 unless given; a path or user in it is ignored) or
 * `unix:///path`.
 *
 * @throws {Error} for any other scheme, or a port that is none
 * @see supervisor/xmlrpc.py, `SupervisorTransport`
 */
export function parseServerUrl(serverurl: string): ServerAddress {
  if (serverurl.startsWith('unix://')) return { type: 'unix', path: serverurl.slice('unix://'.length) };
  const match = /^http:\/\/(?:[^/?#]*@)?(?<host>\[[^\]/?#]*\]|[^:/?#]*)(?::(?<port>\d*))?(?:[/?#]|$)/.exec(
    serverurl,
  );
  const host = match?.groups?.['host'] ?? '';
  const port = match?.groups?.['port'] ?? '';
  const number = port === '' ? 80 : Number(port);
  if (host === '' || number > 65_535) throw new Error(`Unknown protocol for serverurl ${serverurl}`);
  return { type: 'inet', host: host.replace(/^\[|\]$/g, ''), port: number };
}

/** Whether `text` can be a URL at all, as the option `-s` demands: a scheme, and something after it. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:(?:\/\/)?[^/?#]|^[a-z][a-z0-9+.-]*:\/+[^?#]*[^/?#]/i.test(text);
}
