/**
 * Configuration text → document: supervisord's dialect of INI.
 *
 * The dialect is decided line by line (see logical-lines.ts). What comes out, one logical line for each header and
 * option, is gathered by section; the `ini` package reads what is in a section, where the last of equal keys wins. It is
 * given the keys in a safe alphabet, and for each value its place in the section.
 */

import { dirname } from 'node:path';
import { parse } from 'ini';
import { SafeAlphabet } from './ini-alphabet.ts';
import { type LogicalLine, type OptionLine, type ParseProblem, readLogicalLines } from './logical-lines.ts';
import { repr, stripEnd } from './python-text.ts';

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
  const { logicalLines, problems, headless } = readLogicalLines(text, isNeeded);
  const document = collect(logicalLines, file);
  const [first] = problems;
  if (first === undefined) return { document, problems, text: '' };
  return {
    document,
    problems,
    text: headless ? headlessText(file, first) : parsingErrorText(file, problems),
  };
}

/** A section, wherever in the text its parts are. */
interface Gathered {
  readonly name: string;
  readonly line: number;
  readonly options: OptionLine[];
}

function collect(logicalLines: readonly LogicalLine[], file: string): Document {
  const gathered = gather(logicalLines);
  const winners = winnersAmong(gathered);
  const here = dirname(file);
  const sections = new Map<string, Section>();
  let defaults: ReadonlyMap<string, DocumentValue> = new Map();
  for (const [index, { name, line, options }] of gathered.entries()) {
    const values = new Map<string, DocumentValue>();
    for (const winner of winners[index] ?? []) {
      const option = options[winner];
      if (option === undefined) continue;
      const value = stripEnd(option.parts.join('\n'));
      values.set(option.key, { value, file, line: option.line, here });
    }
    if (name === defaultSection) defaults = values;
    else sections.set(name, { name, file, line, values });
  }
  return { sections, defaults };
}

/** In order of first appearance. */
function gather(logicalLines: readonly LogicalLine[]): readonly Gathered[] {
  const gathered = new Map<string, Gathered>();
  let current: Gathered | undefined;
  for (const logical of logicalLines) {
    if (logical.type === 'header') {
      const { name, line } = logical;
      current = gathered.get(name) ?? { name, line, options: [] };
      gathered.set(name, current);
    } else {
      current?.options.push(logical);
    }
  }
  return [...gathered.values()];
}

/**
 * For each section, the places of the options that count. That is for `ini` to say; but thousands of sections have the
 * same keys in the same order, and it is asked once for all of them.
 */
function winnersAmong(gathered: readonly Gathered[]): readonly (readonly number[])[] {
  const alphabet = new SafeAlphabet();
  const names = new Map<string, string>();
  let safe = '';
  const nameOf = gathered.map(({ options }) => {
    let body = '';
    for (let index = 0; index < options.length; index++) {
      body += `${alphabet.write(options[index]?.key ?? '')}=${index}\n`;
    }
    const known = names.get(body);
    if (known !== undefined) return known;
    const name = `t${names.size}`;
    names.set(body, name);
    safe += `[${name}]\n${body}`;
    return name;
  });
  const winners = new Map<string, readonly number[]>();
  for (const [name, keys] of Object.entries(parse(safe))) {
    winners.set(name, Object.values(keys as { readonly [key: string]: string }).map(Number));
  }
  return nameOf.map((name) => winners.get(name) ?? []);
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
