/**
 * Configuration text → document: supervisord's dialect of INI.
 *
 * The dialect is decided line by line here (comments, continuation by indentation, headers, options). What
 * comes out, one logical line for each header and option, is handed to the `ini` package, which does the
 * collecting: sections merge, the last of equal keys wins. It is given names in a safe alphabet, and for each
 * value the number of the line that has it.
 *
 * @see Python's `configparser.RawConfigParser._read` with inline comment prefixes `;` and `#`
 */

import { dirname } from 'node:path';
import { parse } from 'ini';
import { SafeAlphabet } from './ini-alphabet.ts';
import { indentation, isBlankAt, repr, strip, stripEnd } from './python-text.ts';

/** A value and where it was written. */
export interface DocumentValue {
  readonly value: string;
  readonly file: string;
  /** Line of the key, counted from 1. */
  readonly line: number;
  /** Directory of that file: what `%(here)s` stands for in the value. */
  readonly here: string;
}

export interface Section {
  readonly name: string;
  /** File and line of the first header of that name. */
  readonly file: string;
  readonly line: number;
  /** The section's own keys, in order of first appearance; `[DEFAULT]` is apart, in the document. */
  readonly values: ReadonlyMap<string, DocumentValue>;
}

export interface Document {
  /** In order of first appearance. */
  readonly sections: ReadonlyMap<string, Section>;
  /** Keys of `[DEFAULT]`, which every section inherits. */
  readonly defaults: ReadonlyMap<string, DocumentValue>;
}

/** A line that is no part of the language. */
export interface ParseProblem {
  readonly line: number;
  readonly content: string;
  readonly reason: string;
}

export interface ParseResult {
  /** What could be read; complete if there are no problems. */
  readonly document: Document;
  readonly problems: readonly ParseProblem[];
  /** What supervisord says of the problems as a whole; empty if there are none. */
  readonly text: string;
}

/** The section that every other one inherits from. */
export const defaultSection = 'DEFAULT';

/**
 * Reads configuration text.
 *
 * @param file path by which messages name the text; absolute, so that `here` is
 * @param isNeeded which sections the document is to have; by default all. Problems are found in all.
 */
export function parseDocument(
  text: string,
  file: string,
  isNeeded: (section: string) => boolean = () => true,
): ParseResult {
  const { logicalLines, problems, headless } = readLines(text);
  const document = collect(logicalLines, file, isNeeded);
  const [first] = problems;
  if (first === undefined) return { document, problems, text: '' };
  return {
    document,
    problems,
    text: headless ? headlessText(file, first) : parsingErrorText(file, problems),
  };
}

type LogicalLine =
  | { readonly type: 'header'; readonly line: number; readonly name: string }
  | { readonly type: 'option'; readonly line: number; readonly key: string; readonly parts: string[] };

interface Lines {
  readonly logicalLines: readonly LogicalLine[];
  readonly problems: readonly ParseProblem[];
  /** There is text before the first header. */
  readonly headless: boolean;
}

function readLines(text: string): Lines {
  const logicalLines: LogicalLine[] = [];
  const problems: ParseProblem[] = [];
  let inSection = false;
  let headless = false;
  let open: string[] | undefined;
  let openIndentation = 0;
  let number = 0;

  for (const physical of physicalLines(text)) {
    number++;
    const comment = commentStart(physical);
    const value = strip(physical.slice(0, comment));
    if (value === '') {
      if (comment === undefined) open?.push('');
      continue;
    }
    const indent = indentation(physical);
    if (open !== undefined && indent > openIndentation) {
      open.push(value);
      continue;
    }
    openIndentation = indent;

    const name = headerName(value);
    if (name !== undefined) {
      logicalLines.push({ type: 'header', line: number, name });
      inSection = true;
      open = undefined;
      continue;
    }
    if (!inSection) {
      // One report for the whole text before the first header: there is one thing to repair.
      if (!headless)
        problems.push({ line: number, content: physical, reason: 'text before any [section] header' });
      headless = true;
      continue;
    }
    const delimiter = value.search(/[=:]/);
    if (delimiter < 0) {
      problems.push({ line: number, content: physical, reason: 'neither a [section] header nor key=value' });
      continue;
    }
    const key = stripEnd(value.slice(0, delimiter)).toLowerCase();
    if (key === '') {
      problems.push({ line: number, content: physical, reason: 'no key in front of the delimiter' });
      open = undefined;
      continue;
    }
    open = [strip(value.slice(delimiter + 1))];
    logicalLines.push({ type: 'option', line: number, key, parts: open });
  }
  return { logicalLines, problems, headless };
}

