/** Watches the machine for the children of writers: which there are, and that there are never two of one. */
import { readdirSync, readFileSync } from 'node:fs';
import { statFields } from '../../daemon/host/process-stat.ts';

const lookEveryMs = 20;
/** A process that has just come into being may yet execute another program. */
const looksAtNew = 3;
/** After so many looks all are new: a pid may have become another's between two. */
const looksUntilAllAreNew = 25;

export interface CopiesOptions {
  /** The directory that stands in the command line of each. */
  readonly directory: string;
  readonly onBorn?: (name: string, pid: number) => void;
  readonly onGone?: (name: string, pid: number) => void;
}

interface Known {
  looks: number;
  /** Of the writer; `undefined`: it is something else. */
  name: string | undefined;
}

export class Copies implements Disposable {
  /** When there was more than one, as sentences. */
  readonly doubles: string[] = [];
  readonly #options: CopiesOptions;
  readonly #known = new Map<number, Known>();
  readonly #timer: NodeJS.Timeout;
  #looks = 0;

  constructor(options: CopiesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(), lookEveryMs);
  }

  /** Pids of the children of a writer, or of all. */
  of(name?: string): number[] {
    return [...this.#known].flatMap(([pid, known]) => {
      const isWanted = known.name !== undefined && (name === undefined || known.name === name);
      return isWanted && isAlive(pid) ? [pid] : [];
    });
  }

  look(): void {
    this.#looks += 1;
    if (this.#looks % looksUntilAllAreNew === 0) {
      for (const [pid, { name }] of this.#known) if (name === undefined) this.#known.delete(pid);
    }
    const present = new Set(
      readdirSync('/proc')
        .map(Number)
        .filter((pid) => pid > 0),
    );
    for (const [pid, { name }] of this.#known) {
      if (present.has(pid) && (name === undefined || isAlive(pid))) continue;
      this.#known.delete(pid);
      if (name !== undefined) this.#options.onGone?.(name, pid);
    }
    for (const pid of present) this.#lookAt(pid);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #lookAt(pid: number): void {
    const known = this.#known.get(pid) ?? { looks: 0, name: undefined };
    if (known.name !== undefined || known.looks >= looksAtNew) return;
    known.looks += 1;
    known.name = writerOf(pid, this.#options.directory);
    this.#known.set(pid, known);
    const { name } = known;
    if (name === undefined) return;
    this.#options.onBorn?.(name, pid);
    const pids = this.of(name);
    if (pids.length > 1)
      this.doubles.push(`${new Date().toISOString()} ${name} runs as ${pids.join(' and ')}`);
  }
}

/** Which writer a process is a child of. */
function writerOf(pid: number, directory: string): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const index = words.indexOf(directory);
    const isWriter = index > 0 && words[index - 1]?.endsWith('/numbers-when-told') && isAlive(pid);
    return isWriter ? words[index + 1] : undefined;
  } catch {
    return undefined;
  }
}

/** Neither gone nor about to be reaped. */
function isAlive(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}
