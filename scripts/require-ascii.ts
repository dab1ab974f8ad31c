import { readFileSync } from 'node:fs';

/**
 * Makes sure that a bundle is ASCII. With a single character beyond Latin-1 V8 keeps all of the source at two bytes a
 * character, for as long as the program runs; and what is compiled ahead is read as Latin-1. The bundler escapes such
 * characters in texts, but not in regular expressions.
 *
 * @throws {Error} that says where there is another character
 */
export function requireAscii(file: string): void {
  const text = readFileSync(file, 'utf8');
  const found = /[^\x00-\x7f]/.exec(text);
  if (found === null) return;
  const around = text.slice(Math.max(0, found.index - 40), found.index + 40);
  throw new Error(`${file} is not ASCII; write the character as an escape: ${around}`);
}
