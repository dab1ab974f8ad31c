import { lookup } from 'node:dns/promises';
import type { ListenOptions, Server } from 'node:net';
import { bindError } from './http-server-error.ts';

const backlog = 1024;

/** The type of Node's declarations lacks the descriptor of a socket that listens already. */
type Address = ListenOptions | { readonly fd: number };

/** @throws {HttpServerError} */
export function listen(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(bindError(error));
    server.once('error', onError);
    server.listen({ ...address, backlog }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

/**
 * Makes `server` listen on a TCP port. An empty host is every IPv4 address; a name is looked up as one;
 * an IPv6 address stands in brackets.
 *
 * @throws {HttpServerError}
 */
export async function listenInet(server: Server, host: string, port: number): Promise<void> {
  await listen(server, { host: await resolveHost(host), port });
}

async function resolveHost(host: string): Promise<string> {
  if (host === '' || host === '*') return '0.0.0.0';
  if (host.startsWith('[') && host.endsWith(']')) return host.slice(1, -1);
  if (host.includes(':')) return host;
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch (error) {
    throw bindError(error);
  }
}
