/** Descriptors: FIFOs, pipes, duplicates, and what programs inherit. */
import { checked, EEXIST, ENOENT, intCall, optionalIntCall } from './call.ts';

/** Octal 02000000 on x64 and arm64 alike. Node's own opens always have it. */
export const O_CLOEXEC = 0o2000000;
const mkfifoCall = intCall('mkfifo', ['str', 'uint32_t']);
const unlinkCall = intCall('unlink', ['str']);
const pipe2Call = intCall('pipe2', ['void *', 'int']);
const dup2Call = intCall('dup2', ['int', 'int']);
const flockCall = intCall('flock', ['int', 'int']);
const fcntlCall = intCall('fcntl', ['int', 'int', 'int64_t']);
// Since glibc 2.34; callers have another way without it.
const closeRangeCall = optionalIntCall('close_range', ['unsigned int', 'unsigned int', 'int']);

/** @throws {SystemError} `EEXIST` and the like */
export function makeFifo(path: string, mode: number): void {
  checked(mkfifoCall(path, mode), 'mkfifo', path);
}

/** Makes a FIFO where nothing is. @returns whether nothing was there @throws {SystemError} */
export function makeFifoIfMissing(path: string, mode: number): boolean {
  const result = mkfifoCall(path, mode);
  if (result === -EEXIST) return false;
  checked(result, 'mkfifo', path);
  return true;
}

/**
 * Takes a name from a file; a missing one is fine. Node's own call makes an exception of it, which takes ten times as
 * long.
 *
 * @throws {SystemError}
 */
export function unlinkIfThere(path: string): void {
  const result = unlinkCall(path);
  if (result !== -ENOENT) checked(result, 'unlink', path);
}

/** A pipe for use within the daemon: closed on exec, never waiting. */
export function makePipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const O_NONBLOCK = 0o4000;
  const ends = Buffer.alloc(8);
  checked(pipe2Call(ends, O_CLOEXEC | O_NONBLOCK), 'pipe2');
  return { readEnd: ends.readInt32LE(0), writeEnd: ends.readInt32LE(4) };
}

/** A second descriptor, 3 or higher and closed on exec, for the same open file. */
export function duplicate(fd: number): number {
  const F_DUPFD_CLOEXEC = 1030;
  return checked(fcntlCall(fd, F_DUPFD_CLOEXEC, 3), 'fcntl');
}

/** Has a descriptor stay open for another program that this one executes. */
export function keepOnExec(fd: number): void {
  const F_SETFD = 2;
  fcntlCall(fd, F_SETFD, 0);
}

/** Makes descriptor `to` mean what `from` means; what it meant before is closed. Programs inherit it. */
export function duplicateOnto(from: number, to: number): void {
  checked(dup2Call(from, to), 'dup2');
}

export function setCloseOnExec(fd: number): void {
  const [F_SETFD, FD_CLOEXEC] = [2, 1];
  fcntlCall(fd, F_SETFD, FD_CLOEXEC);
}

/** Sets close-on-exec on all descriptors from `first` on. False: this kernel or libc cannot. */
export function closeOnExecFrom(first: number): boolean {
  const CLOSE_RANGE_CLOEXEC = 4;
  return closeRangeCall !== undefined && closeRangeCall(first, 0xffffffff, CLOSE_RANGE_CLOEXEC) === 0;
}

/** Locks an open file for this process alone, until it closes it or ends. `false`: another one has it. */
export function tryLock(fd: number): boolean {
  const [LOCK_EX, LOCK_NB] = [2, 4];
  return flockCall(fd, LOCK_EX | LOCK_NB) === 0;
}

/** How many bytes a pipe can hold, or a negated errno. */
export function pipeSize(fd: number): number {
  const F_GETPIPE_SZ = 1032;
  return fcntlCall(fd, F_GETPIPE_SZ, 0);
}

/**
 * Has a pipe hold so many bytes, a power of two.
 *
 * @returns that, or a negated errno: `EPERM`, the user has too many pages in pipes; `EBUSY`, there are more bytes in it
 */
export function resizePipe(fd: number, bytes: number): number {
  const F_SETPIPE_SZ = 1031;
  return fcntlCall(fd, F_SETPIPE_SZ, bytes);
}
