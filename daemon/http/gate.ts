import type { AddressInfo } from 'node:net';
import type { HttpServerSettings } from '../../conf/settings.ts';
import { Authenticator } from './authentication.ts';
import { discardBody } from './body.ts';
import { type Exchange, reply, replyError } from './exchange.ts';
import { HostPolicy } from './host.ts';
import { isForeign } from './origin.ts';
import type { Turns } from './turns.ts';

export interface GateOptions {
  /** Where the server listens, as `Server.address` tells. */
  readonly address: AddressInfo | string | null;
  /** Shared by the gates of all servers. */
  readonly turns: Turns;
  /** Writes a line to the daemon's stderr. */
  readonly warn: (line: string) => void;
}

/** The one gate of a server: nothing is served, and no route looked up, for whom it refuses. */
export class Gate {
  readonly #section: string;
  readonly #authenticator: Authenticator | undefined;
  readonly #hosts: HostPolicy;
  readonly #warn: (line: string) => void;
  #hasToldOfScheme = false;
  #hasToldOfHost = false;

  constructor(settings: HttpServerSettings, { address, turns, warn }: GateOptions) {
    const { section, credentials } = settings;
    this.#section = section;
    this.#authenticator = credentials && new Authenticator(credentials, turns);
    this.#hosts = new HostPolicy(settings, typeof address === 'string' ? undefined : address?.address);
    this.#warn = warn;
  }

  /** Whether to serve. If not, the refusal has been sent, and the connection closes. */
  async admit(exchange: Exchange): Promise<boolean> {
    const { request } = exchange;
    if (!(await this.#authenticate(exchange))) return false;
    if (!this.#hosts.allows(request)) {
      await this.#refuseHost(exchange);
      return false;
    }
    if (isForeign(request, this.#hosts)) {
      await discardBody(request);
      replyError(exchange, 403, { Connection: 'close' });
      return false;
    }
    return true;
  }

  async #authenticate(exchange: Exchange): Promise<boolean> {
    if (this.#authenticator === undefined) return true;
    const { request, abortSignal } = exchange;
    const result = await this.#authenticator.authenticate({
      header: request.headers.authorization,
      asker: request.socket.remoteAddress ?? '',
      abortSignal,
    });
    if (result.type === 'granted') return true;
    await discardBody(request);
    if (result.type === 'too-many') {
      replyError(exchange, 503, { Connection: 'close', 'Retry-After': '1' });
      return false;
    }
    if (result.type === 'unknown-scheme') this.#tellOfScheme(result.scheme);
    replyError(exchange, 401, { Connection: 'close', 'WWW-Authenticate': 'Basic realm="default"' });
    return false;
  }

  /** Once: this is said to whoever can connect, and must not fill the disk that keeps stderr. */
  #tellOfScheme(scheme: string): void {
    if (this.#hasToldOfScheme || !/^[\w-]{1,32}$/.test(scheme)) return;
    this.#hasToldOfScheme = true;
    this.#warn(`unknown/unsupported auth method: ${scheme}`);
  }

  async #refuseHost(exchange: Exchange): Promise<void> {
    const { request, context } = exchange;
    const host = JSON.stringify(request.headers.host);
    // Once: whoever can make the browser ask can make it ask a million times.
    if (!this.#hasToldOfHost) {
      this.#hasToldOfHost = true;
      context.log(
        'warn',
        `Refused a request for host ${host}, and will refuse others: [${this.#section}] has no such allowed_hosts`,
      );
    }
    await discardBody(request);
    const text =
      `403 Forbidden: this server does not answer for host ${host}.\n` +
      `If it should, list that name in allowed_hosts= of [${this.#section}], or set username= and password= there.\n`;
    reply(exchange, 403, { Connection: 'close', 'Content-Type': 'text/plain;charset=utf-8' }, text);
  }
}
