/**
 * The daemon's own log, in supervisord's format: `YYYY-MM-DD HH:MM:SS,mmm LEVL text`.
 *
 * Records are queued and written in order by `rotating-file-stream`, which rotates as supervisord does
 * (after the record that reaches the limit, `f` → `f.1` → `f.2`). Targets that cannot rotate (`/dev/null`,
 * `/dev/stdout`, a FIFO) are written as they are. A target that fails does not take the daemon with it:
 * records wait in bounded memory, and the log says afterwards how many were dropped.
 *
 * @see supervisor/loggers.py; docs/configuration/supervisord.md, `logfile`
 */
import { appendFileSync, closeSync, openSync, statSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { createStream } from 'rotating-file-stream';
import { errorCode } from '../../conf/error-code.ts';
import { type LogLevel, logLevels } from '../../conf/settings.ts';
import type { EpochSeconds } from '../host/clock.ts';
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
  #stream: Writable | undefined;
  /**
   * The file that is being written, open once more to see whether it still has a name; `hidden` where that cannot
   * be seen. `undefined`: it is not open yet.
   */
  #probe: number | 'gone' | 'hidden' | undefined;
  /** Settled when nobody is about to close the file and open it again. */
  #reopening: Promise<void> = Promise.resolve();
  #queue: string[] = [];
  #queuedBytes = 0;
  #inFlight: string | undefined;
  #dropped = 0;
  #failure: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #flushWaiters: (() => void)[] = [];
  #isClosed = false;

  /** @throws the system's error when the file cannot be opened for appending */
  constructor(options: ActivityLogOptions) {
    this.#options = options;
    this.#threshold = logLevels[options.level];
    if (options.device === undefined) {
      appendFileSync(options.logfile, '');
      void this.#openStream();
    }
  }

  get path(): string {
    return this.#options.logfile;
  }

  /** Whether records of this level are written: to skip the making of costly texts. */
  isEnabled(level: LogLevel): boolean {
    return logLevels[level] >= this.#threshold;
  }

  /** Queues one record. Texts of several lines are written raw, as supervisord does. */
  log(level: LogLevel, text: string): void {
    if (!this.isEnabled(level)) return;
    const record = this.#writeElsewhere(level, text);
    if (this.#options.device === undefined) this.#enqueue(record);
  }

  /** Writes a record at once, past the queue, for a daemon that is about to die. */
  logNow(level: LogLevel, text: string): void {
    const record = this.#writeElsewhere(level, text);
    if (this.#options.device !== undefined) return;
    // A record under way may come twice: better than not at all.
    const pending = [this.#inFlight ?? '', ...this.#queue].join('');
    this.#queue = [];
    this.#queuedBytes = 0;
    try {
      appendFileSync(this.#options.logfile, pending + record);
    } catch {
      // Nothing is left to tell it to.
    }
  }

  /** Resolves when every record so far is in the file, or the target has failed. */
  async flush(): Promise<void> {
    await this.#reopening;
    const isIdle = this.#queue.length === 0 && this.#inFlight === undefined;
    if (isIdle || this.#stream === undefined) return;
    await new Promise<void>((resolve) => {
      this.#flushWaiters.push(resolve);
    });
  }

  /** Closes the file and opens it again by name, after someone renamed it. */
  async reopen(): Promise<void> {
    if (this.#options.device !== undefined) return;
    await this.#oneByOne(async () => {
      await this.#closeStream();
      await this.#openStream();
    });
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
    await this.#oneByOne(async () => {
      await this.#closeStream();
      try {
        if (statSync(this.path, { throwIfNoEntry: false })?.isFile()) await unlink(this.path);
      } finally {
        await this.#openStream();
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#closeStream();
    await Promise.all([this.#options.copy?.close(), this.#options.device?.close()]);
  }

  #oneByOne(task: () => Promise<void>): Promise<void> {
    const done = this.#reopening.then(task);
    this.#reopening = done.catch(() => {});
    return done;
  }

  /** Writes a record to wherever it goes besides the file. @returns the record */
  #writeElsewhere(level: LogLevel, text: string): string {
    const { now, copy, device, format = formatRecord } = this.#options;
    const time = now();
    const record = formatRecord(time, level, text);
    copy?.write(record);
    device?.write(format(time, level, text));
    return record;
  }

  /** Resolves when the file is there, or has failed to be opened. */
  #openStream(): Promise<void> {
    // The next try after a failure may have come first.
    if (this.#stream !== undefined) return Promise.resolve();
    const { logfile, maxBytes, backups } = this.#options;
    const rotation =
      maxBytes <= 0 ? {} : { size: `${maxBytes}B`, ...(backups > 0 ? { rotate: backups } : {}) };
    // Without backups a full file is renamed aside and deleted: the stream has no mode that truncates.
    const aside = `${logfile}.rotated`;
    const name = backups > 0 ? logfile : (moment: unknown): string => (moment === null ? logfile : aside);
    const stream = createStream(name, rotation);
    if (backups <= 0) stream.on('rotated', () => void unlink(aside).catch(() => {}));
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(stream, error));
    stream.on('open', () => this.#opened(stream));
    this.#stream = stream;
    return new Promise((resolve) => {
      stream.once('open', () => resolve());
      stream.once('error', () => resolve());
    });
  }

  #opened(stream: Writable): void {
    if (this.#stream !== stream) return;
    this.#closeProbe();
    try {
      this.#probe = openSync(this.path, 'r');
    } catch (error) {
      // Where it cannot be read, or descriptors are short, it takes SIGUSR2 as with supervisord.
      this.#probe = errorCode(error) === 'ENOENT' ? 'gone' : 'hidden';
    }
    this.#pump();
  }

  #closeProbe(): void {
    if (typeof this.#probe === 'number') closeSync(this.#probe);
    this.#probe = undefined;
  }

  #isRemoved(): boolean {
    return typeof this.#probe === 'number' ? isRemoved(this.#probe, this.path) : this.#probe === 'gone';
  }

  async #closeStream(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#closeProbe();
    if (stream === undefined || stream.destroyed) return;
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.end();
    });
  }

  #enqueue(record: string): void {
    if (this.#isClosed || this.#queuedBytes + record.length > maxQueuedBytes) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(record);
    this.#queuedBytes += record.length;
    this.#pump();
  }

  #pump(): void {
    const stream = this.#stream;
    if (stream === undefined || stream.destroyed || this.#probe === undefined) return;
    if (this.#inFlight !== undefined) return;
    if (this.#queue.length > 0 && this.#isRemoved()) {
      this.#closeProbe();
      void this.#restore();
      return;
    }
    const record = this.#queue.shift();
    if (record === undefined) {
      this.#endFlush();
      return;
    }
    this.#queuedBytes -= record.length;
    this.#inFlight = record;
    stream.write(record, (error) => {
      if (this.#inFlight !== record) return;
      this.#inFlight = undefined;
      if (error) {
        this.#queue.unshift(record);
        this.#queuedBytes += record.length;
        this.#endFlush();
        return;
      }
      if (this.#failure !== undefined) this.#tellRecovery();
      this.#pump();
    });
  }

  async #restore(): Promise<void> {
    await this.#oneByOne(async () => {
      await this.#closeStream();
      await this.#openStream();
      // If it could not be opened, that is told when it can.
      if (this.#stream === undefined) return;
      this.log('info', `log file '${this.path}' was removed, and has been made again`);
    });
  }

  #endFlush(): void {
    const waiters = this.#flushWaiters;
    this.#flushWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #fail(stream: Writable, error: NodeJS.ErrnoException): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#closeProbe();
    this.#failure = error.code ?? error.message;
    if (this.#inFlight !== undefined) {
      this.#queue.unshift(this.#inFlight);
      this.#queuedBytes += this.#inFlight.length;
      this.#inFlight = undefined;
    }
    this.#endFlush();
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => {
      if (this.#isClosed || this.#stream !== undefined) return;
      // A full disk took the beginning of a record, which comes again in whole.
      if (endsWithinLine(this.path)) {
        this.#queue.unshift('\n');
        this.#queuedBytes += 1;
      }
      void this.#openStream();
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

/** Whether a path names something that can be rotated: a regular file, or nothing yet. */
export function isRotatable(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined || stats.isFile();
}
