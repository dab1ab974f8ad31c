import type { IncomingMessage } from 'node:http';
import type { HostPolicy } from './host.ts';

/**
 * Whether a browser sends this for a page of another site. Such a page must not be able to stop programs
 * only because the browser can reach the daemon, or knows its password. Other clients send neither `Origin`
 * nor `Sec-Fetch-Site`, which pages cannot forge.
 *
 * Following a link from another site is no offence: a GET changes nothing, and the page of a link to an action
 * only asks.
 */
export function isForeign(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  hosts: HostPolicy,
): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  // The browser knows best, also where a proxy has put another name into `Host`.
  if (site === 'same-origin') return false;
  if (origin !== undefined) {
    const [, originHost] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
    if (originHost === undefined) return true;
    return originHost.toLowerCase() !== host?.toLowerCase() && !hosts.lists(originHost);
  }
  return method !== 'GET' && method !== 'HEAD' && (site === 'cross-site' || site === 'same-site');
}
