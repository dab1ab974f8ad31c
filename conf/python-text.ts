/**
 * Text as supervisord sees it. Configuration values were read by Python for twenty years, so its ideas of
 * a blank, of an integer and of a quoted value are part of the language and of the error texts.
 */

/** Code units for which Python's `str.isspace` holds; JavaScript's own set differs in U+001C–U+001F, U+0085 and U+FEFF. */
const blank = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Whether the code unit at `index` is white space. */
export function isBlankAt(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  // Configurations are read character by character, and nearly all of those are ASCII.
  if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || (unit >= 0x1c && unit <= 0x1f);
  return index >= 0 && index < text.length && blank.test(text.charAt(index));
}

/** How many blanks the text begins with. */
export function indentation(text: string): number {
  let index = 0;
  while (isBlankAt(text, index)) index++;
  return index;
}

/** Removes white space at the end. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (isBlankAt(text, end - 1)) end--;
  return text.slice(0, end);
}

/** Removes white space at both ends. */
export function strip(text: string): string {
  return stripEnd(text.slice(indentation(text)));
}

/** Splits at runs of white space; no empty words. */
export function splitBlanks(text: string): string[] {
  return text.split(blank).filter((word) => word !== '');
}

const shortEscapes = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Quotes a text as Python's `repr` does, which is how error messages show values. */
export function repr(text: string, { asciiOnly = false }: { asciiOnly?: boolean } = {}): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let quoted = '';
  for (const character of text) {
    quoted +=
      character === quote ? `\\${quote}` : (shortEscapes.get(character) ?? escaped(character, asciiOnly));
  }
  return quote + quoted + quote;
}

function escaped(character: string, asciiOnly: boolean): string {
  if (character === ' ') return character;
  const code = character.codePointAt(0) ?? 0;
  if (!isUnprintable(character) && !(asciiOnly && code > 0x7e)) return character;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

// Building the set of a Unicode category takes a good part of a millisecond: it is not done where the module is loaded.
function isUnprintable(character: string): boolean {
  return /[\p{C}\p{Z}]/u.test(character);
}

function isDecimalDigit(character: string): boolean {
  return /^\p{Nd}$/u.test(character);
}

/** Value of a decimal digit of any script, or `undefined`. */
function digitValue(character: string): number | undefined {
  if (character >= '0' && character <= '9') return character.charCodeAt(0) - 0x30;
  if (character < '\x80' || !isDecimalDigit(character)) return undefined;
  // Unicode keeps the ten digits of a script side by side, zero first.
  const code = character.codePointAt(0) ?? 0;
  let before = 0;
  while (isDecimalDigit(String.fromCodePoint(code - before - 1))) before++;
  return before % 10;
}

const integerShape = /^([+-]?)(?:0[oO]_?)?((?:[^_]+_)*[^_]+)$/u;
/** As nearly all are, and short enough to be exact. */
const plainDecimal = /^[0-9]{1,15}$/;
const decimalShape = /^([+-]?)((?:[^_]+_)*[^_]+)$/u;

/**
 * Reads an integer as Python's `int()` does: surrounding blanks, a sign, single underscores between digits,
 * digits of any script; in base 8 also `0o` in front.
 *
 * @returns the value, held within the range in which numbers are exact; `undefined` if it is no integer
 */
export function parseInteger(text: string, base: 8 | 10 = 10): number | undefined {
  if (base === 10 && plainDecimal.test(text)) return Number(text);
  const match = (base === 8 ? integerShape : decimalShape).exec(strip(text));
  if (match === null) return undefined;
  let value = 0;
  for (const character of (match[2] ?? '').replaceAll('_', '')) {
    const digit = digitValue(character);
    if (digit === undefined || digit >= base) return undefined;
    value = value * base + digit;
  }
  const bounded = Math.min(value, Number.MAX_SAFE_INTEGER);
  return match[1] === '-' && bounded !== 0 ? -bounded : bounded;
}

/** Orders texts by code point, as Python's `sorted` does; JavaScript's own order is by UTF-16 unit. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    if (a.charCodeAt(index) !== b.charCodeAt(index)) {
      return rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
    }
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above every other unit. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000;
}
