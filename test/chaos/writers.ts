/** Programs that number their lines, and are told from outside how many to write. */
import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFifo } from '../../daemon/host/libc/descriptors.ts';
import { program } from '../support/real-host.ts';
import { type Ledger, ledgerOf } from './ledger.ts';

export interface Writer {
  readonly name: string;
  /** Lines of its section. */
  readonly keys?: string;
  /** Where it writes its lines; by default to stdout. */
  readonly writesTo?: 'stdout' | 'stderr';
  /** It is told nothing but by `flood`. */
  readonly isQuiet?: boolean;
  /** Path of its log; by default beside those of the others. */
  readonly log?: string;
}

export interface WritersOptions {
  /** Made by these. */
  readonly directory: string;
  /** Bytes at which logs are rotated. Nothing is ever thrown away. */
  readonly maxBytes: number;
  /** Lines a second of each. */
  readonly rate: number;
}

const tellEveryMs = 20;
/** Enough for all that a test writes. */
const backups = 2000;

export class Writers implements Disposable {
  readonly directory: string;
  readonly #options: WritersOptions;
  readonly #writers = new Map<string, Writer>();
  readonly #ticks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #due = 0;

  constructor(options: WritersOptions) {
    this.#options = options;
    this.directory = options.directory;
    mkdirSync(this.directory);
    this.#timer = setInterval(() => this.#tellAll(), tellEveryMs);
  }

  /** The section of a writer, which can be told what to do from now on. */
  section(writer: Writer): string {
    const { name, keys = '', writesTo = 'stdout' } = writer;
    this.#writers.set(name, writer);
    if (!this.#ticks.has(name)) {
      const path = join(this.directory, `${name}.ticks`);
      makeFifo(path, 0o600);
      this.#ticks.set(name, openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
    }
    const own = writesTo === 'stderr' ? ' stderr' : '';
    const channel = writesTo === 'stderr' && !keys.includes('redirect_stderr') ? 'stderr' : 'stdout';
    return `[program:${name}]
command=${program('numbers-when-told')} ${this.directory} ${name}${own}
autorestart=true
${channel}_logfile=${this.logOf(name)}
${channel}_logfile_maxbytes=${this.#options.maxBytes}
${channel}_logfile_backups=${backups}
${keys}
`;
  }

  logOf(name: string): string {
    return this.#writers.get(name)?.log ?? join(this.directory, `${name}.log`);
  }

  /** Has a writer write lines as fast as it can. */
  flood(name: string, lines: number): void {
    this.#tell(name, lines);
  }

  /** Compares what all have written with what is in their logs. */
  ledgers(excused: ReadonlySet<number> = new Set()): Ledger[] {
    return [...this.#ticks.keys()].map((name) => ledgerOf(this.directory, name, this.logOf(name), excused));
  }

  /** Nobody is told anything any more. */
  rest(): void {
    clearInterval(this.#timer);
  }

  [Symbol.dispose](): void {
    this.rest();
    for (const fd of this.#ticks.values()) closeSync(fd);
    this.#ticks.clear();
  }

  #tellAll(): void {
    this.#due += (this.#options.rate * tellEveryMs) / 1000;
    const lines = Math.floor(this.#due);
    this.#due -= lines;
    if (lines === 0) return;
    for (const { name, isQuiet } of this.#writers.values()) if (isQuiet !== true) this.#tell(name, lines);
  }

  #tell(name: string, lines: number): void {
    const fd = this.#ticks.get(name);
    if (fd === undefined) throw new Error(`There is no writer "${name}"`);
    try {
      writeSync(fd, `${lines}\n`);
    } catch {
      // It has been told enough for a long time.
    }
  }
}
