/**
 * Where output is between its pipe and the log while it is looked at: in a file of the runtime directory, with a
 * record of how far it has come. If no such file can be had, it stays in the pipe until it has been seen: then a
 * daemon that is killed at that moment logs some bytes twice, and loses what it has captured.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { errorCode } from '../../conf/error-code.ts';
import { EAGAIN, EINTR, errnoName } from '../host/libc/call.ts';
import { unlinkIfThere } from '../host/libc/descriptors.ts';
import { setAside } from '../state/record-file.ts';
import {
  CaptureFile,
  type CapturePlace,
  capturedPaths,
  readCaptured,
  removeCaptured,
} from './capture-file.ts';
import { discard } from './discard.ts';
import { newOutput, type OutputFilter } from './output-filter.ts';
import { peekPipe } from './pipe-peek.ts';
import { type Progress, StagingFile, type StagingReading } from './staging-file.ts';

/** Which output is staged, and where. */
export interface StagingPlace {
  readonly path: string;
  /** Of this boot of the machine. */
  readonly bootId: string;
  /** Of the channel, unlike that of all others: `web:web:stdout`. */
  readonly channel: string;
}

export interface StagingOptions {
  readonly place: StagingPlace;
  /** Whose output it is, for messages. */
  readonly owner: string;
  readonly filter: OutputFilter | undefined;
  log(level: 'error' | 'info', text: string): void;
}

/** A file that could not be had is tried again, with the next output, after so long. */
const retryMs = 1000;
const nothing = Buffer.alloc(0);
const beginning: Progress = { offset: 0, filter: newOutput };

/** What the names of staging files end with. */
export const stagedEnding = '.staged';

/**
 * Finds out how much of what an earlier daemon was writing has reached the logs. This must come before anything else
 * is written there.
 *
 * @param directory where its staging files are
 */
export function settleStaged(directory: string, bootId: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.endsWith(stagedEnding)) continue;
    try {
      const reading = StagingFile.open(join(directory, name), bootId);
      if (reading.type === 'read') reading.file.close();
    } catch {
      // Whoever needs it will tell.
    }
  }
}

/** Deletes what there is at this path. Missing is fine. */
export function removeStaged(path: string): void {
  for (const name of [path, ...capturedPaths(path)]) {
    try {
      unlinkIfThere(name);
    } catch {
      // It cannot be removed: then the next daemon logs, perhaps once more, what it finds there.
    }
  }
}

export class Staging {
  readonly #options: StagingOptions;
  /** What an earlier daemon had captured of a message. */
  readonly captured: Buffer = nothing;
  #progress = beginning;
  #file: StagingFile | undefined;
  /** Keeps what the filter has captured of the message with this number. */
  #capture: { readonly file: CaptureFile; readonly message: number } | undefined;
  /** Where that is, as the record says. */
  #capturePlace: CapturePlace | undefined;
  /** Without a file: what was looked at, and is still in the pipe. It begins at `#windowStart`. */
  #window: Buffer = nothing;
  /** Where it was taken from. */
  #windowPipe = -1;
  #windowStart = 0;
  #isFailing = false;
  #retryAt = 0;

  /**
   * Finds what an earlier daemon has left.
   *
   * @param isLookedFor there was nothing, and what may be there now is somebody else's
   * @throws an error with `code`: descriptors are short. What there is must be read before it can be replaced
   */
  constructor(options: StagingOptions, { isLookedFor = false }: { readonly isLookedFor?: boolean } = {}) {
    this.#options = options;
    if (isLookedFor) return;
    const reading = this.#open();
    if (reading.type === 'unusable') this.#putAside(reading.reason);
    if (reading.type !== 'read') return;
    this.#file = reading.file;
    this.#progress = reading.progress;
    this.#capturePlace = reading.progress.capture;
    this.captured = this.#readCaptured();
  }

  /** Nothing was found, and nothing has been staged since. */
  get isUnused(): boolean {
    return this.#file === undefined && this.#progress === beginning && !this.#isFailing;
  }

  /** How far the output had come when that was last written down. */
  get progress(): Progress {
    return this.#progress;
  }

  /** Offset after the last byte that can be read. */
  get end(): number {
    return this.#file?.end ?? this.#windowStart + this.#window.length;
  }

  /** Offset of the first byte that can be read. */
  get start(): number {
    return this.#file?.start ?? this.#windowStart;
  }

