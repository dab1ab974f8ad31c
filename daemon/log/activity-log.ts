/**
 * The daemon's own log, in supervisord's format: `YYYY-MM-DD HH:MM:SS,mmm LEVL text`.
 *
 * The kernel has a record when `log` returns, so that a daemon which is killed has said all that it had to say.
 * `rotating-file-stream` rotates as supervisord does (after the record that reaches the limit, `f` → `f.1` → `f.2`).
 * Targets that cannot rotate (`/dev/null`, `/dev/stdout`, a FIFO) are written as they are. A target that fails does
 * not take the daemon with it: records wait in bounded memory, and the log says afterwards how many were dropped.
 *
 * @see supervisor/loggers.py; docs/configuration/supervisord.md, `logfile`
 */
import { once } from 'node:events';
import { appendFileSync, closeSync, fstatSync, openSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { createStream } from 'rotating-file-stream';
import { errorCode } from '../../conf/error-code.ts';
import { type LogLevel, logLevels } from '../../conf/settings.ts';
import type { EpochSeconds } from '../host/clock.ts';
import { writeAll } from '../host/write-all.ts';
import { endsWithinLine } from './ends-within-line.ts';
import { formatRecord } from './log-record.ts';
import { isRemoved } from './removed-file.ts';

/** Records that wait while the target cannot be written; beyond this the newest are dropped and counted. */
const maxQueuedBytes = 4 * 1024 * 1024;
const retryMilliseconds = 1000;

/** Takes lines that go elsewhere than to a file, and never blocks. */
export interface LineWriter {
  write(text: string): void;
  /** Lets go of the place, when what was written has gone there or does not get there in time. */
  close(): Promise<void>;
}

export interface ActivityLogOptions {
  /** Absolute path, or `syslog`. */
  readonly logfile: string;
  /** Bytes; 0: never rotate. */
  readonly maxBytes: number;
  readonly backups: number;
  readonly level: LogLevel;
  readonly now: () => EpochSeconds;
  /** Receives every record too, before the file: the copy on stdout in the foreground. */
  readonly copy: LineWriter | undefined;
  /** Writes to a target that is no regular file; `undefined` when the path names a regular or new file. */
  readonly device: LineWriter | undefined;
  /** How `device` gets records; by default as a file does. */
  readonly format?: typeof formatRecord;
}

export class ActivityLog {
  readonly #options: ActivityLogOptions;
  readonly #threshold: number;
  /** Open for appending; `undefined`: it is being rotated, or could not be opened or written. */
  #fd: number | undefined;
  #rotating: Promise<void> | undefined;
  /** Size from which on rotation is tried again after it failed. */
  #retryRotationAt = 0;
  #queue: string[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #failure: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @throws the system's error when the file cannot be opened for appending */
  constructor(options: ActivityLogOptions) {
    this.#options = options;
    this.#threshold = logLevels[options.level];
    if (options.device !== undefined) return;
    this.#fd = openSync(options.logfile, 'a');
    this.#rotateIfFull(this.#fd);
  }

  get path(): string {
    return this.#options.logfile;
  }

  /** Whether records of this level are written: to skip the making of costly texts. */
  isEnabled(level: LogLevel): boolean {
    return logLevels[level] >= this.#threshold;
  }

  /** Writes one record. Texts of several lines are written raw, as supervisord does. */
  log(level: LogLevel, text: string): void {
    if (!this.isEnabled(level)) return;
    const { now, copy, device, format = formatRecord } = this.#options;
    const time = now();
    const record = formatRecord(time, level, text);
    copy?.write(record);
    if (device === undefined) this.#enqueue(record);
    else device.write(format(time, level, text));
  }

  /** The same for a daemon that is about to die: what waits for a rotation does not wait any longer. */
  logNow(level: LogLevel, text: string): void {
    this.log(level, text);
    if (this.#queue.length === 0) return;
    try {
      appendFileSync(this.path, this.#queue.join(''));
      this.#queue = [];
      this.#queuedBytes = 0;
    } catch {
      // Nothing is left to tell it to.
    }
  }

  /** Resolves when every record so far is in the file, or the target has failed. */
  async flush(): Promise<void> {
    while (this.#rotating !== undefined) await this.#rotating;
  }

  /** Closes the file and opens it again by name, after someone renamed it. */
  async reopen(): Promise<void> {
    if (this.#options.device !== undefined) return;
    await this.flush();
    this.#reopen();
  }

  /**
   * Deletes the file and starts it anew; backups are kept, and a target that is no regular file is left
   * alone.
   *
   * @throws the system's error when the file cannot be deleted
   */
  async clear(): Promise<void> {
    if (this.#options.device !== undefined) return;
    await this.flush();
    try {
      if (statSync(this.path, { throwIfNoEntry: false })?.isFile()) unlinkSync(this.path);
    } finally {
      this.#reopen();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#closeFile();
    await Promise.all([this.#options.copy?.close(), this.#options.device?.close()]);
  }

  #enqueue(record: string): void {
    if (this.#isClosed || this.#queuedBytes + record.length > maxQueuedBytes) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(record);
    this.#queuedBytes += record.length;
    this.#writeQueue();
  }

  #writeQueue(): void {
    for (let [record] = this.#queue; record !== undefined && this.#fd !== undefined; [record] = this.#queue) {
      const isRestored = isRemoved(this.#fd, this.path);
      if (isRestored) this.#reopenFile();
      // It could not be opened, which is told when it can.
      if (this.#fd === undefined) return;
      try {
        writeAll(this.#fd, Buffer.from(record));
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#queue.shift();
      this.#queuedBytes -= record.length;
      if (this.#failure !== undefined) this.#tellRecovery();
      if (isRestored) this.log('info', `log file '${this.path}' was removed, and has been made again`);
      if (this.#fd !== undefined) this.#rotateIfFull(this.#fd);
    }
  }

  #rotateIfFull(fd: number): void {
    const { maxBytes } = this.#options;
    const { size } = fstatSync(fd);
    if (maxBytes <= 0 || size < Math.max(maxBytes, this.#retryRotationAt)) return;
    this.#closeFile();
    this.#rotating = this.#rotate(size);
  }

  /** Records wait meanwhile. */
  async #rotate(size: number): Promise<void> {
    const { maxBytes } = this.#options;
    let problem: string | undefined;
    try {
      await rotate(this.#options);
      this.#retryRotationAt = 0;
    } catch (error) {
      if (this.#retryRotationAt === 0)
        problem = `cannot rotate log file '${this.path}': ${errorCode(error)}; it goes on growing`;
      this.#retryRotationAt = size + maxBytes;
    }
    this.#rotating = undefined;
    this.#openFile();
    this.#writeQueue();
    if (problem !== undefined) this.log('error', problem);
  }

  #reopen(): void {
    this.#reopenFile();
    this.#writeQueue();
  }

  #reopenFile(): void {
    this.#retryRotationAt = 0;
    this.#closeFile();
    this.#openFile();
  }

  #openFile(): void {
    try {
      this.#fd = openSync(this.path, 'a');
    } catch (error) {
      this.#fail(error);
    }
  }

  #closeFile(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #fail(error: unknown): void {
    this.#closeFile();
    this.#failure = errorCode(error);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#fd !== undefined || this.#rotating !== undefined) return;
      // A full disk took the beginning of a record, which comes again in whole.
      if (endsWithinLine(this.path)) {
        this.#queue.unshift('\n');
        this.#queuedBytes += 1;
      }
      this.#reopen();
    }, retryMilliseconds);
    this.#retry.unref();
  }

  #tellRecovery(): void {
    const reason = this.#failure;
    const dropped = this.#dropped;
    this.#failure = undefined;
    this.#dropped = 0;
    this.log(
      'warn',
      `activity log could not be written for a while (${reason}); ${dropped} records were dropped`,
    );
  }
}

/** Has a full file rotated, which `rotating-file-stream` does when it opens one. @throws an error with `code` */
async function rotate({ logfile, maxBytes, backups }: ActivityLogOptions): Promise<void> {
  // Without backups a full file is renamed aside and deleted: the stream has no mode that truncates.
  const aside = `${logfile}.rotated`;
  const name = backups > 0 ? logfile : (moment: unknown): string => (moment === null ? logfile : aside);
  rmSync(aside, { force: true });
  const stream = createStream(name, { size: `${maxBytes}B`, ...(backups > 0 && { rotate: backups }) });
  await once(stream, 'open');
  const closed = once(stream, 'close');
  stream.end();
  await closed;
  rmSync(aside, { force: true });
}

/** Whether a path names something that can be rotated: a regular file, or nothing yet. */
export function isRotatable(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined || stats.isFile();
}
