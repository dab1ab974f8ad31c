/**
 * Python's `template % mapping`, the template language of configuration values: `%(name)s` with flags, width,
 * precision and conversion, and `%%`. A value that is put in is never looked at again.
 *
 * @see expand.ts, which knows the names
 */
import { formatDecimal, formatFloat, formatRadix, type NumberStyle } from './format-number.ts';
import { repr } from './python-text.ts';

/** What a name may stand for; numbers are integers. */
export type FormatValue = string | number;

export type FormatResult =
  | { readonly type: 'ok'; readonly text: string }
  | { readonly type: 'unknown-name'; readonly name: string }
  | { readonly type: 'malformed'; readonly reason: string };

/** Longest padding; a value of that size has no use, and a longer one would only fill the memory. */
const maxWidth = 4096;

/** As in the default of `process_name`, which is formatted more often than all others. */
const nothingButName = /^%\(([^()]*)\)s$/;

/** Formats a template; `lookup` gives what a name stands for, `undefined` if it stands for nothing. */
export function format(template: string, lookup: (name: string) => FormatValue | undefined): FormatResult {
  if (!template.includes('%')) return { type: 'ok', text: template };
  const [, onlyName] = nothingButName.exec(template) ?? [];
  const only = onlyName === undefined ? undefined : lookup(onlyName);
  if (typeof only === 'string') return { type: 'ok', text: only };
  try {
    return { type: 'ok', text: new Formatter(template, lookup).run() };
  } catch (error) {
    if (error instanceof UnknownName) return { type: 'unknown-name', name: error.message };
    if (error instanceof Malformed) return { type: 'malformed', reason: error.message };
    throw error;
  }
}

class UnknownName extends Error {}
class Malformed extends Error {}

/**
 * What a conversion without a name of its own takes: at first the whole mapping, which no conversion of ours
 * accepts, and after it nothing. `*` for a width takes what the name in front of it stands for.
 */
type Argument =
  | { readonly type: 'mapping' }
  | { readonly type: 'value'; readonly value: FormatValue }
  | { readonly type: 'taken' };

class Formatter {
  readonly #characters: readonly string[];
  readonly #lookup: (name: string) => FormatValue | undefined;
  #index = 0;
  #argument: Argument = { type: 'mapping' };

  constructor(template: string, lookup: (name: string) => FormatValue | undefined) {
    // Code points, because messages count in them.
    this.#characters = [...template];
    this.#lookup = lookup;
  }

