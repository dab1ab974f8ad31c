/** The `KEY="value",KEY2=value2` syntax of `environment=`. */
import type { Scope } from './expand.ts';
import { InvalidValue } from './invalid-value.ts';
import type { supervisordKeys } from './keys/supervisord.ts';
import type { SectionReader } from './section-reader.ts';
import type { Environment } from './settings.ts';
import { readQuoted } from './shell-words.ts';

/** Characters that make up a word; any other that is no blank, quote, backslash or `#` stands alone. */
const wordCharacter = /[A-Za-z0-9_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff/.+():-]/;

/** The variables of a section. If they cannot be read, that is recorded, and there are none. */
export function readEnvironment(
  reader: Pick<SectionReader<Pick<typeof supervisordKeys, 'environment'>>, 'expanded' | 'attempt'>,
  scope: Scope,
): Environment {
  const text = reader.expanded('environment', scope) ?? '';
  return reader.attempt(
    'environment',
    () => parseEnvironment(text),
    () => new Map<string, string>(),
  );
}

/**
 * Reads variables. Tokens count in fours: key, `=`, value and a separator that nobody looks at, so
 * `A=1;B=2` gives two variables and `A=a b` gives `a`. That is what files in use rely on.
 *
 * @throws {InvalidValue} quotes do not close, or the tokens do not come in key, `=`, value
 * @see supervisor/datatypes.py, `dict_of_key_value_pairs`, as of the release after 4.3
 */
export function parseEnvironment(text: string): Environment {
  const tokens = tokenize(text);
  const variables = new Map<string, string>();
  for (let index = 0; index < tokens.length; index += 4) {
    const [key, equals, value] = tokens.slice(index, index + 3);
    if (key === undefined || equals !== '=' || value === undefined) {
      throw new InvalidValue(`Unexpected end of key/value pairs in value '${text}'`);
    }
    variables.set(key, value);
  }
  return variables;
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  let word: string | undefined;
  const endWord = () => {
    if (word !== undefined) tokens.push(word);
    word = undefined;
  };
  let index = 0;
  while (index < text.length) {
    const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
    index += character.length;
    if (' \t\r\n'.includes(character)) {
      endWord();
    } else if (character === '#') {
      endWord();
      const lineEnd = text.indexOf('\n', index);
      index = lineEnd < 0 ? text.length : lineEnd + 1;
    } else if (character === '"' || character === "'") {
      const quoted = readQuoted(text, index, character);
      if (typeof quoted === 'string') throw new InvalidValue(quoted);
      word = (word ?? '') + quoted.text;
      index = quoted.end;
    } else if (character === '\\') {
      if (index >= text.length) throw new InvalidValue('No escaped character');
      const escaped = String.fromCodePoint(text.codePointAt(index) ?? 0);
      word = (word ?? '') + escaped;
      index += escaped.length;
    } else if (wordCharacter.test(character)) {
      word = (word ?? '') + character;
    } else {
      endWord();
      tokens.push(character);
    }
  }
  endWord();
  return tokens;
}
