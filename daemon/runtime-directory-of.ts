import { join } from 'node:path';
import type { Settings } from '../conf/settings.ts';

/** Where FIFOs and state lie: if it is not said, beside the first unix socket, else beside the pidfile. */
export function runtimeDirectoryOf({ httpServers, supervisord }: Settings): string {
  const { runtime_directory: directory, identifier } = supervisord;
  // One of its own: what is in it is ours, and goes when we go.
  if (directory !== undefined) return join(directory, `${encodeURIComponent(identifier)}.d`);
  for (const server of httpServers) if (server.type === 'unix') return `${server.file}.d`;
  return `${supervisord.pidfile}.d`;
}
