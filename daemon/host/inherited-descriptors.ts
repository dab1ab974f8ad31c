import { readdirSync } from 'node:fs';
import { closeOnExecFrom, setCloseOnExec, survivesExec } from './libc/descriptors.ts';

/**
 * Marks every descriptor from 3 on close-on-exec, so that no child inherits one. To be called once, as
 * early as possible: what the daemon opens itself is marked from the start.
 *
 * @returns the descriptors that the daemon was started with, 0 to 2 among them: those that a log path such
 *   as `/dev/fd/3` may name. The others are the runtime's own.
 */
export function closeInheritedOnExec(): ReadonlySet<number> {
  const open = readdirSync('/proc/self/fd').map(Number);
  const inherited = open.filter((fd) => fd <= 2 || survivesExec(fd));
  if (!closeOnExecFrom(3)) {
    for (const fd of inherited) if (fd > 2) setCloseOnExec(fd);
  }
  return new Set(inherited);
}
