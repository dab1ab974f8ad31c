import type { Status } from 'pidusage';
import { integer, type Read, text } from './answers.ts';
import { isFault } from './failures.ts';
import type { Session } from './session.ts';
import { usageKey } from './status-format.ts';
import type { ProcessInfo } from './supervisor-api.ts';

/** What a process uses, and how it has fared; `undefined` where the server does not tell. */
export interface ProcessUsage {
  /** Per cent of one core. */
  readonly cpu: number | undefined;
  /** Bytes. */
  readonly memory: number | undefined;
  readonly restarts: number | undefined;
  readonly lastexit: string | undefined;
}

/** By `usageKey`. */
export type Usages = ReadonlyMap<string, ProcessUsage>;

/**
 * Asks for the usage of all processes. What a supervisord without that method does not tell is measured here, if it
 * runs here.
 */
export async function readUsages(session: Session, processes: readonly ProcessInfo[]): Promise<Usages> {
  try {
    const structs = await session.supervisor.getAllProcessUsage();
    return new Map(
      structs.map((members) => [
        usageKey({ group: text(members.get('group')), name: text(members.get('name')) }),
        {
          cpu: optional(integer, members.get('cpu')),
          memory: optional(integer, members.get('memory')),
          restarts: optional(integer, members.get('restarts')),
          lastexit: optional(text, members.get('lastexit')),
        },
      ]),
    );
  } catch (error) {
    if (!isFault(error, 'UNKNOWN_METHOD')) throw error;
    return session.serverurl.startsWith('unix://') ? measure(session, processes) : new Map();
  }
}

/** CPU usage since the start of each process, and memory. */
async function measure(session: Session, processes: readonly ProcessInfo[]): Promise<Usages> {
  const running = processes.filter(({ pid }) => pid !== 0);
  if (running.length === 0) return new Map();
  const daemon = await session.supervisor.getPID();
  const measured = await usageByPid(running.map(({ pid }) => pid));
  const usages = new Map<string, ProcessUsage>();
  for (const info of running) {
    const usage = measured[info.pid];
    // The socket of a container may be reached from outside, where its ids are those of others.
    if (!usage || usage.ppid !== daemon) continue;
    const { ctime, elapsed, memory } = usage;
    const cpu = elapsed > 0 ? (100 * ctime) / elapsed : 0;
    usages.set(usageKey(info), { cpu, memory, restarts: undefined, lastexit: undefined });
  }
  return usages;
}

async function usageByPid(pids: number[]): Promise<Record<string, Status | null>> {
  // Not at the top: no other action needs it.
  const { default: pidusage } = await import('pidusage');
  // It fails when all of them have gone meanwhile.
  return pidusage(pids).catch(() => ({}));
}

function optional<T>(read: Read<T>, value: Parameters<Read<T>>[0]): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}
