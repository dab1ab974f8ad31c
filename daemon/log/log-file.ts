/**
 * A log file that rotates. Bytes arrive by `splice`, which refuses files opened for appending, so each
 * write goes to wherever the end is then: after someone truncated the file, that is the new end.
 *
 * All processes that log to one path share one `LogFile`: none writes into a file that another rotated.
 */
import { closeSync, constants, fstatSync, openSync, statSync, truncateSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';
import { seekToEnd, splice, write } from '../host/libc/bytes.ts';
import { errnoOf } from '../host/libc/call.ts';
import { endsWithinLine } from './ends-within-line.ts';
import { identityOf } from './log-position.ts';
import { pipeCapacity } from './pipe-peek.ts';
import { isRemoved } from './removed-file.ts';
import { shiftBackups } from './rotation.ts';
import type { FilePosition, Rotation, Sink } from './sink.ts';

export interface LogFileOptions {
  /** For new files, less the umask. */
  readonly mode: number;
  log(level: 'error' | 'info', text: string): void;
}

const newline = Buffer.from('\n');

export class LogFile implements Sink {
  readonly path: string;
  readonly canBeFull = false;
  readonly #options: LogFileOptions;
  #fd: number | undefined;
  /** Of the open file, once it is asked for. */
  #identity: string | undefined;
  #holders = 0;
  /** Where to try rotation again after it failed. */
  #retryRotationAt = 0;
  /** The file was removed and cannot be made again, which has been told. */
  #isMissing = false;

  constructor(path: string, options: LogFileOptions) {
    this.path = path;
    this.#options = options;
  }

  hold(): void {
    this.#open();
    this.#holders += 1;
  }

  /** A file without a name is lost when it is closed, and takes up room until then. */
  restore(): void {
    const removed = this.#fd;
    if (removed === undefined || !isRemoved(removed, this.path)) return;
    const { log } = this.#options;
    this.#fd = undefined;
    try {
      this.#open();
    } catch (error) {
      this.#fd = removed;
      if (!this.#isMissing)
        log('error', `log file '${this.path}' was removed, and cannot be made again: ${errorCode(error)}`);
      this.#isMissing = true;
      return;
    }
    closeSync(removed);
    log('info', `log file '${this.path}' was removed, and has been made again`);
  }

  endLine(): void {
    const fd = this.#fd;
    // Not by name: somebody may have renamed it.
    if (fd === undefined || !endsWithinLine(`/proc/self/fd/${fd}`)) return;
    if (seekToEnd(fd) >= 0) write(fd, newline);
  }

  unhold(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.close();
  }

  splice(pipe: number, max: number, rotation: Rotation): number {
    return this.#append(rotation, (fd, end) => splice(pipe, fd, Math.min(max, roomFor(end, rotation))));
  }

  write(bytes: Uint8Array, rotation: Rotation): number {
    return this.#append(rotation, (fd) => write(fd, bytes));
  }

  position(): FilePosition | undefined {
    try {
      const fd = this.#open();
      this.#identity ??= identityOf(fstatSync(fd, { bigint: true }));
      const size = seekToEnd(fd);
      return size < 0 ? undefined : { path: resolve(this.path), file: this.#identity, size };
    } catch {
      // The write will tell what is wrong.
      return undefined;
    }
  }

  end(): FilePosition | undefined {
    try {
      const options = { bigint: true } as const;
      const stats = this.#fd === undefined ? statSync(this.path, options) : fstatSync(this.#fd, options);
      if (!stats.isFile()) return undefined;
      return { path: resolve(this.path), file: identityOf(stats), size: Number(stats.size) };
    } catch {
      return undefined;
    }
  }

  onWritable(): () => void {
    throw new Error(`a file is never full: "${this.path}"`);
  }

  reopen(): void {
    if (this.#fd === undefined) return;
    this.close();
    this.#open();
  }

  /** Empties the file, held or not. Anything but a regular file is left alone, and so are the backups. */
  clear(): void {
    if (isRegular(this.path)) truncateSync(this.path);
    this.#retryRotationAt = 0;
    this.reopen();
  }

  /** Until the next write, or for good. */
  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#identity = undefined;
  }

  #open(flags = 0): number {
    if (this.#fd === undefined) {
      // Not to wait for a reader, should someone have put a FIFO in the place of the file.
      const { O_WRONLY, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants;
      const all = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | flags;
      this.#fd = openSync(this.path, all, this.#options.mode);
      this.#isMissing = false;
      this.#identity = undefined;
    }
    return this.#fd;
  }

  #append(rotation: Rotation, put: (fd: number, end: number) => number): number {
    try {
      const fd = this.#open();
      const end = seekToEnd(fd);
      if (end < 0) return end;
      const count = put(fd, end);
      if (count > 0) this.#rotateAfter(end + count, rotation);
      return count;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  #rotateAfter(size: number, { maxbytes, backups }: Rotation): void {
    if (maxbytes <= 0 || size < maxbytes) return;
    if (this.#retryRotationAt > 0 && size < this.#retryRotationAt) return;
    const { log } = this.#options;
    try {
      shiftBackups(this.path, backups);
      this.#retryRotationAt = 0;
    } catch (error) {
      if (this.#retryRotationAt === 0)
        log('error', `cannot rotate log file '${this.path}': ${errorCode(error)}; it goes on growing`);
      this.#retryRotationAt = size + maxbytes;
      return;
    }
    this.close();
    try {
      this.#open(constants.O_TRUNC);
    } catch {
      // These bytes are written. The next write opens the file, or fails and is reported.
    }
  }
}

/**
 * How much a file has grown since it was at `position`, also if it was renamed as rotation does.
 *
 * @returns 0 as well if the file is not found, or has been cut off meanwhile
 */
export function growthSince({ path, file, size }: FilePosition): number {
  for (const candidate of [path, `${path}.1`]) {
    try {
      const found = statSync(candidate, { bigint: true });
      if (identityOf(found) === file) return Math.max(0, Number(found.size) - size);
    } catch {
      // It is not there.
    }
  }
  return 0;
}

/** A file becomes larger than it should by a pipeful at most. */
function roomFor(size: number, { maxbytes }: Rotation): number {
  return maxbytes <= 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxbytes - size) + pipeCapacity;
}

function isRegular(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
