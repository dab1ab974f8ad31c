/** Processes as descriptors. */
import { constants } from 'node:os';
import { checked, intCall, sizeCall } from './call.ts';

/** The number is the same on every architecture. glibc has a function for it only since 2.36. */
const SYS_pidfd_open = 434;
const syscall = sizeCall('syscall', ['int64_t', 'int64_t', 'int64_t']);

/**
 * A descriptor, closed on exec, that stands for this process and no later one of the same pid. It becomes
 * readable when the process has ended, reaped or not. The caller closes it.
 *
 * @returns `undefined`: there is no such process
 * @throws {SystemError} `EMFILE`, `ENOSYS` (before Linux 5.3) and the like; `EINVAL` or `ENOENT`: the number of a thread
 * @see pidfd_open(2)
 */
export function openPidfd(pid: number): number | undefined {
  const result = syscall(SYS_pidfd_open, pid, 0);
  if (result === -constants.errno.ESRCH) return undefined;
  return checked(result, 'pidfd_open', String(pid));
}

const SYS_pidfd_send_signal = 424;
const signalCall = sizeCall('syscall', ['int64_t', 'int64_t', 'int64_t', 'void *', 'int64_t']);

/** Sends a signal to the process and to no other, whatever has become of its pid. @returns 0, or a negated errno */
export function signalPidfd(pidfd: number, signal: number): number {
  return signalCall(SYS_pidfd_send_signal, pidfd, signal, null, 0);
}

const SYS_pidfd_getfd = 438;
const getfdCall = sizeCall('syscall', ['int64_t', 'int64_t', 'int64_t', 'int64_t']);

/**
 * A descriptor of ours, closed on exec, for what the process has as its descriptor `fd`.
 *
 * @throws {SystemError} `EPERM`: we could not trace it; `EBADF`: it has none
 */
export function duplicateOf(pidfd: number, fd: number): number {
  return checked(getfdCall(SYS_pidfd_getfd, pidfd, fd, 0), 'pidfd_getfd');
}

/** `_IOWR(0xFF, 11, struct pidfd_info)`, of 64 bytes. */
const PIDFD_GET_INFO = 0xc040ff0b;
const PIDFD_INFO_EXIT = 8n;
const ioctlCall = intCall('ioctl', ['int', 'unsigned long', 'void *']);
/** Begins with a mask of what is asked for and answered, and ends with the exit status. */
const info = Buffer.alloc(64);

/**
 * How a process that has ended did so, as `wait` would tell its parent.
 *
 * @returns `undefined`: it has not been reaped yet, or this kernel cannot tell (before Linux 6.15)
 */
export function waitStatusOf(pidfd: number): number | undefined {
  info.fill(0);
  info.writeBigUInt64LE(PIDFD_INFO_EXIT, 0);
  if (ioctlCall(pidfd, PIDFD_GET_INFO, info) < 0) return undefined;
  return info.readBigUInt64LE(0) & PIDFD_INFO_EXIT ? info.readInt32LE(60) : undefined;
}
