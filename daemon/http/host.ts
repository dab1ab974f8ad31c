/**
 * By which names a server answers.
 *
 * A page in a browser can have the name of its own site lead to 127.0.0.1, and then talk to whatever listens
 * there as if it were that site (DNS rebinding). It cannot know a password, and it cannot hide the name: the
 * browser sends it as `Host`. So where nothing asks for a password, the name has to be one of this machine.
 *
 * @see docs/decisions/0005-requests-of-browsers.md
 */
import type { IncomingMessage } from 'node:http';
import { isLoopbackHost } from '../../conf/loopback.ts';
import type { HttpServerSettings } from '../../conf/settings.ts';

const anyHost = '*';

/** The names that a server is content with. */
export class HostPolicy {
  /** `undefined`: any. */
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #listed: ReadonlySet<string>;

  /** @param address that the server listens on; `undefined` for a Unix socket, which no browser reaches */
  constructor(settings: HttpServerSettings, address: string | undefined) {
    const listed = settings.type === 'inet' ? settings.allowed_hosts : undefined;
    this.#listed = new Set(listed?.map(hostName));
    const isChecked =
      settings.type === 'inet' &&
      (listed === undefined
        ? settings.credentials === undefined && address !== undefined && isLoopbackHost(address)
        : !listed.includes(anyHost));
    this.#allowed = isChecked ? new Set([settings.host, ...this.#listed]) : undefined;
  }

  /**
   * Whether a request may be addressed to its host. Clients that are no browsers may call the server what
   * they like: they send no `Host`, or no `Origin` with a POST as every browser does.
   */
  allows({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
    if (this.#allowed === undefined || headers.host === undefined) return true;
    if (method === 'POST' && headers.origin === undefined) return true;
    const name = hostName(headers.host);
    return isLoopbackHost(name) || this.#allowed.has(name);
  }

  /** Whether the configuration names this host, so that its pages are ours whatever a proxy makes of `Host`. */
  lists(host: string): boolean {
    return this.#listed.has(hostName(host));
  }
}

/** A host without its port, in lower case. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}
