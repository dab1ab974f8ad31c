import { isLoopbackHost } from '../conf/loopback.ts';
import type { HttpServerSettings, Settings } from '../conf/settings.ts';

/**
 * What makes a running daemon open to people who should not control it, a line each: for those who look at
 * it rather than at its log.
 */
export function securityWarnings({ httpServers, notices }: Settings): readonly string[] {
  const open = httpServers.filter(({ type, credentials }) => type === 'inet' && credentials === undefined);
  const concerning = notices.filter(({ concern }) => concern === 'security');
  return [...open.map(describeOpenServer), ...concerning.map(({ text }) => text)];
}

/** A Unix socket is not open: its mode says who may use it. */
function describeOpenServer(server: HttpServerSettings): string {
  const host = server.type === 'inet' ? server.host : '';
  const who = isLoopbackHost(host) ? 'every user of this machine' : 'whoever reaches it over the network';
  return `[${server.section}] asks for no password: ${who} can control the programs`;
}
