/** Children: start one, learn that one ended, reap it. */
import { errnoCall, intCall } from './call.ts';
import { withSoftNofile } from './limits.ts';
import { stringVector } from './string-vector.ts';

const waitidCall = intCall('waitid', ['int', 'uint32_t', 'void *', 'int']);
const siginfo = Buffer.alloc(128);
const [P_ALL, P_PID] = [0, 1];
const [WNOHANG, WEXITED, WNOWAIT] = [1, 4, 0x01000000];

/** A child that has ended: `code` is one of `CLD_EXITED` 1, `CLD_KILLED` 2, `CLD_DUMPED` 3. */
export interface EndedChild {
  readonly pid: number;
  readonly code: number;
  readonly status: number;
}

function endedChild(result: number): EndedChild | undefined {
  const pid = siginfo.readInt32LE(16);
  if (result < 0 || pid === 0) return undefined;
  return { pid, code: siginfo.readInt32LE(8), status: siginfo.readInt32LE(24) };
}

/** Any child that has ended and waits to be reaped; it goes on waiting. */
export function peekEndedChild(): EndedChild | undefined {
  siginfo.writeInt32LE(0, 16);
  return endedChild(waitidCall(P_ALL, 0, siginfo, WEXITED | WNOHANG | WNOWAIT));
}

/** Reaps any child that has ended. */
export function reapAnyChild(): EndedChild | undefined {
  siginfo.writeInt32LE(0, 16);
  return endedChild(waitidCall(P_ALL, 0, siginfo, WEXITED | WNOHANG));
}

/** Reaps one child, if it has ended and nobody else reaped it. */
export function reapChild(pid: number): EndedChild | undefined {
  siginfo.writeInt32LE(0, 16);
  return endedChild(waitidCall(P_PID, pid, siginfo, WEXITED | WNOHANG));
}

/** Waits until a child that is about to end has done so, and reaps it. Not our child: does nothing. */
export function awaitChild(pid: number): void {
  waitidCall(P_PID, pid, siginfo, WEXITED);
}

const setpgroupAndSignals = 2 | 4 | 8; // POSIX_SPAWN_SETPGROUP, SETSIGDEF, SETSIGMASK
/** glibc needs 336 bytes for attributes, 80 for file actions and 128 for a signal set; musl less. */
const attributes = Buffer.alloc(512);
const fileActions = Buffer.alloc(512);
const signalSet = Buffer.alloc(128);
const posixSpawn = errnoCall('posix_spawn', ['void *', 'str', 'void *', 'void *', 'void *', 'void *']);
const actionsInit = errnoCall('posix_spawn_file_actions_init', ['void *']);
const actionsDestroy = errnoCall('posix_spawn_file_actions_destroy', ['void *']);
const actionsDup2 = errnoCall('posix_spawn_file_actions_adddup2', ['void *', 'int', 'int']);
const actionsChdir = errnoCall('posix_spawn_file_actions_addchdir_np', ['void *', 'str']);

errnoCall('posix_spawnattr_init', ['void *'])(attributes);
errnoCall('posix_spawnattr_setflags', ['void *', 'short'])(attributes, setpgroupAndSignals);
errnoCall('posix_spawnattr_setpgroup', ['void *', 'int'])(attributes, 0);
errnoCall('sigfillset', ['void *'])(signalSet);
errnoCall('posix_spawnattr_setsigdefault', ['void *', 'void *'])(attributes, signalSet);
errnoCall('sigemptyset', ['void *'])(signalSet);
errnoCall('posix_spawnattr_setsigmask', ['void *', 'void *'])(attributes, signalSet);

/** A program to execute in a new child. */
export interface ChildImage {
  readonly path: string;
  readonly argv: readonly string[];
  /** `NAME=value` strings. */
  readonly environment: readonly string[];
  /** Descriptors, 3 or higher, that become 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
  /** More descriptors that it is to have, by their own numbers. */
  readonly inherited?: Iterable<number>;
  readonly directory: string | undefined;
  /** Soft limit on open files; `undefined`: that of this process. */
  readonly nofile: number | undefined;
}

const pidBuffer = Buffer.alloc(4);

/**
 * Starts a child as leader of a new process group, all signals at their defaults and none blocked.
 *
 * @returns its pid, or a negated errno, that of `execve` and `chdir` in the child included
 */
export function spawnChild(image: ChildImage): number {
  const { path, argv, environment, stdio, inherited = [], directory, nofile } = image;
  actionsInit(fileActions);
  try {
    let errno = directory === undefined ? 0 : actionsChdir(fileActions, directory);
    for (const [target, fd] of stdio.entries()) errno ||= actionsDup2(fileActions, fd, target);
    // Onto itself: it is not closed on exec any more.
    for (const fd of inherited) errno ||= actionsDup2(fileActions, fd, fd);
    const argvVector = stringVector(argv);
    const environmentVector = stringVector(environment);
    // Not before: an action with a descriptor beyond the limit of the moment is refused with EBADF.
    errno ||= withSoftNofile(nofile, () =>
      posixSpawn(pidBuffer, path, fileActions, attributes, argvVector.pointers, environmentVector.pointers),
    );
    return errno === 0 ? pidBuffer.readInt32LE(0) : -errno;
  } finally {
    actionsDestroy(fileActions);
  }
}
