import process from 'node:process';

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
export function standardOutput(): Output {
  return {
    print: (line) => void process.stdout.write(`${line}\n`),
    write: (chunk) => void process.stdout.write(chunk),
    printError: (line) => void process.stderr.write(`${line}\n`),
    showNotice: process.stderr.isTTY ? (line) => void process.stderr.write(`${line}\n`) : undefined,
    showLive: process.stdout.isTTY
      ? (line) => void process.stdout.write(`\r${line.slice(0, process.stdout.columns - 1)}\x1b[K`)
      : undefined,
  };
}
