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
  const parts = withoutEmptyRanges(splitAtRanges(content));
  const [first = []] = parts;
  // After empty ranges are gone: Python takes an exclamation mark that comes first only then for a negation too.
  const negated = first[0] === '!';
  const members = negated ? withoutMark(parts) : parts;
  const ranges = members.flatMap((part, index) => {
    const low = part.at(-1);
    const high = members[index + 1]?.[0];
    return low !== undefined && high !== undefined ? [[low, high] as const] : [];
  });
  return (character) =>
    negated !==
    (members.some((part) => part.includes(character)) ||
      ranges.some(
        ([low, high]) => compareCodePoints(low, character) <= 0 && compareCodePoints(character, high) <= 0,
      ));
}

/** The parts without the exclamation mark. Where it was the low bound of a range, the hyphen stands for itself. */
function withoutMark([first = [], second, ...others]: readonly string[][]): readonly string[][] {
  if (second === undefined || first.length > 1)
    return [first.slice(1), ...(second ? [second] : []), ...others];
  return [['-', ...second], ...others];
}

/** Parts of a class: the last character of each and the first of the next are the bounds of a range. */
function splitAtRanges(content: readonly string[]): string[][] {
  const parts: string[][] = [];
  let start = 0;
  let hyphen = content.indexOf('-', content[0] === '!' ? 2 : 1);
  while (hyphen >= 0) {
    parts.push(content.slice(start, hyphen));
    start = hyphen + 1;
    hyphen = content.indexOf('-', hyphen + 3);
  }
  const last = content.slice(start);
  // A hyphen at the end stands for itself.
  if (last.length > 0 || parts.length === 0) parts.push(last);
  else parts.at(-1)?.push('-');
  return parts;
}

/** Of a range whose bounds are the wrong way round, neither bound is a member. */
function withoutEmptyRanges(parts: readonly string[][]): string[][] {
  const kept = [...parts];
  for (let index = kept.length - 1; index > 0; index--) {
    const [before = [], after = []] = [kept[index - 1], kept[index]];
    if (compareCodePoints(before.at(-1) ?? '', after[0] ?? '') <= 0) continue;
    kept.splice(index - 1, 2, [...before.slice(0, -1), ...after.slice(1)]);
  }
  return kept;
}
