/** Where the scheduler says what it has dealt with. */
export interface Logger {
  info(text: string): void;
  warn(text: string): void;
  error(text: string, error?: unknown): void;
}

/** Says what went wrong on standard error, and nothing else, as Python's `logging` does when nobody sets it up. */
export const consoleLogger: Logger = {
  info: () => undefined,
  warn: (text) => console.warn(text),
  error: (text, error) => (error === undefined ? console.error(text) : console.error(text, error)),
};

/** In one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
