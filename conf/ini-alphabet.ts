/**
 * An alphabet in which any text passes through the `ini` package unchanged: that package gives a meaning to
 * quotes, brackets, dots, `;`, `#`, `=`, backslashes, `true`, `null` and `__proto__`. Letters and digits stand
 * for themselves; any other UTF-16 unit is `_` and four hexadecimal digits. The `t` in front keeps a text
 * from being empty, a number or a word with a meaning.
 */

/** Writes a text in the safe alphabet. */
export function toSafe(text: string): string {
  const units = text.replace(
    /[^A-Za-z0-9]/g,
    (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `t${units}`;
}

/** Reads back what {@link toSafe} wrote. */
export function fromSafe(safe: string): string {
  return safe
    .slice(1)
    .replace(/_([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
