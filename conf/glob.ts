/** Shell-style patterns over the file system, for `[include]`. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { compareCodePoints } from './python-text.ts';

const magic = /[*?[]/;

/** Whether a path has a wildcard in it. */
export function isPattern(path: string): boolean {
  return magic.test(path);
}

/**
 * Paths that match, in code point order. `*` (and `**`, which is the same here), `?`, `[…]` and `[!…]` match
 * within one path component; a leading dot only where the pattern has one.
 *
 * @param pattern absolute
 * @see Python's `glob.glob`
 */
export function glob(pattern: string): string[] {
  const components = pattern.split('/');
  let paths = [''];
  for (const [depth, component] of components.entries()) {
    if (depth > 0) paths = paths.map((path) => `${path}/`);
    if (magic.test(component)) paths = paths.flatMap((directory) => matchesIn(directory, component));
    else paths = paths.map((path) => path + component);
    if (depth < components.length - 1) paths = paths.filter((path) => path === '' || existsSync(path));
  }
  return paths.filter(exists).sort(compareCodePoints);
}

function matchesIn(directory: string, component: string): string[] {
  return entriesOf(directory)
    .filter((entry) => (component.startsWith('.') || !entry.startsWith('.')) && matchesName(entry, component))
    .map((entry) => directory + entry);
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A broken symbolic link exists too: reading it says what is wrong with it. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

type Token =
  | { readonly type: 'any' }
  | { readonly type: 'one'; readonly accepts: (character: string) => boolean };

/** Whether a file name matches a pattern without slashes. Takes back only the last `*`: never exponential. */
export function matchesName(fileName: string, pattern: string): boolean {
  const characters = [...fileName];
  const tokens = tokenize([...pattern]);
  let at = 0;
  let token = 0;
  let resume: { at: number; token: number } | undefined;
  while (at < characters.length) {
    const current = tokens[token];
    if (current?.type === 'any') {
      resume = { at, token: ++token };
    } else if (current?.type === 'one' && current.accepts(characters[at] ?? '')) {
      at++;
      token++;
    } else if (resume !== undefined) {
      resume = { ...resume, at: resume.at + 1 };
      ({ at, token } = resume);
    } else {
      return false;
    }
  }
  return tokens.slice(token).every(({ type }) => type === 'any');
}

function tokenize(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] ?? '';
    const end = character === '[' ? classEnd(pattern, index) : -1;
    if (character === '*') {
      tokens.push({ type: 'any' });
    } else if (character === '?') {
      tokens.push({ type: 'one', accepts: () => true });
    } else if (end > 0) {
      tokens.push({ type: 'one', accepts: characterClass(pattern.slice(index + 1, end)) });
      index = end;
    } else {
      tokens.push({ type: 'one', accepts: (other) => other === character });
    }
  }
  return tokens;
}

/** Index of the `]` that closes a class; one that comes first is a member. -1: `[` stands for itself. */
function classEnd(pattern: readonly string[], start: number): number {
  const first = pattern[start + 1] === '!' ? start + 2 : start + 1;
  return pattern.indexOf(']', first + 1);
}

function characterClass(content: readonly string[]): (character: string) => boolean {
  const negated = content[0] === '!';
  const members = negated ? content.slice(1) : content;
  const ranges: (readonly [string, string])[] = [];
  for (let index = 0; index < members.length; index++) {
    const low = members[index] ?? '';
    const high = members[index + 1] === '-' ? members[index + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) index += 2;
  }
  return (character) =>
    negated !==
    ranges.some(
      ([low, high]) => compareCodePoints(low, character) <= 0 && compareCodePoints(character, high) <= 0,
    );
}
