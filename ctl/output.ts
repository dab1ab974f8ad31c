import { fstatSync, writeSync } from 'node:fs';
import process from 'node:process';
import { errorCode } from './failures.ts';

/** Where commands print. */
export interface Output {
  /** A line on stdout. */
  print(line: string): void;
  /** Text or bytes on stdout, as they are. */
  write(chunk: string | Uint8Array): void;
  /** A line on stderr. */
  printError(line: string): void;
  /** A line on stderr for somebody who watches; `undefined`: stderr is no terminal. */
  readonly showNotice: ((line: string) => void) | undefined;
  /**
   * The line at the bottom of a terminal that is rewritten in place; '' removes it. `undefined`: stdout
   * is no terminal.
   */
  readonly showLive: ((line: string) => void) | undefined;
}

/** The program's own stdout and stderr. */
export interface StandardOutput extends Output {
  /** Resolves when all is written: a pipe takes it as its reader reads, and the end of the program would cut it off. */
  flush(): Promise<void>;
}

/** @param onBroken ends the program: whoever reads stdout may stop before its end, as `head` does */
export function standardOutput(onBroken: () => never): StandardOutput {
  const stdout = new Stdout(onBroken);
  const printError = (line: string): void => void process.stderr.write(`${line}\n`);
  const showLive = (line: string): void =>
    stdout.write(`\r${line.slice(0, process.stdout.columns - 1)}\x1b[K`);
  let isWatched: boolean | undefined;
  let isLive: boolean | undefined;
  return {
    print: (line) => stdout.print(`${line}\n`),
    write: (chunk) => stdout.write(chunk),
    printError,
    // Looked for when they are wanted: few commands want both.
    get showNotice() {
      isWatched ??= isTerminal(2);
      return isWatched ? printError : undefined;
    },
    get showLive() {
      isLive ??= isTerminal(1);
      return isLive ? showLive : undefined;
    },
    flush: () => stdout.flush(),
  };
}

/**
 * Lines go straight to the descriptor, because making Node's stream for it costs more than to write them. The stream
 * is for what can take its time, and once it is there for everything, so that all stays in order.
 */
class Stdout {
  readonly #onBroken: () => never;
  #stream: NodeJS.WriteStream | undefined;

  constructor(onBroken: () => never) {
    this.#onBroken = onBroken;
  }

  print(text: string): void {
    if (this.#stream !== undefined) {
      this.#stream.write(text);
      return;
    }
    let rest: Uint8Array = Buffer.from(text);
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // A pipe that does not block, because a program that shares it has it so, is full.
      if (errorCode(error) !== 'EAGAIN') this.#onBroken();
      this.write(rest);
    }
  }

  write(chunk: string | Uint8Array): void {
    this.#stream ??= process.stdout.on('error', this.#onBroken);
    this.#stream.write(chunk);
  }

  async flush(): Promise<void> {
    const stream = this.#stream;
    if (stream !== undefined) await new Promise((resolve) => stream.write('', resolve));
  }
}

/** Asks for what costs nothing first. */
function isTerminal(descriptor: number): boolean {
  if (!fstatSync(descriptor).isCharacterDevice()) return false;
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}
