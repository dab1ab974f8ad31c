import type { Daemon } from './daemons.ts';

/** A number that `monitor.getAllProcessUsage` tells of a process, such as `restarts`. */
export async function usageOf(daemon: Daemon, name: string, member: string): Promise<number> {
  const all = await daemon.rpc('monitor.getAllProcessUsage');
  if (!Array.isArray(all)) throw new Error('getAllProcessUsage answered no array');
  const usage = all.find((struct) => struct instanceof Map && struct.get('name') === name);
  return usage instanceof Map ? Number(usage.get(member)) : Number.NaN;
}
