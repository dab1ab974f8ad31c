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
