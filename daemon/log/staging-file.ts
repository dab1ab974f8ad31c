/**
 * A file between a pipe and a log, for output that must be seen on the way. Bytes get into it by `splice`: the
 * kernel moves and consumes them in one step, so each is either in the pipe or here, whenever the daemon is killed.
 * How far they have come from here is written beside them, in one step for each change.
 *
 * The first two pages take turns in holding that record, so that one of them is always whole; the bytes follow. When
 * all of them are done with, the file is cut off there. Records name bytes by their offset in all that has ever come
 * through, and say which one the file begins with. A file that is shorter than its record wants has been cut off by
 * a daemon that was killed before it could write that down.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { seekToEnd, splice } from '../host/libc/bytes.ts';
import { getrandom } from '../host/libc/random.ts';
import { formatLine, parseLine } from '../state/record-file.ts';
import type { CapturePlace } from './capture-file.ts';
import { growthSince } from './log-file.ts';
import type { FilterState } from './output-filter.ts';
import { pipeCapacity } from './pipe-peek.ts';
import type { FilePosition } from './sink.ts';

/** How far the output of a channel has come on its way to the log. */
export interface Progress {
  /** All before it is seen, and in the log. */
  readonly offset: number;
  /** What the filter knew there; `undefined`: there is none. */
  readonly filter: FilterState | undefined;
  /** Where what was captured up to there is kept; `undefined`: nothing was. */
  readonly capture?: CapturePlace | undefined;
  /** Where the output of a child ended that is no more. */
  readonly childEnd?: number | undefined;
  readonly writing?: Writing | undefined;
}

/** A piece that is being written. */
export interface Writing {
  /** Bytes from `offset` on that it was made of; 0: what the filter held back at the end. */
  readonly length: number;
  /** How much of it the log has. */
  readonly written: number;
  /** The log has been written to, with what success is not known: where its end was before. */
  readonly into?: FilePosition | undefined;
}

interface StagingRecord extends Progress {
  readonly kind: 'output';
  readonly version: number;
  readonly boot: string;
  /** Tells this file from others that had its name. */
  readonly id: string;
  /** Counts the records. */
  readonly number: number;
  /** Offset of the first byte in the file. */
  readonly start: number;
}

export type StagingReading =
  | { readonly type: 'missing' }
  | { readonly type: 'read'; readonly file: StagingFile; readonly progress: Progress }
  | { readonly type: 'unusable'; readonly reason: string };

