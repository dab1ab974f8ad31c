/**
 * The folder of every call into the C library that Node does not offer, and of koffi: nothing outside it
 * knows either. This module turns C functions into functions, and errno into names and errors.
 *
 * Calls on the way of the bytes answer as the kernel does: a result, or a negated errno; nothing is
 * thrown where EAGAIN is an everyday answer. The others throw `SystemError`.
 *
 * Structures are laid out by hand in reused buffers: no names are registered, so that this module may be
 * loaded more than once in a process, and a call allocates nothing. Layouts are those of glibc on 64-bit
 * Linux; the one that differs between x64 and arm64 is `epoll_event`.
 */
import { constants } from 'node:os';
import koffi from 'koffi';

/** The C library, which Node itself is linked with. */
export const c = koffi.load(null);

const errnoNames = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  // EAGAIN comes before its other name EWOULDBLOCK, and is what every message says.
  if (!errnoNames.has(number)) errnoNames.set(number, name);
}

/** The name of an errno, such as `ENOENT`; the number itself where it has none. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? String(errno);
}

export const {
  EAGAIN,
  ECANCELED,
  ECHILD,
  EEXIST,
  EINTR,
  EINVAL,
  EMFILE,
  EMSGSIZE,
  ENOENT,
  ENOMEM,
  ENXIO,
  EPERM,
  EPIPE,
  EPROTOTYPE,
} = constants.errno;

/** A system call that failed. */
export class SystemError extends Error {
  /** Name of the errno, as in Node's own errors. */
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject?: string) {
    const code = errnoName(errno);
    super(`${syscall}${subject === undefined ? '' : ` '${subject}'`}: ${code}`);
    this.name = 'SystemError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** The errno of what a system call threw. Anything else that was thrown is thrown again. */
export function errnoOf(error: unknown): number {
  // Node's own errors carry the errno negated, as libuv does.
  if (typeof error === 'object' && error !== null && 'errno' in error && typeof error.errno === 'number') {
    return Math.abs(error.errno);
  }
  throw error;
}

/** A C function that returns an `int`, −1 with errno on failure. */
export function intCall(name: string, parameters: string[]): (...args: unknown[]) => number {
  const call = c.func(name, 'int', parameters);
  return (...args) => {
    const result: number = call(...args);
    return result < 0 ? -koffi.errno() : result;
  };
}

/** The same for functions that return `ssize_t` or `off_t`. */
export function sizeCall(name: string, parameters: string[]): (...args: unknown[]) => number {
  const call = c.func(name, 'int64_t', parameters);
  return (...args) => {
    const result = Number(call(...args));
    return result < 0 ? -koffi.errno() : result;
  };
}

/** A function of the `posix_spawn` family: returns the errno itself. */
export function errnoCall(name: string, parameters: string[]): (...args: unknown[]) => number {
  return c.func(name, 'int', parameters);
}

/** @throws {SystemError} when the result is a negated errno */
export function checked(result: number, syscall: string, subject?: string): number {
  if (result < 0) throw new SystemError(syscall, -result, subject);
  return result;
}

/** For a function that an older C library may lack. */
export function optionalIntCall(
  name: string,
  parameters: string[],
): ((...args: unknown[]) => number) | undefined {
  try {
    return intCall(name, parameters);
  } catch {
    return undefined;
  }
}