/** Lines with their line end, if they have one, as `\n`. A byte order mark is skipped. */
function* physicalLines(text: string): Generator<string> {
  let start = text.startsWith('\ufeff') ? 1 : 0;
  const lineEnd = /\r\n|\r|\n/g;
  for (const match of text.matchAll(lineEnd)) {
    yield `${text.slice(start, match.index)}\n`;
    start = match.index + match[0].length;
  }
  if (start < text.length) yield text.slice(start);
}

/**
 * Column at which a comment starts. Occurrences of `;` and `#` are looked at in rounds, the first of each,
 * then the second of each: so an earlier `;` of a later round does not win over a `#` of this one.
 */
function commentStart(line: string): number | undefined {
  const first = line.charAt(indentation(line));
  if (first === ';' || first === '#') return 0;
  let semicolon = line.indexOf(';');
  let hash = line.indexOf('#');
  while (semicolon >= 0 || hash >= 0) {
    const qualifying = [semicolon, hash].filter((column) => column >= 0 && isBlankAt(line, column - 1));
    if (qualifying.length > 0) return Math.min(...qualifying);
    if (semicolon >= 0) semicolon = line.indexOf(';', semicolon + 1);
    if (hash >= 0) hash = line.indexOf('#', hash + 1);
  }
  return undefined;
}

/** Name in a header: up to the last `]`, at least one character, inner blanks kept. */
function headerName(value: string): string | undefined {
  if (!value.startsWith('[')) return undefined;
  const end = value.lastIndexOf(']');
  return end > 1 ? value.slice(1, end) : undefined;
}

function collect(
  logicalLines: readonly LogicalLine[],
  file: string,
  isNeeded: (section: string) => boolean,
): Document {
  const headers = new Map<string, number>();
  const alphabet = new SafeAlphabet();
  let safe = '';
  let isKept = false;
  for (let index = 0; index < logicalLines.length; index++) {
    const logical = logicalLines[index];
    if (logical?.type === 'header') isKept = isNeeded(logical.name);
    if (logical === undefined || !isKept) continue;
    if (logical.type === 'header') {
      if (!headers.has(logical.name)) headers.set(logical.name, logical.line);
      safe += `[${alphabet.write(logical.name)}]\n`;
    } else {
      safe += `${alphabet.write(logical.key)}=${index}\n`;
    }
  }

  const here = dirname(file);
  const sections = new Map<string, Section>();
  let defaults: ReadonlyMap<string, DocumentValue> = new Map();
  for (const [safeName, keys] of Object.entries(parse(safe))) {
    const name = alphabet.textOf(safeName);
    const values = new Map<string, DocumentValue>();
    for (const index of Object.values(keys as { readonly [key: string]: string })) {
      const option = logicalLines[Number(index)];
      if (option?.type !== 'option') continue;
      const { key, parts, line } = option;
      values.set(key, { value: stripEnd(parts.join('\n')), file, line, here });
    }
    if (name === defaultSection) defaults = values;
    else sections.set(name, { name, file, line: headers.get(name) ?? 1, values });
  }
  return { sections, defaults };
}

/** The document that results from reading one text after the other: later keys win. */
export function mergeDocuments(first: Document, second: Document): Document {
  const sections = new Map(first.sections);
  for (const [name, section] of second.sections) {
    const earlier = sections.get(name);
    const values = new Map([...(earlier?.values ?? []), ...section.values]);
    sections.set(name, { ...(earlier ?? section), values });
  }
  return { sections, defaults: new Map([...first.defaults, ...second.defaults]) };
}

function headlessText(name: string, { line, content }: ParseProblem): string {
  return `File contains no section headers.\nfile: ${repr(name)}, line: ${line}\n${repr(content)}`;
}

function parsingErrorText(name: string, problems: readonly ParseProblem[]): string {
  const lines = problems.map(
    ({ line, content }) => `\n\t[line ${String(line).padStart(2)}]: ${repr(content)}`,
  );
  return `Source contains parsing errors: ${repr(name)}${lines.join('')}`;
}
