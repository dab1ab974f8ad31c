import { accessSync, constants as files, statSync } from 'node:fs';
import { constants } from 'node:os';
import nodeProcess from 'node:process';
import { errorCode } from '../../conf/error-code.ts';
import type { User } from '../../conf/settings.ts';
import { type Birth, presentTick } from './birth.ts';
import { launchAs, type Program } from './launch-chain.ts';
import { errnoName } from './libc/call.ts';
import { spawnChild } from './libc/children.ts';
import { nonrootReason } from './privileges.ts';

/** A program, and the circumstances it is to find itself in. */
export interface SpawnRequest extends Program {
  /** Process name, for messages. */
  readonly name: string;
  /** Descriptors, 3 or higher and closed on exec, that become the child's 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
  readonly user: User | undefined;
  /** `undefined`: the daemon's. */
  readonly umask: number | undefined;
  /** Soft limit on open files; `undefined`: the daemon's. */
  readonly nofile: number | undefined;
}

export type SpawnOutcome =
  | { readonly type: 'spawned'; readonly pid: number; readonly birth: Birth }
  | {
      readonly type: 'failed';
      /** The spawn error. */
      readonly reason: string;
      /** What the child's own log is told; empty when the failure has nothing to do with the program. */
      readonly lines: string;
    };

/**
 * Starts a program as leader of a new process group, with signals at their defaults, its own umask and
 * directory, and descriptors 0, 1 and 2 only.
 *
 * A program without a chain in front is executed directly: a script without `#!` fails with ENOEXEC.
 *
 * @see supervisor/process.py, `_spawn_as_child`
 */
export function spawnProgram(request: SpawnRequest): SpawnOutcome {
  let program: Program = request;
  const { user } = request;
  const uid = nodeProcess.getuid?.() ?? 0;
  if (user !== undefined && user.uid !== uid) {
    const failed = (reason: string) => refusal(`couldn't setuid to ${user.uid}: ${reason}`);
    if (uid !== 0) return failed(nonrootReason);
    const launch = launchAs(user, request);
    if (launch.type === 'missing-tool') return failed(`${launch.tool} not found`);
    program = launch;
  }

  const environment = Array.from(program.environment, ([name, value]) => `${name}=${value}`);
  const { path, argv, directory } = program;
  const { stdio, nofile } = request;
  const from = presentTick();
  const pid = withUmask(request.umask, () =>
    spawnChild({ path, argv, environment, stdio, directory, nofile }),
  );
  return pid > 0 ? { type: 'spawned', pid, birth: { from, to: presentTick() } } : explain(-pid, request);
}

/** The umask belongs to the whole process; nothing else runs while a child is started. */
function withUmask<T>(umask: number | undefined, spawn: () => T): T {
  if (umask === undefined) return spawn();
  const own = nodeProcess.umask(umask);
  try {
    return spawn();
  } finally {
    nodeProcess.umask(own);
  }
}

/** `posix_spawn` has one errno for fork, chdir and exec: finds out which it was. */
function explain(errno: number, { name, argv, directory }: SpawnRequest): SpawnOutcome {
  const { EAGAIN, ENOMEM } = constants.errno;
  if (errno === EAGAIN) {
    return { type: 'failed', reason: `Too many processes in process table to spawn '${name}'`, lines: '' };
  }
  if (errno === ENOMEM) {
    return { type: 'failed', reason: `unknown error during fork for '${name}': ENOMEM`, lines: '' };
  }
  const chdirError = directory === undefined ? undefined : directoryError(directory);
  if (chdirError !== undefined) return refusal(`couldn't chdir to ${directory}: ${chdirError}`);
  return refusal(`couldn't exec ${argv[0]}: ${errnoName(errno)}`);
}

function directoryError(directory: string): string | undefined {
  try {
    if (!statSync(directory).isDirectory()) return 'ENOTDIR';
    accessSync(directory, files.X_OK);
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

function refusal(reason: string): SpawnOutcome {
  return {
    type: 'failed',
    reason,
    lines: `supervisor: ${reason}\nsupervisor: child process was not spawned\n`,
  };
}
