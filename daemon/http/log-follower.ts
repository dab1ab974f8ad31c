/**
 * A log file as it grows, like `tail -F`: its last bytes, then whatever is appended, through truncation
 * and rotation.
 *
 * Driven by inotify. The watch on the file itself tells of writes, and also when it is renamed or removed;
 * the directory, whose other files may be busy, is watched only while the name is free or a symbolic link.
 * Bytes are read when the reader has taken the ones before, so a slow reader costs one buffer. One that is
 * slower than a whole generation of the log goes on at the current one.
 */
import { constants, type FSWatcher, type Stats, watch } from 'node:fs';
import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';
import type { Sink } from './streamed-answer.ts';

const bufferBytes = 64 * 1024;
const truncationMarker = Buffer.from('==> File truncated <==\n');

export class LogFollower {
  readonly #path: string;
  #file: FileHandle;
  #identity: Stats;
  #position: number;
  #fileWatch: FSWatcher | undefined;
  #directoryWatch: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  private constructor(path: string, file: FileHandle, identity: Stats, position: number) {
    this.#path = path;
    this.#file = file;
    this.#identity = identity;
    this.#position = position;
  }

  /**
   * Opens the log, to follow it from its last `lastBytes` on.
   *
   * @returns `undefined` if there is no such file, or it is not a regular one
   */
  static async open(path: string, lastBytes: number): Promise<LogFollower | undefined> {
    const opened = await openRegular(path);
    if (opened === undefined) return undefined;
    const { file, identity } = opened;
    return new LogFollower(path, file, identity, Math.max(identity.size - lastBytes, 0));
  }

  /** When the log was written last. */
  get modified(): Date {
    return this.#identity.mtime;
  }

  /**
   * Sends what there is and what comes to `sink`, until the signal aborts.
   *
   * @throws what the sink throws, or the system's error when the log or its directory can no longer be
   *   watched
   */
  async follow(sink: Sink, abortSignal: AbortSignal): Promise<void> {
    const buffer = Buffer.allocUnsafe(bufferBytes);
    const wake = (): void => this.#notice();
    abortSignal.addEventListener('abort', wake);
    try {
      await this.#watchFile();
      while (!abortSignal.aborted) {
        // Cleared before reading: what is written meanwhile sets it again.
        this.#changed = false;
        await this.#drain(buffer, sink, abortSignal);
        if (this.#failure !== undefined) throw this.#failure;
        if (await this.#switchIfReplaced(buffer, sink, abortSignal)) continue;
        if (!abortSignal.aborted) await this.#nextChange();
      }
    } finally {
      abortSignal.removeEventListener('abort', wake);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fileWatch?.close();
    this.#directoryWatch?.close();
    await this.#file.close();
  }

  /** Sends the open file to its end. */
  async #drain(buffer: Buffer, sink: Sink, abortSignal: AbortSignal): Promise<void> {
    if ((await this.#file.stat()).size < this.#position) {
      await sink(truncationMarker);
      this.#position = 0;
    }
    while (!abortSignal.aborted) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      await sink(buffer.subarray(0, bytesRead));
    }
  }

  /** If the name stands for another file now: the rest of the old one, then on to the new one. */
  async #switchIfReplaced(buffer: Buffer, sink: Sink, abortSignal: AbortSignal): Promise<boolean> {
    const found = await stat(this.#path).catch(() => undefined);
    if (found?.ino === this.#identity.ino && found.dev === this.#identity.dev) return false;
    const opened = found && (await openRegular(this.#path));
    if (opened === undefined) {
      if (this.#directoryWatch !== undefined) return false;
      // Looks again once the directory is watched, or a file that came in between would be missed.
      this.#watchDirectory();
      return true;
    }
    // Nobody writes to the old file once its successor is there, so this is its end.
    await this.#drain(buffer, sink, abortSignal);
    await this.#file.close();
    this.#file = opened.file;
    this.#identity = opened.identity;
    this.#position = 0;
    await this.#watchFile();
    return true;
  }

  async #watchFile(): Promise<void> {
    this.#fileWatch?.close();
    this.#directoryWatch?.close();
    this.#directoryWatch = undefined;
    try {
      this.#fileWatch = watch(this.#path, () => this.#notice());
      this.#fileWatch.on('error', (error) => this.#fail(error));
    } catch (error) {
      // Gone again: the next look finds that out, and watches the directory.
      if (errorCode(error) !== 'ENOENT') throw error;
      this.#fileWatch = undefined;
    }
    // A symbolic link can be set to another file, which the file it led to does not notice.
    const link = await lstat(this.#path).catch(() => undefined);
    if (link?.isSymbolicLink()) this.#watchDirectory();
  }

  #watchDirectory(): void {
    const name = basename(this.#path);
    this.#directoryWatch = watch(dirname(this.#path), (_event, changed) => {
      if (changed === name || changed === null) this.#notice();
    });
    this.#directoryWatch.on('error', (error) => this.#fail(error));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#notice();
  }

  #notice(): void {
    this.#changed = true;
    this.#wake?.();
  }

  #nextChange(): Promise<void> {
    if (this.#changed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

async function openRegular(path: string): Promise<{ file: FileHandle; identity: Stats } | undefined> {
  let file: FileHandle;
  try {
    // Opening a FIFO must not wait for its other end.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const identity = await file.stat();
  if (identity.isFile()) return { file, identity };
  await file.close();
  return undefined;
}
