import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser sends this for a page of another site. Such a page must not be able to stop programs
 * only because the browser can reach the daemon, or knows its password. Other clients send no `Origin`.
 */
export function isForeignOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return false;
  const [, originHost] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  return originHost === undefined || originHost.toLowerCase() !== host?.toLowerCase();
}
