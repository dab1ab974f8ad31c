/** Resource limits of this process. */
import { checked, intCall } from './call.ts';

const getrlimitCall = intCall('getrlimit', ['int', 'void *']);
const setrlimitCall = intCall('setrlimit', ['int', 'void *']);
const resources = { NPROC: 6, NOFILE: 7 } as const;
const unlimited = 0xffff_ffff_ffff_ffffn;
const rlimit = Buffer.alloc(16);

/** A resource limit; `Infinity` is no limit. */
export interface ResourceLimit {
  readonly soft: number;
  readonly hard: number;
}

/** @throws {SystemError} */
export function getLimit(resource: keyof typeof resources): ResourceLimit {
  checked(getrlimitCall(resources[resource], rlimit), 'getrlimit');
  const [soft, hard] = [rlimit.readBigUInt64LE(0), rlimit.readBigUInt64LE(8)];
  return {
    soft: soft === unlimited ? Infinity : Number(soft),
    hard: hard === unlimited ? Infinity : Number(hard),
  };
}

/** @throws {SystemError} `EPERM`: only root may raise a hard limit */
export function setLimit(resource: keyof typeof resources, { soft, hard }: ResourceLimit): void {
  rlimit.writeBigUInt64LE(soft === Infinity ? unlimited : BigInt(soft), 0);
  rlimit.writeBigUInt64LE(hard === Infinity ? unlimited : BigInt(hard), 8);
  checked(setrlimitCall(resources[resource], rlimit), 'setrlimit');
}

/**
 * Calls `call` with this soft limit on open files, as far as the hard one allows it, and puts the present one back.
 * `undefined`: with the present one.
 */
export function withSoftNofile<T>(soft: number | undefined, call: () => T): T {
  if (soft === undefined) return call();
  const own = getLimit('NOFILE');
  const limit = { soft: Math.min(soft, own.hard), hard: own.hard };
  if (limit.soft === own.soft) return call();
  setLimit('NOFILE', limit);
  try {
    return call();
  } finally {
    setLimit('NOFILE', own);
  }
}
