/**
 * An alphabet in which any text passes through the `ini` package unchanged: that package gives a meaning to
 * quotes, brackets, dots, `;`, `#`, `=`, backslashes, `true`, `null` and `__proto__`. Letters and digits stand
 * for themselves; any other UTF-16 unit is `_` and four hexadecimal digits. The `t` in front keeps a text
 * from being empty, a number or a word with a meaning.
 */

export class SafeAlphabet {
  // Keys are few, and come again in every section.
  readonly #written = new Map<string, string>();

  /** Writes a text in the safe alphabet. */
  write(text: string): string {
    const known = this.#written.get(text);
    if (known !== undefined) return known;
    const safe = toSafe(text);
    this.#written.set(text, safe);
    return safe;
  }
}

function toSafe(text: string): string {
  const units = text.replace(
    /[^A-Za-z0-9]/g,
    (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `t${units}`;
}
