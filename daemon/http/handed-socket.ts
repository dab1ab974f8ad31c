/**
 * Sockets that go from one version of the daemon to the next: those that listen, where clients that connect
 * meanwhile wait, and connections on which nothing is under way.
 */
import { closeSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import type { HttpServerSettings } from '../../conf/settings.ts';
import { duplicate } from '../host/libc/descriptors.ts';

/** What one server hands over, all of it closed on exec as yet. */
export interface HandedSocket {
  /** Listens. */
  readonly fd: number;
  /** Where it listens, as {@link listeningAt} says it. */
  readonly at: string;
  /** Clients that may ask something later. */
  readonly connections: readonly number[];
}

/** A text that is the same for servers that listen at the same place. */
export function listeningAt(settings: HttpServerSettings): string {
  return settings.type === 'unix' ? `unix ${settings.file}` : `inet ${settings.host} ${settings.port}`;
}

/**
 * A descriptor of a socket's own, by which it goes on when this program closes it.
 *
 * @returns `undefined`: it is not open, such as a server that is just being made again
 * @throws {SystemError} `EMFILE`
 */
export function duplicateSocket(socket: Server | Socket): number | undefined {
  // Node tells the descriptor of a socket in no other way.
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd: number } | null };
  return handle ? duplicate(handle.fd) : undefined;
}

/** Takes the socket for a server out of those that were handed over. */
export function takeSocket(handed: HandedSocket[], settings: HttpServerSettings): HandedSocket | undefined {
  const index = handed.findIndex(({ at }) => at === listeningAt(settings));
  return index < 0 ? undefined : handed.splice(index, 1)[0];
}

/** Closes sockets that no server is configured for any more. */
export function closeSockets(handed: readonly HandedSocket[]): void {
  for (const fd of descriptorsOf(handed)) closeSync(fd);
}

/** All descriptors of sockets. */
export function descriptorsOf(handed: readonly HandedSocket[]): number[] {
  return handed.flatMap(({ fd, connections }) => [fd, ...connections]);
}
