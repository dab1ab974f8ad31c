import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import { Interrupted } from './failures.ts';
import type { Complete, Input, InputOptions, LineEditing } from './input.ts';

/** The program's own stdin: edited line by line on a terminal, taken as it comes from anywhere else. */
export function openStandardInput(options: InputOptions): Input {
  return process.stdin.isTTY && process.stdout.isTTY ? new TerminalInput() : new PlainInput(options);
}

/**
 * A terminal. Its line editor exists only while a line is read, so that in between the terminal is as
 * every program expects it: Ctrl-C is SIGINT, Ctrl-Z stops.
 */
class TerminalInput implements Input {
  /** Lines that were typed before anybody asked for them. */
  readonly #typedAhead: string[] = [];

  readLine(prompt: string, { complete, history = [] }: LineEditing = {}): Promise<string | undefined> {
    const ready = this.#typedAhead.shift();
    if (ready !== undefined) {
      process.stdout.write(`${prompt}${ready}\n`);
      return Promise.resolve(ready);
    }
    const editor = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: history.toReversed(),
      historySize: history.length + 1,
      ...(complete && { completer: completer(complete) }),
    });
    editor.setPrompt(prompt);
    editor.prompt();
    return this.#nextLine(editor);
  }

  async readHidden(prompt: string): Promise<string | undefined> {
    process.stdout.write(prompt);
    const silent = { write: () => true, on: () => silent, removeListener: () => silent, end: () => silent };
    const editor = createInterface({
      input: process.stdin,
      output: silent as unknown as NodeJS.WritableStream,
      terminal: true,
      historySize: 0,
    });
    const line = await this.#nextLine(editor);
    process.stdout.write('\n');
    return line;
  }

  [Symbol.dispose](): void {
    process.stdin.pause();
  }

  #nextLine(editor: Interface): Promise<string | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    let isAnswered = false;
    editor.on('line', (line) => {
      if (isAnswered) this.#typedAhead.push(line);
      else resolve(line);
      isAnswered = true;
      editor.close();
    });
    editor.on('SIGINT', () => {
      reject(new Interrupted('Ctrl-C'));
      editor.close();
    });
    editor.on('close', () => resolve(undefined));
    return promise;
  }
}

function completer(complete: Complete) {
  let isAsking = false;
  return (line: string, done: (error: null, result: [string[], string]) => void): void => {
    // A second TAB before the first is answered would insert the answer twice.
    if (isAsking) {
      done(null, [[], line]);
      return;
    }
    isAsking = true;
    void complete(line)
      // Completion is a help, never an obstacle: a server that does not answer offers nothing.
      .catch((): Awaited<ReturnType<Complete>> => [[], line])
      .then(([candidates, word]) => {
        isAsking = false;
        done(null, [[...candidates], word]);
      });
  };
}

/** A pipe or a file. The prompts are written all the same. */
class PlainInput implements Input {
  readonly #options: InputOptions;
  #reader: Interface | undefined;
  #lines: AsyncIterator<string> | undefined;

  constructor(options: InputOptions) {
    this.#options = options;
  }

  readLine(prompt: string): Promise<string | undefined> {
    this.#options.output.write(prompt);
    this.#reader ??= createInterface({ input: process.stdin, terminal: false });
    this.#lines ??= this.#reader[Symbol.asyncIterator]();
    const next = this.#lines.next();
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    return this.#options.interrupts.during(
      () => reject(new Interrupted('Ctrl-C')),
      () => {
        next.then(({ done, value }) => resolve(done ? undefined : value), reject);
        return promise;
      },
    );
  }

  readHidden(prompt: string): Promise<string | undefined> {
    return this.readLine(prompt);
  }

  [Symbol.dispose](): void {
    this.#reader?.close();
    // A pipe that its writer keeps open would keep the program alive.
    if (this.#reader) process.stdin.destroy();
  }
}
