/** `[include]`: which files, in which order, and what becomes of them. */

import { statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { readConfigFile } from './config-file.ts';
import { type Document, mergeDocuments } from './dialect.ts';
import type { Scope } from './expand.ts';
import type { Findings } from './findings.ts';
import { glob, isPattern } from './glob.ts';
import { includeKeys } from './keys/include.ts';
import { splitBlanks } from './python-text.ts';
import type { ReadContext } from './reader.ts';
import { SectionReader } from './section-reader.ts';

const includeSection = 'include';

export interface IncludeOptions {
  readonly main: Document;
  /** Directory of the main file, where relative patterns start. */
  readonly here: string;
  readonly scope: Scope;
  readonly findings: Findings;
  readonly context: ReadContext;
}

/** A document and what it was put together from. */
export interface Included {
  readonly document: Document;
  /** Paths of the files that were read. */
  readonly files: readonly string[];
  /** Paths of the directories that were searched for more. */
  readonly directories: readonly string[];
}

/**
 * The main document with all that it includes, as if appended. A match that cannot be read is passed over
 * with a warning. An `[include]` in an included file is not followed.
 */
export function readIncludes({ main, here, scope, findings, context }: IncludeOptions): Included {
  const files: string[] = [];
  const directories: string[] = [];
  const section = main.sections.get(includeSection);
  if (section === undefined) return { document: main, files, directories };
  const reader = new SectionReader({
    section,
    defaults: main.defaults,
    table: includeKeys,
    findings,
    context,
  });
  if (reader.written('files') === undefined) {
    reader.fail(undefined, '.ini file has [include] section, but no files setting');
    return { document: main, files, directories };
  }

  let document = main;
  for (const pattern of splitBlanks(reader.expanded('files', scope) ?? '')) {
    const joined = isAbsolute(pattern) ? pattern : joinLiterally(here, pattern);
    const paths = glob(joined);
    if (paths.length === 0) tellNoMatch(joined, findings);
    if (!isPattern(dirname(joined))) directories.push(dirname(joined));
    files.push(...paths);
    for (const path of paths) document = includeFile(document, path, findings);
  }
  return { document, files, directories };
}

/** For a pattern it is no mistake: the programs may come later. */
function tellNoMatch(pattern: string, findings: Findings): void {
  const text = `No file matches via include "${pattern}"`;
  if (isPattern(pattern)) findings.remark(text);
  else findings.notice('warn', text);
}

/** Joins without tidying up: the result appears in messages as it was written. */
function joinLiterally(directory: string, pattern: string): string {
  return directory.endsWith('/') ? directory + pattern : `${directory}/${pattern}`;
}

function includeFile(document: Document, path: string, findings: Findings): Document {
  findings.notice('info', `Included extra file "${path}" during parsing`);
  const kind = unsuitableKind(path);
  if (kind !== undefined) {
    findings.notice('warn', `Cannot read included file "${path}": ${kind}`);
    return document;
  }
  const result = readConfigFile(path);
  if (result.type === 'unreadable') {
    findings.notice('warn', `Cannot read included file "${path}": ${result.code}`);
    return document;
  }
  for (const error of result.errors) findings.error(error);

  const nested = result.document.sections.get(includeSection);
  if (nested !== undefined) {
    const place = { file: nested.file, line: nested.line, section: includeSection };
    findings.warnAt(place, 'not followed: only the main file can include others');
  }
  return mergeDocuments(document, result.document);
}

/** A FIFO or a device would keep the daemon reading for ever. */
function unsuitableKind(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 'ENOENT';
  if (status.isDirectory()) return 'EISDIR';
  return status.isFile() ? undefined : 'not a regular file';
}
