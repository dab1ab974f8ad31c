import type { IncomingMessage } from 'node:http';
import type { HostPolicy } from './host.ts';

/**
 * Whether a browser sends this for a page of another site. Such a page must not be able to stop programs
 * only because the browser can reach the daemon, or knows its password. Other clients send neither `Origin`
 * nor `Sec-Fetch-Site`, which pages cannot forge.
 *
 * Following a link from another site is no offence, unless it would change something.
 */
export function isForeign(
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
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
  return (site === 'cross-site' || site === 'same-site') && changesState(method, url ?? '');
}

/** The links of the status page change things though they are GETs: they have an `action`. */
function changesState(method: string | undefined, url: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return true;
  const question = url.indexOf('?');
  return question !== -1 && new URLSearchParams(url.slice(question)).has('action');
}
