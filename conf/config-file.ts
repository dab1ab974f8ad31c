/** Reads and parses one file. */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';
import { type Document, parseDocument } from './dialect.ts';
import { decodeUtf8 } from './encoding.ts';
import { errorCode } from './error-code.ts';

export type ReadFileResult =
  | {
      readonly type: 'read';
      /** What could be read of it. */
      readonly document: Document;
      /** One for each bad line. */
      readonly errors: readonly ConfigError[];
    }
  | {
      /** `code` is of the system, such as ENOENT. */
      readonly type: 'unreadable';
      readonly code: string;
    };

/**
 * @param path absolute
 * @param isNeeded which sections the document is to have; by default all
 */
export function readConfigFile(path: string, isNeeded?: (section: string) => boolean): ReadFileResult {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return { type: 'unreadable', code: errorCode(error) };
  }
  const decoded = decodeUtf8(bytes);
  if (decoded.type === 'invalid') {
    const error = new ConfigError({ file: path, line: decoded.line }, decoded.text);
    return { type: 'read', document: { sections: new Map(), defaults: new Map() }, errors: [error] };
  }
  const { document, problems, text } = parseDocument(decoded.text, path, isNeeded);
  const errors = problems.map(
    ({ line, content, reason }) =>
      new ConfigError({ file: path, line, value: content.trimEnd() }, reason, text),
  );
  return { type: 'read', document, errors };
}
