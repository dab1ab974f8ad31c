/** Something wrong in the configuration, with its place. */

export interface ConfigErrorPlace {
  /** Path as messages show it. */
  readonly file: string;
  /** Counted from 1; `undefined`: the file as a whole. */
  readonly line?: number | undefined;
  readonly section?: string | undefined;
  readonly key?: string | undefined;
  /** The value as the file has it. */
  readonly value?: string | undefined;
}

/** Longest value that a message repeats; what follows would bury the reason. */
const maxShownValue = 200;

/**
 * One error of a configuration. The message is one line, `file:line: [section] key: "value": what is wrong`;
 * `text` is what supervisord says, for the usage error and the CANT_REREAD fault.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly line: number | undefined;
  readonly section: string | undefined;
  readonly key: string | undefined;
  readonly text: string;

  constructor(place: ConfigErrorPlace, what: string, text: string = what) {
    super(`${placeText(place)}: ${oneLine(what)}`);
    this.file = place.file;
    this.line = place.line;
    this.section = place.section;
    this.key = place.key;
    this.text = text;
  }
}

/** `file:line: [section] key: "value"`, as far as known. */
export function placeText({ file, line, section, key, value }: ConfigErrorPlace): string {
  const parts = [line === undefined ? file : `${file}:${line}`];
  if (section !== undefined) parts.push(key === undefined ? `[${section}]` : `[${section}] ${key}`);
  if (value !== undefined) parts.push(`"${shorten(value)}"`);
  return oneLine(parts.join(': '));
}

/** `[section] key=value: what is wrong`, on one line: the text of an error that supervisord does not know. */
export function textOf({ section, key, value }: ConfigErrorPlace, what: string): string {
  const name = key === undefined ? `[${section}]` : `[${section}] ${key}`;
  return oneLine(value === undefined ? `${name}: ${what}` : `${name}=${shorten(value)}: ${what}`);
}

function shorten(value: string): string {
  return value.length <= maxShownValue ? value : `${value.slice(0, maxShownValue)}…`;
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
