import { integer, type Read, text } from './answers.ts';
import { isFault } from './failures.ts';
import { usageKey } from './status-format.ts';
import type { SupervisorApi } from './supervisor-api.ts';

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

/** Asks for the usage of all processes. A supervisord without that method tells nothing about any. */
export async function readUsages(supervisor: SupervisorApi): Promise<Usages> {
  try {
    const structs = await supervisor.getAllProcessUsage();
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
    if (isFault(error, 'UNKNOWN_METHOD')) return new Map();
    throw error;
  }
}

function optional<T>(read: Read<T>, value: Parameters<Read<T>>[0]): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}
