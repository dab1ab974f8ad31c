/** The clock by which the kernel notes when a process began. */
import { checked, intCall } from './call.ts';

const CLOCK_BOOTTIME = 7;
const clockCall = intCall('clock_gettime', ['int', 'void *']);
/** `struct timespec`. */
const time = Buffer.alloc(16);

/** Nanoseconds since the machine was started, times of sleep included. */
export function bootNanoseconds(): bigint {
  checked(clockCall(CLOCK_BOOTTIME, time), 'clock_gettime');
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}
