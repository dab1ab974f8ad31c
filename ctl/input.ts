import type { Interrupts } from './interrupts.ts';
import type { Output } from './output.ts';

/** What the TAB key offers: candidates, and the part of the line that each would replace. */
export type Complete = (line: string) => Promise<readonly [candidates: readonly string[], word: string]>;

export interface LineEditing {
  readonly complete?: Complete;
  /** Oldest first. */
  readonly history?: readonly string[];
}

/** Where lines that the user types come from. */
export interface Input extends Disposable {
  /**
   * Shows `prompt` and waits for a line; `undefined` at the end of the input.
   *
   * @throws {Interrupted} on Ctrl-C
   */
  readLine(prompt: string, editing?: LineEditing): Promise<string | undefined>;
  /** The same, without showing what is typed. */
  readHidden(prompt: string): Promise<string | undefined>;
}

export interface InputOptions {
  readonly interrupts: Interrupts;
  /** Where prompts go. */
  readonly output: Pick<Output, 'write'>;
}

/**
 * The program's own stdin. It is opened, and what reads lines is loaded, when a line is wanted: few commands want one.
 */
export function standardInput(options: InputOptions): Input {
  let opened: Input | undefined;
  const open = async (): Promise<Input> => {
    const { openStandardInput } = await import('./line-reader.ts');
    opened ??= openStandardInput(options);
    return opened;
  };
  return {
    readLine: async (prompt, editing) => (await open()).readLine(prompt, editing),
    readHidden: async (prompt) => (await open()).readHidden(prompt),
    [Symbol.dispose]: () => opened?.[Symbol.dispose](),
  };
}
