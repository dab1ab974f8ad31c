import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { closeOnExecFrom, setCloseOnExec } from './libc/descriptors.ts';

/**
 * Marks every descriptor from 3 on close-on-exec, so that no child inherits one. To be called once, as
 * early as possible: what the daemon opens itself is marked from the start.
 *
 * @returns the descriptors that the daemon was started with, 0 to 2 among them: those that a log path such
 *   as `/dev/fd/3` may name. The others are the runtime's own.
 */
export function closeInheritedOnExec(): ReadonlySet<number> {
  const open = openDescriptors();
  const inherited = open.filter((descriptor) => descriptor.fd <= 2 || !isOfRuntime(descriptor, open));
  if (!closeOnExecFrom(3)) {
    for (const { fd } of inherited) if (fd > 2) setCloseOnExec(fd);
  }
  return new Set(inherited.map(({ fd }) => fd));
}

interface Descriptor {
  readonly fd: number;
  /** What it leads to: a path, or `pipe:[7]` and the like. */
  readonly target: string;
  readonly isForWriting: boolean;
}

/**
 * Node marks inherited descriptors close-on-exec just like its own, so the mark tells nothing. But its own
 * are epoll sets, event counters, and pipes of which it holds both ends.
 */
function isOfRuntime({ target, isForWriting }: Descriptor, open: readonly Descriptor[]): boolean {
  if (target.startsWith('anon_inode:')) return true;
  if (!target.startsWith('pipe:')) return false;
  return open.some((other) => other.fd > 2 && other.target === target && other.isForWriting !== isForWriting);
}

function openDescriptors(): readonly Descriptor[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      const [, flags = '0'] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
      // The last octal digit holds the access mode, 0 being "for reading".
      return [{ fd: Number(fd), target, isForWriting: (Number.parseInt(flags, 8) & 3) !== 0 }];
    } catch {
      // The one that the directory was read with.
      return [];
    }
  });
}
