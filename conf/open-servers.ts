import type { HttpServerSettings } from './settings.ts';

/**
 * Whether anybody can talk to a server: it asks for no password, and is on TCP or a socket that everybody may use.
 * The mode of a Unix socket says who may: others connect with the permission to write.
 */
export function isOpenServer(server: HttpServerSettings): boolean {
  return server.credentials === undefined && (server.type === 'inet' || (server.chmod & 0o002) !== 0);
}
