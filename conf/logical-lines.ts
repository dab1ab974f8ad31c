/**
 * Text → logical lines: the comments, continued values, headers and options of supervisord's dialect of INI.
 *
 * A client that starts has nothing compiled yet, and may be given thousands of programs. So what most lines look like
 * is left to regular expressions; every other line is looked at step by step.
 *
 * @see Python's `configparser.RawConfigParser._read` with inline comment prefixes `;` and `#`
 */
import { indentation, isBlankAt, strip, stripEnd } from './python-text.ts';

export interface HeaderLine {
  readonly type: 'header';
  /** Counted from 1. */
  readonly line: number;
  readonly name: string;
}

export interface OptionLine {
  readonly type: 'option';
  readonly line: number;
  readonly key: string;
  /** The value, and the lines that continue it. */
  readonly parts: readonly string[];
}

export type LogicalLine = HeaderLine | OptionLine;

/** A line that is no part of the language. */
export interface ParseProblem {
  readonly line: number;
  readonly content: string;
  readonly reason: string;
}

export interface LogicalLines {
  readonly logicalLines: readonly LogicalLine[];
  readonly problems: readonly ParseProblem[];
  /** There is text before the first header. */
  readonly headless: boolean;
}

/** A header alone on its line. */
const plainHeader = /\[([\w:.-]+)\]\n/y;
/** An option that begins its line, in small letters, without blanks or comments around its value. */
const plainOption = /([a-z_][a-z0-9_.]*) ?= ?((?:[!"$-:<-~](?:[ -"$-:<-~]*[!"$-:<-~])?)?)\n/y;
/** Options that begin their lines, whatever they say, and empty lines and comments after the first of them. */
const plainOptions =
  /[A-Za-z_][\w.]*[\t ]*[=:][^\r\n]*\n(?:[A-Za-z_][\w.]*[\t ]*[=:][^\r\n]*\n|[;#][^\r\n]*\n|\n){0,1000}/y;
const lineEnd = /\r\n|\r|\n/g;

/** @param isNeeded of which sections lines are wanted; problems are found in all */
export function readLogicalLines(text: string, isNeeded: (section: string) => boolean): LogicalLines {
  const logicalLines: LogicalLine[] = [];
  const problems: ParseProblem[] = [];
  let inSection = false;
  let isKept = false;
  let headless = false;
  /** The value that an indented line would continue. */
  let open: string[] | undefined;
  let openIndentation = 0;
  let line = 1;
  // A byte order mark is skipped.
  let position = text.startsWith('\ufeff') ? 1 : 0;

  while (position < text.length) {
    const plain = readPlain();
    if (plain > 0) {
      line += plain;
      continue;
    }
    const [physical, next] = physicalLine(text, position);
    readLine(physical);
    position = next;
    line++;
  }
  return { logicalLines, problems, headless };

  /** @returns how many lines it has read; 0: this one is none of those */
  function readPlain(): number {
    const header = matchAt(plainHeader, text, position);
    if (header !== null) {
      beginSection(header[1] ?? '');
      position = plainHeader.lastIndex;
      return 1;
    }
    if (!inSection) return 0;
    const option = matchAt(isKept ? plainOption : plainOptions, text, position);
    if (option === null) return 0;
    openIndentation = 0;
    const [all, key = '', value = ''] = option;
    beginOption(key, value);
    position += all.length;
    return isKept ? 1 : countLineEnds(all);
  }

  function readLine(physical: string): void {
    const comment = commentStart(physical);
    const value = strip(physical.slice(0, comment));
    if (value === '') {
      if (comment === undefined) open?.push('');
      return;
    }
    const indent = indentation(physical);
    if (open !== undefined && indent > openIndentation) {
      open.push(value);
      return;
    }
    openIndentation = indent;

    const name = headerName(value);
    if (name !== undefined) {
      beginSection(name);
      return;
    }
    if (!inSection) {
      // One report for the whole text before the first header: there is one thing to repair.
      if (!headless) report(physical, 'text before any [section] header');
      headless = true;
      return;
    }
    const delimiter = value.search(/[=:]/);
    if (delimiter < 0) {
      report(physical, 'neither a [section] header nor key=value');
      return;
    }
    const key = stripEnd(value.slice(0, delimiter)).toLowerCase();
    if (key === '') {
      report(physical, 'no key in front of the delimiter');
      open = undefined;
      return;
    }
    beginOption(key, strip(value.slice(delimiter + 1)));
  }

  function beginSection(name: string): void {
    inSection = true;
    isKept = isNeeded(name);
    open = undefined;
    if (isKept) logicalLines.push({ type: 'header', line, name: apart(name) });
  }

  function beginOption(key: string, value: string): void {
    open = [apart(value)];
    if (isKept) logicalLines.push({ type: 'option', line, key: apart(key), parts: open });
  }

  function report(content: string, reason: string): void {
    problems.push({ line, content, reason });
  }
}

/** The same text, but no part of another: one value would keep the text of the whole file in memory. */
function apart(text: string): string {
  return `${text}\n`.slice(0, -1);
}

/** @param pattern a sticky one */
function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

/** A line with its line end, if it has one, as `\n`; and where the next one begins. */
function physicalLine(text: string, start: number): readonly [physical: string, next: number] {
  lineEnd.lastIndex = start;
  const match = lineEnd.exec(text);
  if (match === null) return [text.slice(start), text.length];
  return [`${text.slice(start, match.index)}\n`, lineEnd.lastIndex];
}

function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
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
