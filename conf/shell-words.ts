/** Splits a command line into words as a POSIX shell would, without running anything. */

export type ShellWordsResult =
  | { readonly type: 'ok'; readonly words: readonly string[] }
  | { readonly type: 'invalid'; readonly reason: 'No closing quotation' | 'No escaped character' };

/**
 * Splits at blanks (space, tab, CR, LF). `'…'` is literal; in `"…"` a backslash escapes only `"` and itself;
 * elsewhere it makes the next character literal. Pieces that touch join; `#` has no meaning.
 *
 * @see Python's `shlex.split`
 */
export function splitShellWords(command: string): ShellWordsResult {
  const words: string[] = [];
  let word: string | undefined;
  let index = 0;
  while (index < command.length) {
    const character = command.charAt(index++);
    if (' \t\r\n'.includes(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '\\') {
      if (index >= command.length) return { type: 'invalid', reason: 'No escaped character' };
      word = (word ?? '') + command.charAt(index++);
    } else if (character === '"' || character === "'") {
      const quoted = readQuoted(command, index, character);
      if (typeof quoted === 'string') return { type: 'invalid', reason: quoted };
      word = (word ?? '') + quoted.text;
      index = quoted.end;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return { type: 'ok', words };
}

interface Quoted {
  readonly text: string;
  /** Index behind the closing quote. */
  readonly end: number;
}

/** Reads what stands in quotes, from behind the opening one; a string is the reason why it cannot. */
export function readQuoted(
  text: string,
  start: number,
  quote: string,
): Quoted | 'No closing quotation' | 'No escaped character' {
  let read = '';
  for (let index = start; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === quote) return { text: read, end: index + 1 };
    if (character === '\\' && quote === '"') {
      const next = text.charAt(++index);
      if (next === '') return 'No escaped character';
      read += next === '"' || next === '\\' ? next : character + next;
    } else {
      read += character;
    }
  }
  return 'No closing quotation';
}
