/**
 * A file of records that outlives the daemon, for the next one: what is appended is there whenever the daemon is
 * killed, since the kernel has it. It is nothing for a machine that goes down: what it tells of has gone, too.
 *
 * Each line holds a checksum and a record as JSON. The first one says what the file is, in which version, and in
 * which boot of the machine it was written. A file that is not whole is not used at all: half of the truth may be
 * worse than none.
 */
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { errorCode } from '../../conf/error-code.ts';
import { crc32 } from '../host/libc/checksum.ts';

/** What a file is for, and how its records look. */
export interface RecordFormat {
  /** Such as `processes`. */
  readonly kind: string;
  /** A daemon reads records of this version and of all before it. */
  readonly version: number;
  /**
   * Whether a last line that is cut off is just left out. It may be one that was being written, in between two pages
   * of memory, when the daemon was killed; or somebody has cut it off.
   */
  readonly mayBeCutOff?: boolean;
}

export type RecordReading =
  | { readonly type: 'missing' }
  | {
      readonly type: 'read';
      /** Version of the records. */
      readonly version: number;
      readonly records: readonly unknown[];
    }
  | {
      readonly type: 'unusable';
      /** In a few words. */
      readonly reason: string;
    };

/**
 * Reads what an earlier daemon has left.
 *
 * @param bootId of this boot of the machine, from `bootId`
 */
export function readRecords(path: string, format: RecordFormat, bootId: string): RecordReading {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { type: 'missing' };
    return { type: 'unusable', reason: errorCode(error) };
  }
  if (bytes.length === 0) return { type: 'unusable', reason: 'it is empty' };
  const values: unknown[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    if (end === -1 && format.mayBeCutOff) break;
    if (end === -1) return { type: 'unusable', reason: 'it is cut off' };
    const value = parseLine(bytes.toString('utf8', start, end));
    if (value === undefined) return { type: 'unusable', reason: `line ${values.length + 1} is damaged` };
    values.push(value);
    start = end + 1;
  }
  if (values.length === 0) return { type: 'unusable', reason: 'it is cut off' };
  const [header, ...records] = values;
  const { kind, version, boot } = header as Partial<Header>;
  if (kind !== format.kind || typeof version !== 'number') {
    return { type: 'unusable', reason: `it is no file of ${format.kind}` };
  }
  if (version > format.version) return { type: 'unusable', reason: `it is of a newer version, ${version}` };
  if (boot !== bootId) return { type: 'unusable', reason: 'it is from before the machine was started' };
  return { type: 'read', version, records };
}

interface Header {
  readonly kind: string;
  readonly version: number;
  readonly boot: string;
}

const newline = 0x0a;
const checksumLength = 8;

/** A value as a line of such a file: checksum, JSON and a newline. */
export function formatLine(value: object): string {
  const json = JSON.stringify(value);
  return `${checksum(json)} ${json}\n`;
}

/** The value of a line, without its newline. @returns `undefined`: it is damaged */
export function parseLine(line: string): object | undefined {
  const json = line.slice(checksumLength + 1);
  if (line.slice(0, checksumLength + 1) !== `${checksum(json)} `) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(checksumLength, '0');
}

/**
 * Puts what is not to be used out of the way, in place of what was put there before. Missing is fine.
 *
 * @throws an error with `code`: it stays where it is
 */
export function setAside(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  const place = `${path}.unusable`;
  // Files and directories do not take the place of each other.
  rmSync(place, { recursive: true, force: true });
  renameSync(path, place);
}

export interface RecordFileOptions extends RecordFormat {
  readonly path: string;
  readonly bootId: string;
  /** All that is to be known at the moment: enough records to stand for those that were appended so far. */
  readonly snapshot: () => Iterable<object>;
  /** What is out of date would do harm: while the file cannot be written, there is nothing in it. */
  readonly isHarmfulWhenOld?: boolean;
  readonly log: (level: 'error' | 'info', text: string) => void;
}

/** Bytes up to which a file grows in any case before it is written anew. */
const leastGrowth = 256 * 1024;

/** A file that is being written. */
export class RecordFile implements Disposable {
  readonly #options: RecordFileOptions;
  #fd: number | undefined;
  #size = 0;
  /** The size at which it is written anew, with nothing but the present. */
  #rewriteAt = 0;
  #isFailing = false;

  /** Begins with a snapshot, in place of what is there. */
  constructor(options: RecordFileOptions) {
    this.#options = options;
    this.rewrite();
  }

  /** Adds a record. What fails is told, and made up for with the next one. */
  append(record: object): void {
    // After a failure the end of the file may be half a line.
    if (this.#fd === undefined || this.#size >= this.#rewriteAt) {
      this.rewrite();
      return;
    }
    try {
      const line = Buffer.from(formatLine(record));
      this.#size += writeAll(this.#fd, line);
    } catch (error) {
      this.#close();
      this.#tellFailure(error);
    }
  }

  /** Writes the present into a new file, which then takes the place of the old one in one step. */
  rewrite(): void {
    const { kind, version, bootId: boot, path, snapshot } = this.#options;
    this.#close();
    const header: Header = { kind, version, boot };
    const temporary = `${path}.new`;
    try {
      const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NOFOLLOW } = constants;
      const fd = openSync(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW, 0o600);
      try {
        this.#size = writeAll(fd, Buffer.from(formatLine(header)));
        for (const text of portions(snapshot())) this.#size += writeAll(fd, Buffer.from(text));
        renameSync(temporary, path);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      this.#fd = fd;
      this.#rewriteAt = Math.max(leastGrowth, 4 * this.#size);
      this.#tellRecovery();
    } catch (error) {
      this.#tellFailure(error);
    }
  }

  /** Leaves the file for the next daemon. */
  [Symbol.dispose](): void {
    this.#close();
  }

  /** There is nothing to tell any more. */
  remove(): void {
    this.#close();
    try {
      unlinkSync(this.#options.path);
    } catch {
      // Missing, or it cannot be removed: then the next daemon finds what it tells of gone.
    }
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #tellFailure(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { path, isHarmfulWhenOld, log } = this.#options;
    if (isHarmfulWhenOld) empty(path);
    log(
      'error',
      `cannot write state to '${path}': ${errorCode(error)}; if this daemon is killed before that works again, the next one will not know all`,
    );
  }

  #tellRecovery(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.log('info', `state is written to '${this.#options.path}' again`);
  }
}

/** Characters that are put together before they are written. */
const portion = 256 * 1024;

/** The lines of records, many at a time: together they may be longer than a string can be. */
function* portions(records: Iterable<object>): Iterable<string> {
  let text = '';
  for (const record of records) {
    text += formatLine(record);
    if (text.length < portion) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** Takes no space, so that it can be done when nothing else can. */
function empty(path: string): void {
  try {
    truncateSync(path);
  } catch {
    // Missing is as good as empty.
  }
}

/** A disk that becomes full may take a part. @throws an error with `code` */
function writeAll(fd: number, bytes: Buffer): number {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  return bytes.length;
}
