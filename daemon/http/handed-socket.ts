/** Listening sockets that go from one version of the daemon to the next. Clients that connect meanwhile wait. */
import { closeSync } from 'node:fs';
import type { Server } from 'node:net';
import type { HttpServerSettings } from '../../conf/settings.ts';
import { duplicateForExec } from '../host/libc/descriptors.ts';

export interface HandedSocket {
  /** Not closed on exec. */
  readonly fd: number;
  /** Where it listens, as {@link listeningAt} says it. */
  readonly at: string;
}

/** A text that is the same for servers that listen at the same place. */
export function listeningAt(settings: HttpServerSettings): string {
  return settings.type === 'unix' ? `unix ${settings.file}` : `inet ${settings.host} ${settings.port}`;
}

/** The socket of a server, which goes on listening when the server is closed. @throws {SystemError} */
export function handOverSocket(server: Server, settings: HttpServerSettings): HandedSocket {
  const { _handle: handle } = server as Server & { readonly _handle: { readonly fd: number } };
  return { fd: duplicateForExec(handle.fd), at: listeningAt(settings) };
}

/** Takes the socket for a server out of those that were handed over. */
export function takeSocket(handed: HandedSocket[], settings: HttpServerSettings): HandedSocket | undefined {
  const index = handed.findIndex(({ at }) => at === listeningAt(settings));
  return index < 0 ? undefined : handed.splice(index, 1)[0];
}

/** Closes sockets that no server is configured for any more. */
export function closeSockets(handed: readonly HandedSocket[]): void {
  for (const { fd } of handed) closeSync(fd);
}
