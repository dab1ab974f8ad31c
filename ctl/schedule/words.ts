/** The words behind `schedule`: names, options in any place, `key=value`. */
import { splitShellWords } from '../../conf/shell-words.ts';
import type { CommandArguments } from '../command.ts';

/** A mistake in the words; the message is shown with the help. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** The words as they were meant: one that was quoted is one word, with its blanks. @throws {Misuse} */
export function quotedWords({ argv, text }: CommandArguments): readonly string[] {
  if (argv !== undefined) return argv;
  const split = splitShellWords(text);
  if (split.type === 'invalid') throw new Misuse(split.reason);
  return split.words;
}

/** Which options there are: those that are there or not, and those with a value. */
export interface OptionNames {
  readonly flags?: readonly string[];
  readonly values?: readonly string[];
}

export interface ReadWords {
  /** The words that are no options. */
  readonly names: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Picks options out of words: `-n 5`, `-n5`, `--tz UTC`, `--tz=UTC`, `--json`. Behind `--` there are none.
 *
 * @throws {Misuse} an unknown option, or one without its value
 */
export function readWords(words: readonly string[], { flags = [], values = [] }: OptionNames): ReadWords {
  const names: string[] = [];
  const givenFlags = new Set<string>();
  const givenValues = new Map<string, string>();
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    const option = values.find((name) => startsOption(word, name));
    if (word === '--') {
      names.push(...rest.splice(0));
    } else if (option !== undefined) {
      const value = word === option ? rest.shift() : word.slice(option.length).replace(/^=/, '');
      if (value === undefined) throw new Misuse(`${option} needs a value`);
      givenValues.set(option, value);
    } else if (flags.includes(word)) {
      givenFlags.add(word);
    } else if (word.startsWith('-')) {
      throw new Misuse(`bad argument ${word}`);
    } else {
      names.push(word);
    }
  }
  return { names, flags: givenFlags, values: givenValues };
}

function startsOption(word: string, option: string): boolean {
  if (word === option) return true;
  return option.startsWith('--') ? word.startsWith(`${option}=`) : word.startsWith(option);
}

/** The one name that there is. @throws {Misuse} there is none, or there are more */
export function onlyName({ names }: Pick<ReadWords, 'names'>, what: string): string {
  const [name, extra] = names;
  if (name === undefined) throw new Misuse(`no ${what} given`);
  if (extra !== undefined) throw new Misuse(`too many arguments: ${extra}`);
  return name;
}

/** The number that `-n` gives. @throws {Misuse} it is none, or not in that range */
export function countOf(
  { values }: ReadWords,
  { otherwise, most }: { otherwise: number; most: number },
): number {
  const text = values.get('-n');
  if (text === undefined) return otherwise;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw new Misuse(`-n needs a number from 1 to ${most}, not ${text}`);
  return count;
}

/** Reads `key=value` words. @throws {Misuse} one is none, or a key comes twice */
export function keyValues(words: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const word of words) {
    const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined) throw new Misuse(`${word} is not key=value; a value with blanks needs quotes`);
    if (values.has(key)) throw new Misuse(`${key} is given twice`);
    values.set(key, value);
  }
  return values;
}