  /** Whether bytes stay until `empty`; otherwise they go with `release`. */
  get isLasting(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Tells a piece of output from all others, through all lives of the daemon.
   *
   * @returns `undefined` when a later daemon will not see the piece again
   */
  originOf(offset: number, length: number): string | undefined {
    if (this.#file === undefined || this.#isFailing) return undefined;
    return `${this.#options.place.channel}~${this.#file.id}@${offset}+${length}`;
  }

  /**
   * Gets more bytes out of the pipe. Unless they are lasting, they are to be read and released at once. What was taken
   * before is to be in the log, or may be missing there.
   *
   * @returns how many, or a negated errno
   */
  take(pipe: number): number {
    if (this.#file !== undefined && this.#isFailing) this.#dropFile();
    if (this.#file === undefined) this.#makeFile();
    if (this.#file !== undefined) {
      const count = this.#file.take(pipe);
      if (count >= 0 || count === -EAGAIN || count === -EINTR) return count;
      this.#fail(errnoName(-count));
      this.#dropFile();
    }
    const window = peekPipe(pipe);
    if (typeof window === 'number') return window;
    this.#windowPipe = pipe;
    this.#window = window;
    return window.length;
  }

  /** Gets more bytes that last, if that is possible. @returns how many, or a negated errno */
  takeLasting(pipe: number): number {
    if (this.#file === undefined) this.#makeFile();
    return this.#isFailing ? 0 : (this.#file?.take(pipe) ?? 0);
  }

  /** Bytes from `offset` on, `max` at most: a view that is valid until the next call for any output. */
  read(offset: number, max?: number): Buffer {
    if (this.#file === undefined) {
      const from = offset - this.#windowStart;
      return this.#window.subarray(from, max === undefined ? undefined : from + max);
    }
    let bytes: Buffer = nothing;
    try {
      bytes = this.#file.read(offset, max);
    } catch (error) {
      this.#fail(error);
    }
    if (bytes.length > 0 || offset === this.end) return bytes;
    const { owner, log, place } = this.#options;
    log('error', `${this.end - offset} bytes of output of ${owner} are lost: '${place.path}' was damaged`);
    this.#dropFile();
    return nothing;
  }

  /** All before `offset` has been seen. */
  release(offset: number): void {
    if (this.#file !== undefined) return;
    for (let left = offset - this.#windowStart; left > 0; ) {
      const count = discard(this.#windowPipe, left);
      if (count <= 0) break;
      left -= count;
    }
    this.#window = this.#window.subarray(offset - this.#windowStart);
    this.#windowStart = offset;
  }

  /** Writes down how far the output has come. */
  record(progress: Progress): void {
    this.#progress = progress;
    if (this.#file === undefined || this.#isFailing) return;
    try {
      const former = this.#capturePlace;
      // While a piece is being written, the filter is ahead of the record.
      if (progress.writing === undefined) this.#saveCapture();
      this.#file.record({ ...progress, capture: this.#capturePlace });
      if (former !== undefined && former.slot !== this.#capturePlace?.slot) {
        removeCaptured(this.#options.place.path, former.slot);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * All that was taken is in the log: nothing of it needs to be kept.
   *
   * @param options.ifWorth bytes for which that is done
   */
  empty(options?: { readonly ifWorth: number }): void {
    if (this.#isFailing) return;
    try {
      this.#file?.empty(options);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Leaves what there is for the next daemon. */
  close(): void {
    this.#file?.close();
    this.#capture?.file.close();
    this.#file = undefined;
    this.#capture = undefined;
  }

  /** @throws an error with `code` */
  #open(): StagingReading {
    const { path, bootId } = this.#options.place;
    try {
      return StagingFile.open(path, bootId);
    } catch (error) {
      const reason = errorCode(error);
      if (reason === 'EMFILE' || reason === 'ENFILE') throw error;
      return { type: 'unusable', reason };
    }
  }

  #putAside(reason: string): void {
    const { place, owner, log } = this.#options;
    const where = `it is in '${place.path}.unusable'`;
    log('error', `what was left of the output of ${owner} cannot be used: ${reason}; ${where}`);
    try {
      setAside(place.path);
    } catch (error) {
      this.#fail(error);
    }
  }

  #readCaptured(): Buffer {
    const { capture, filter } = this.#progress;
    if (filter === undefined || filter.captured === 0) return nothing;
    const { place, owner, log } = this.#options;
    try {
      if (capture !== undefined) return readCaptured(place.path, capture, filter.captured);
    } catch (error) {
      log('error', `${filter.captured} bytes that ${owner} had captured are lost: ${errorCode(error)}`);
    }
    return nothing;
  }

  /** @throws an error with `code` */
  #saveCapture(): void {
    const { place, filter } = this.#options;
    const { captured = 0, messages = 0 } = this.#progress.filter ?? {};
    if (filter === undefined || captured === 0) {
      this.#capture?.file.close();
      this.#capture = undefined;
      this.#capturePlace = undefined;
      return;
    }
    if (this.#capture?.message !== messages) {
      this.#capture?.file.close();
      const slot = this.#capturePlace?.slot === 0 ? 1 : 0;
      const file = new CaptureFile(place.path, { slot, maxbytes: filter.captureMaxbytes });
      this.#capture = { file, message: messages };
    }
    const { file } = this.#capture;
    file.save(captured, (count) => filter.lastCaptured(count));
    this.#capturePlace = file.place;
  }

  #makeFile(): void {
    if (this.#isFailing && performance.now() < this.#retryAt) return;
    const { place, owner, log } = this.#options;
    try {
      this.#saveCapture();
      const progress = { ...this.#progress, capture: this.#capturePlace };
      this.#file = StagingFile.create(place.path, place.bootId, progress, this.#windowStart);
      if (this.#isFailing) log('info', `output of ${owner} is kept in '${place.path}' again on its way`);
      this.#isFailing = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What was in it has been read. */
  #dropFile(): void {
    this.#windowStart = this.end;
    this.#window = nothing;
    this.#capturePlace = undefined;
    this.close();
    removeStaged(this.#options.place.path);
  }

  /** One line for each spell of failure. */
  #fail(error: unknown): void {
    this.#retryAt = performance.now() + retryMs;
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { place, owner, log } = this.#options;
    log(
      'error',
      `cannot keep output of ${owner} in '${place.path}' on its way: ${errorCode(error)}; if this daemon is killed before that works again, some of it may be logged twice`,
    );
  }
}
