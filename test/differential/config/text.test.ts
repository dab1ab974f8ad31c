import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument } from '../../../conf/dialect.ts';
import { parseEnvironment } from '../../../conf/environment-syntax.ts';
import { format } from '../../../conf/format.ts';
import { matchesName } from '../../../conf/glob.ts';
import { parseInteger, repr } from '../../../conf/python-text.ts';
import { splitShellWords } from '../../../conf/shell-words.ts';

const python = '/usr/bin/python3';
const runs = 3000;

interface Kind {
  /** What the texts are made of. */
  readonly pieces: readonly string[];
  readonly treat: (text: string) => unknown;
  /** Where we do otherwise. */
  readonly differs?: (text: string) => boolean;
}

/** The ways in which a text is treated, named as in `real-text.py`. */
const kinds: { readonly [kind: string]: Kind } = {
  document: {
    pieces: [
      '\n',
      '\n',
      '\r\n',
      '\r',
      ' ',
      '  ',
      '\t',
      '=',
      ':',
      ';',
      '#',
      '[',
      ']',
      '[a]\n',
      '[b]\n',
      'k',
      'j',
      'K',
      'x=1',
      ' ;',
      ' #',
      'é',
      '\u00a0',
      '\u2028',
      '\ufeff',
      '\x1c',
      '\\',
      '"',
      "'",
      '[DEFAULT]\n',
      '😀',
      '__proto__',
      '.',
    ],
    treat(text) {
      const { document, text: error } = parseDocument(text, 'F');
      if (error !== '') return { error };
      const values = (map: ReadonlyMap<string, { readonly value: string }>) =>
        [...map].map(([key, { value }]) => [key, value]);
      return {
        ok: [
          ...[...document.sections.values()].map((section) => [section.name, values(section.values)]),
          values(document.defaults),
        ],
      };
    },
    differs: (text) => text.startsWith('\ufeff'),
  },
  environment: {
    pieces: [
      'A',
      'B',
      '=',
      '=',
      ',',
      '"',
      "'",
      '\\',
      '#',
      ' ',
      '\n',
      'x',
      '1',
      '/',
      '.',
      '-',
      ':',
      ';',
      '@',
      'é',
      '中',
      '×',
      'A=1',
      ',B=',
      '"x y"',
      '\r',
      '\t',
      '\v',
    ],
    treat: (text) => attempt(() => [...parseEnvironment(text)]),
  },
  format: {
    pieces: [
      '%',
      '(n)',
      '(s)',
      '(x',
      ')',
      '(',
      '*',
      '0',
      '-',
      '+',
      ' ',
      '#',
      '.',
      '3',
      '12',
      'd',
      's',
      'x',
      'X',
      'o',
      'e',
      'f',
      'g',
      'G',
      'c',
      'r',
      'i',
      'l',
      'h',
      'Y',
      'é',
      '%(n)',
      '%(s)',
      '%(z)s',
      '%%',
    ],
    treat(text) {
      const result = format(text, (name) =>
        new Map<string, string | number>([
          ['n', 3],
          ['s', 'héllo'],
        ]).get(name),
      );
      if (result.type === 'ok') return { ok: result.text };
      return result.type === 'malformed' ? { error: result.reason } : { unknown: result.name };
    },
    // A conversion to text without a name prints the mapping there and is an error here; widths have a limit.
    differs: (text) => /%[-+ #0-9.*hlL]*[sra]/.test(text) || /\d{4}/.test(text),
  },
  integer: {
    pieces: ['1', '0', '7', '8', '_', '+', '-', ' ', '٣', '\t', 'o', '0o', 'O', '\u00a0', '𝟗'],
    treat: (text) => ({ ok: [parseInteger(text) ?? null, parseInteger(text, 8) ?? null] }),
  },
  pattern: {
    pieces: ['a', 'b', '*', '?', '[', ']', '!', '-', 'é', '.', '[a-b]', '[!a]', '^', '\\'],
    treat: (text) => ({
      ok: matchesName(text.slice(text.indexOf('/') + 1), text.slice(0, text.indexOf('/'))),
    }),
  },
  quoted: {
    pieces: [
      'a',
      "'",
      '"',
      '\\',
      '\n',
      '\r',
      '\t',
      '\0',
      '\x7f',
      'é',
      '\u00a0',
      '\u00ad',
      '\u2028',
      '\ufeff',
      '😀',
      '\u{e0001}',
      ' ',
    ],
    treat: (text) => ({ ok: [repr(text), repr(text, { asciiOnly: true })] }),
  },
  words: {
    pieces: ['a', 'b c', ' ', '\t', '\n', '"', "'", '\\', '#', ';', 'é', '=', '""', '\\"'],
    treat(text) {
      const result = splitShellWords(text);
      return result.type === 'ok' ? { ok: result.words } : { error: result.reason };
    },
  },
};

function attempt(read: () => unknown): unknown {
  try {
    return { ok: read() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** A pattern is tried on a name: the two between a slash. */
function textsOf(kind: string, { pieces, differs = () => false }: Kind, seed: number): string[] {
  const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((chosen) => chosen.join(''));
  const texts = kind === 'pattern' ? fc.tuple(soup, soup).map((pair) => pair.join('/')) : soup;
  return fc.sample(
    texts.filter((text) => !differs(text)),
    { numRuns: runs, seed },
  );
}

if (existsSync(python)) {
  describe('any text', () => {
    for (const [kind, how] of Object.entries(kinds)) {
      it(`is the same as in Python, treated as: ${kind}`, () => {
        const seed = Math.trunc(Math.random() * 2 ** 31);
        const texts = textsOf(kind, how, seed);
        const output = execFileSync(python, [join(import.meta.dirname, 'real-text.py')], {
          input: JSON.stringify({ [kind]: texts }),
          env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
          maxBuffer: 1 << 28,
        });
        const real = JSON.parse(output.toString())[kind];
        const ours = JSON.parse(JSON.stringify(texts.map(how.treat)));
        const different = texts.flatMap((text, index) =>
          JSON.stringify(ours[index]) === JSON.stringify(real[index])
            ? []
            : [{ seed, text, ours: ours[index], real: real[index] }],
        );
        expect(different.slice(0, 5)).toEqual([]);
      });
    }
  });
} else if (process.env['CI'] === undefined) {
  it.skip('is the same as in Python (skipped: there is no /usr/bin/python3)', () => {});
} else {
  it('is the same as in Python', () => {
    throw new Error('there is no /usr/bin/python3, so nothing can be compared');
  });
}
