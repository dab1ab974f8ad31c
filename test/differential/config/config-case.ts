/** A configuration that the real supervisor and ours both read. */
export interface ConfigCase {
  /** What it is about, as a sentence that follows "agrees with supervisord: ". */
  readonly name: string;
  /** Text of `supervisord.conf`; `{dir}` stands for the directory of the case. */
  readonly config: string | Uint8Array;
  /** More files, by path in the directory of the case; a path that ends in `/` is a directory. */
  readonly files?: { readonly [path: string]: string };
  /** Where we do otherwise, why, and what ours says: `ok`, or a part of the error text. */
  readonly differs?: { readonly why: string; readonly ours: string };
}

/** A configuration with a program `p` that has these lines. */
export function program(...lines: readonly string[]): string {
  return `[supervisord]\n[program:p]\ncommand=/bin/cat\n${lines.join('\n')}\n`;
}

/** A `[supervisord]` with these lines. */
export function supervisord(...lines: readonly string[]): string {
  return `[supervisord]\n${lines.join('\n')}\n`;
}
