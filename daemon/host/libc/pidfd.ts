/** Processes as descriptors. */
import { constants } from 'node:os';
import { checked, sizeCall } from './call.ts';

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