  run(): string {
    const pieces: string[] = [];
    while (this.#index < this.#characters.length) {
      const character = this.#characters[this.#index++] ?? '';
      if (character !== '%') {
        pieces.push(character);
      } else if (this.#characters[this.#index] === '%') {
        this.#index++;
        pieces.push('%');
      } else {
        pieces.push(this.#directive());
      }
    }
    return pieces.join('');
  }

  #directive(): string {
    if (this.#characters[this.#index] === '(') {
      const name = this.#name();
      const value = this.#lookup(name);
      if (value === undefined) throw new UnknownName(name);
      this.#argument = { type: 'value', value };
    }
    const flags = new Set<string>();
    while ('-+ #0'.includes(this.#peek())) flags.add(this.#next());
    let width = this.#number('width');
    if (width < 0) {
      flags.add('-');
      width = -width;
    }
    let precision: number | undefined;
    if (this.#peek() === '.') {
      this.#next();
      precision = Math.max(this.#number('precision'), 0);
    }
    if ('hlL'.includes(this.#peek())) this.#next();
    this.#peek();
    const at = this.#index;
    const conversion = this.#next();
    return convert(this.#take(), { conversion, at, flags, width, precision });
  }

  #peek(): string {
    const character = this.#characters[this.#index];
    if (character === undefined) throw new Malformed('incomplete format');
    return character;
  }

  #next(): string {
    const character = this.#peek();
    this.#index++;
    return character;
  }

  /** Text up to the parenthesis that closes the one at the current index. */
  #name(): string {
    const start = ++this.#index;
    for (let depth = 1; this.#index < this.#characters.length; ) {
      const character = this.#characters[this.#index++];
      if (character === '(') depth++;
      else if (character === ')' && --depth === 0)
        return this.#characters.slice(start, this.#index - 1).join('');
    }
    throw new Malformed('incomplete format key');
  }

  #number(what: 'width' | 'precision'): number {
    if (this.#peek() === '*') {
      this.#next();
      const argument = this.#take();
      if (argument.type !== 'value' || typeof argument.value !== 'number') throw new Malformed('* wants int');
      if (Math.abs(argument.value) > maxWidth) throw new Malformed(`${what} too big`);
      return argument.value;
    }
    let value = 0;
    while (/^[0-9]$/.test(this.#peek())) {
      value = value * 10 + Number(this.#next());
      if (value > maxWidth) throw new Malformed(`${what} too big`);
    }
    return value;
  }

  #take(): Argument {
    const argument = this.#argument;
    if (argument.type === 'taken') throw new Malformed('not enough arguments for format string');
    this.#argument = { type: 'taken' };
    return argument;
  }
}

interface Directive {
  readonly conversion: string;
  /** Index of the conversion character. */
  readonly at: number;
  readonly flags: ReadonlySet<string>;
  readonly width: number;
  readonly precision: number | undefined;
}

function convert(argument: Argument, directive: Directive): string {
  const { conversion, flags, width } = directive;
  const text = conversionText(argument, directive);
  const missing = width - [...text.body].length - text.prefix.length;
  if (missing <= 0) return text.prefix + text.body;
  if (flags.has('-')) return text.prefix + text.body + ' '.repeat(missing);
  if (flags.has('0') && !'sarc'.includes(conversion)) return text.prefix + '0'.repeat(missing) + text.body;
  return ' '.repeat(missing) + text.prefix + text.body;
}

/** Sign and base stay in front of padding zeros. */
interface ConversionText {
  readonly prefix: string;
  readonly body: string;
}

function conversionText(argument: Argument, directive: Directive): ConversionText {
  const { conversion, at, flags, precision } = directive;
  const style: NumberStyle = { conversion, precision, flags };
  switch (conversion) {
    case 's':
    case 'r':
    case 'a': {
      // supervisord puts in the printed mapping here, and with it every variable of its environment.
      if (argument.type !== 'value') throw new Malformed('not enough arguments for format string');
      return { prefix: '', body: truncate(printed(argument.value, conversion), precision) };
    }
    case 'c':
      return { prefix: '', body: oneCharacter(argument) };
    case 'd':
    case 'i':
    case 'u':
      return formatDecimal(
        numberOf(argument, `%${conversion} format: a real number is required, not `),
        style,
      );
    case 'o':
    case 'x':
    case 'X':
      return formatRadix(numberOf(argument, `%${conversion} format: an integer is required, not `), style);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return formatFloat(numberOf(argument, 'must be real number, not '), style);
    default: {
      const code = conversion.codePointAt(0) ?? 0;
      const shown = code > 31 && code < 127 ? conversion : '?';
      throw new Malformed(`unsupported format character '${shown}' (0x${code.toString(16)}) at index ${at}`);
    }
  }
}

function printed(value: FormatValue, conversion: 's' | 'r' | 'a'): string {
  if (typeof value === 'number') return String(value);
  return conversion === 's' ? value : repr(value, { asciiOnly: conversion === 'a' });
}

function truncate(text: string, precision: number | undefined): string {
  return precision === undefined ? text : [...text].slice(0, precision).join('');
}

function oneCharacter(argument: Argument): string {
  const value = argument.type === 'value' ? argument.value : '';
  if (typeof value === 'string') {
    if ([...value].length === 1) return value;
    throw new Malformed('%c requires int or char');
  }
  if (value < 0 || value > 0x10ffff) throw new Malformed('%c arg not in range(0x110000)');
  return String.fromCodePoint(value);
}

function numberOf(argument: Argument, complaint: string): number {
  if (argument.type === 'value' && typeof argument.value === 'number') return argument.value;
  throw new Malformed(complaint + (argument.type === 'value' ? 'str' : 'dict'));
}
