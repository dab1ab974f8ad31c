/**
 * HTML in which no text can become markup: `html` escapes every value that it did not make itself, for
 * attributes as well as for text, so attributes always stand in double quotes.
 */

/** Made by `html` alone; what it holds needs no more escaping. */
class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type { Markup };

/** What a template may hold; `undefined` is nothing. */
export type Content = string | number | undefined | Markup | readonly Markup[];

/** Makes markup of a template. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let source = parts[0] ?? '';
  for (const [index, content] of contents.entries()) source += sourceOf(content) + (parts[index + 1] ?? '');
  return new Markup(source);
}

function sourceOf(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.source;
  if (typeof content === 'object') return content.map(({ source }) => source).join('');
  return escapeText(String(content));
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escapeText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities.get(character) ?? '');
}

/**
 * Control characters as the pictures Unicode has of them, but for tab and newline. Those without a picture,
 * and those that turn the direction of what follows, become U+FFFD: they make text look like other text.
 */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\0-\x08\x0b-\x1f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(/\x7f/g, '\u2421')
    .replace(/[\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