const version = 1;
const page = 4096;
/** Of the first byte in the file. */
const dataStart = 2 * page;
/** Bytes that are done with stay up to here: to cut them off each time would cost more than they do. */
const worthCutting = pipeCapacity;
const buffer = Buffer.allocUnsafe(pipeCapacity);
const { O_RDWR, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

export class StagingFile {
  readonly #fd: number;
  readonly #identity: Pick<StagingRecord, 'kind' | 'version' | 'boot' | 'id'>;
  #number: number;
  #start: number;
  #end: number;
  #progress: Progress;

  private constructor(fd: number, record: StagingRecord, end: number) {
    const { kind, boot, id, number, start, offset, filter, capture, childEnd, writing } = record;
    this.#fd = fd;
    this.#identity = { kind, version, boot, id };
    this.#number = number;
    this.#start = start;
    this.#end = end;
    this.#progress = { offset, filter, capture, childEnd, writing };
  }

  /**
   * Opens what an earlier daemon has left. Whether that one's last write has reached the log is found out now.
   *
   * @throws an error with `code`
   */
  static open(path: string, bootId: string): StagingReading {
    if (!existsSync(path)) return { type: 'missing' };
    const fd = openSync(path, O_RDWR | O_NOFOLLOW);
    try {
      const size = fstatSync(fd).size;
      const record = usableOr(latestRecord(fd), bootId);
      if (typeof record === 'string') {
        closeSync(fd);
        // There is no byte in it, and perhaps never was: its daemon may have been killed while making it.
        return size <= dataStart ? { type: 'missing' } : { type: 'unusable', reason: record };
      }
      const { offset } = record;
      const end = record.start + Math.max(0, size - dataStart);
      const isCut = end < offset;
      const file = new StagingFile(fd, isCut ? { ...record, start: offset } : record, isCut ? offset : end);
      const { writing } = record;
      if (writing?.into !== undefined) {
        const written = writing.written + growthSince(writing.into);
        file.record({ ...file.#progress, writing: { length: writing.length, written } });
      } else if (isCut) file.record(file.#progress);
      return { type: 'read', file, progress: file.#progress };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * Makes an empty one, in place of what is there.
   *
   * @param start offset of the first byte that it will hold
   * @throws an error with `code`
   */
  static create(path: string, bootId: string, progress: Progress, start: number): StagingFile {
    const id = getrandom(6).toString('hex');
    const record: StagingRecord = {
      kind: 'output',
      version,
      boot: bootId,
      id,
      number: 0,
      start,
      ...progress,
    };
    const fd = openSync(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
    try {
      const file = new StagingFile(fd, record, start);
      ftruncateSync(fd, dataStart);
      // Both pages, so that no later record can find the disk full.
      for (let slot = 0; slot < 2; slot += 1) file.record(progress);
      return file;
    } catch (error) {
      closeSync(fd);
      unlinkSync(path);
      throw error;
    }
  }

  /** Tells the bytes of this file from those of all others. */
  get id(): string {
    return this.#identity.id;
  }

  /** Offset of the first byte that is still here. */
  get start(): number {
    return this.#start;
  }

  /** Offset after the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Moves up to a pipeful out of a pipe to the end. @returns how much, or a negated errno */
  take(pipe: number): number {
    const end = seekToEnd(this.#fd);
    if (end < 0) return end;
    const count = splice(pipe, this.#fd, pipeCapacity);
    if (count > 0) this.#end += count;
    return count;
  }

  /**
   * Bytes from `offset` on, a pipeful at most.
   *
   * @returns a view that is valid until the next call for any file; shorter than it should be: the file was damaged
   * @throws an error with `code`
   */
  read(offset: number, max = pipeCapacity): Buffer {
    const wanted = Math.min(this.#end - offset, max, pipeCapacity);
    const position = dataStart + offset - this.#start;
    return buffer.subarray(0, wanted > 0 ? readSync(this.#fd, buffer, 0, wanted, position) : 0);
  }

  /** Writes down how far the output has come. @throws an error with `code` */
  record(progress: Progress): void {
    this.#number += 1;
    this.#progress = progress;
    const record = { ...this.#identity, number: this.#number, start: this.#start, ...progress };
    let line = Buffer.from(formatLine(record));
    // Within a page the kernel writes all or nothing. Only the path of a log can be too long for that; what is written
    // there may then come twice.
    if (line.length > page) line = Buffer.from(formatLine({ ...record, writing: undefined }));
    writeSync(this.#fd, line, 0, line.length, (this.#number % 2) * page);
  }

  /** Cuts off all bytes, if they are so many: they are done with. @throws an error with `code` */
  empty({ ifWorth = worthCutting } = {}): void {
    if (this.#end - this.#start < ifWorth) return;
    ftruncateSync(this.#fd, dataStart);
    this.#start = this.#end;
    this.record(this.#progress);
  }

  /** Leaves it for the next daemon. */
  close(): void {
    closeSync(this.#fd);
  }
}

/** The last record that was written. @throws an error with `code` */
function latestRecord(fd: number): StagingRecord | undefined {
  let latest: StagingRecord | undefined;
  const slotBytes = Buffer.alloc(page);
  for (let slot = 0; slot < 2; slot += 1) {
    const length = readSync(fd, slotBytes, 0, page, slot * page);
    const [line = ''] = slotBytes.toString('utf8', 0, length).split('\n', 1);
    const record = parseLine(line) as StagingRecord | undefined;
    if (record !== undefined && (latest === undefined || record.number > latest.number)) latest = record;
  }
  return latest;
}

/** The record of a file whose bytes are to be used; else why not. */
function usableOr(record: StagingRecord | undefined, bootId: string): StagingRecord | string {
  if (record === undefined) return 'its records are damaged';
  if (record.kind !== 'output') return 'it is no file of output';
  if (record.version > version) return `it is of a newer version, ${record.version}`;
  return record.boot === bootId ? record : 'it is from before the machine was started';
}
