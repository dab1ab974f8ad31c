/**
 * Reads a command line by the rules of `getopt_long`, which supervisord's users have in their fingers and
 * in their init scripts: short options can be bundled (`-ns`), a value can follow at once or as the next
 * word (`-cFILE`, `-c FILE`, `--user=x`, `--user x`), long names can be cut to any unambiguous prefix
 * (`--nod`), and options end at the first word that is none, or after `--`.
 *
 * @see docs/supervisord.md, "Command line"
 */

/** An option: `short` and `long` with their dashes, `required` if it takes a value. */
export interface OptionShape {
  readonly short?: string | undefined;
  readonly long?: string | undefined;
  readonly required: boolean;
  /** Has to be typed in full, so that prefixes mean what they mean to supervisord. */
  readonly inFull?: boolean;
}

export interface GivenOption {
  /** The option's full long name, with its dashes. */
  readonly long: string;
  /** The option as it was typed, with its dashes and without its value; prefixes are completed. */
  readonly typed: string;
  /** `undefined` for a flag. */
  readonly value: string | undefined;
}

/** A mistake in the command line. Its message is what the user reads after `Error: `. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Splits a command line into options and the words after them.
 *
 * @throws {UsageError} for an unknown or ambiguous option, a missing or superfluous value
 */
export function readOptions(
  words: readonly string[],
  shapes: readonly OptionShape[],
): { readonly options: readonly GivenOption[]; readonly rest: readonly string[] } {
  const options: GivenOption[] = [];
  let index = 0;
  for (; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      index += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const takeNext = (): string | undefined => {
      index += 1;
      return words[index];
    };
    if (word.startsWith('--')) options.push(readLong(word, shapes, takeNext));
    else options.push(...readBundle(word, shapes, takeNext));
  }
  return { options, rest: words.slice(index) };
}

function readLong(
  word: string,
  shapes: readonly OptionShape[],
  takeNext: () => string | undefined,
): GivenOption {
  const equals = word.indexOf('=');
  const typed = equals < 0 ? word : word.slice(0, equals);
  const shape = findLong(typed, shapes);
  const long = shape.long ?? typed;
  let value = equals < 0 ? undefined : word.slice(equals + 1);
  if (!shape.required) {
    if (value !== undefined) throw new UsageError(`option ${long} must not have an argument`);
    return { long, typed: long, value };
  }
  value ??= takeNext();
  if (value === undefined) throw new UsageError(`option ${long} requires argument`);
  return { long, typed: long, value };
}

function findLong(typed: string, shapes: readonly OptionShape[]): OptionShape {
  const exact = shapes.find((shape) => shape.long === typed);
  if (exact) return exact;
  const candidates = shapes.filter((shape) => shape.inFull !== true && shape.long?.startsWith(typed));
  const [first] = candidates;
  if (first === undefined) throw new UsageError(`option ${typed} not recognized`);
  // One option may have two short names, and so two shapes.
  const isUnique = candidates.every(({ long }) => long === first.long);
  if (!isUnique) throw new UsageError(`option ${typed} not a unique prefix`);
  return first;
}

function readBundle(
  word: string,
  shapes: readonly OptionShape[],
  takeNext: () => string | undefined,
): GivenOption[] {
  const options: GivenOption[] = [];
  const letters = [...word.slice(1)];
  for (const [position, letter] of letters.entries()) {
    const typed = `-${letter}`;
    const shape = shapes.find((candidate) => candidate.short === typed);
    if (shape === undefined) throw new UsageError(`option ${typed} not recognized`);
    const long = shape.long ?? typed;
    if (!shape.required) {
      options.push({ long, typed, value: undefined });
      continue;
    }
    const attached = letters.slice(position + 1).join('');
    const value = attached === '' ? takeNext() : attached;
    if (value === undefined) throw new UsageError(`option ${typed} requires argument`);
    options.push({ long, typed, value });
    break;
  }
  return options;
}
