import { isLoopbackHost } from '../conf/loopback.ts';
import { isOpenServer } from '../conf/open-servers.ts';
import type { HttpServerSettings, Settings } from '../conf/settings.ts';

/**
 * What makes a running daemon open to people who should not control it, a line each: for those who look at
 * it rather than at its log.
 */
export function securityWarnings({ httpServers, notices }: Settings): readonly string[] {
  const open = httpServers.filter(isOpenServer);
  const concerning = notices.filter(({ concern }) => concern === 'security');
  return [...open.map(describeOpenServer), ...concerning.map(({ text }) => text)];
}

function describeOpenServer(server: HttpServerSettings): string {
  const isLocal = server.type === 'unix' || isLoopbackHost(server.host);
  const who = isLocal ? 'every user of this machine' : 'whoever reaches it over the network';
  return `[${server.section}] asks for no password: ${who} can control the programs`;
}
