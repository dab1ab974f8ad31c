import { cpuUsage, memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Document, mergeDocuments, parseDocument } from '../../conf/dialect.ts';

/** Values by section and key. */
function plain({ sections, defaults }: Document) {
  const values = (map: ReadonlyMap<string, { readonly value: string }>) =>
    [...map].map(([key, { value }]) => [key, value]);
  return {
    sections: [...sections].map(([name, section]) => [name, values(section.values)]),
    defaults: values(defaults),
  };
}

const parse = (text: string) => parseDocument(text, '/etc/s.conf');
const keys = (text: string) => plain(parse(`[s]\n${text}\n`).document).sections[0]?.[1];

describe('a line', () => {
  const cases: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['x=1 ; c', [['x', '1']]],
    ['x=1 # c', [['x', '1']]],
    ['x=1\t;c', [['x', '1']]],
    ['x=1;c', [['x', '1;c']]],
    ['x=1#c', [['x', '1#c']]],
    ['x=;foo', [['x', ';foo']]],
    ['x= ;foo', [['x', '']]],
    ['x=#ab', [['x', '#ab']]],
    ['l=http://x/ #frag', [['l', 'http://x/']]],
    ['k=a;b ;c # d', [['k', 'a;b ;c']]],
    ['command=bash -c "a ; b"', [['command', 'bash -c "a']]],
    [`command=sh -c "trap 'x' TERM; y"`, [['command', `sh -c "trap 'x' TERM; y"`]]],
    ['Key=V\nKEY=w', [['key', 'w']]],
    ['k: v', [['k', 'v']]],
    ['k : v', [['k', 'v']]],
    ['k=a:b', [['k', 'a:b']]],
    ['k:a=b', [['k', 'a=b']]],
    ['k==1', [['k', '=1']]],
    ['k=', [['k', '']]],
    ['foo bar = 1', [['foo bar', '1']]],
    ['k="a b"', [['k', '"a b"']]],
    ['k=1\n  2\n  ; c\n  3\n\n  4', [['k', '1\n2\n3\n\n4']]],
    ['k=\n  1\n  2', [['k', '\n1\n2']]],
    [
      '  k=1\n  j=2\n    l=3',
      [
        ['k', '1'],
        ['j', '2\nl=3'],
      ],
    ],
    [
      'k=1\n   [b]\nj=2',
      [
        ['k', '1\n[b]'],
        ['j', '2'],
      ],
    ],
    [
      'k=1\\\nj=2',
      [
        ['k', '1\\'],
        ['j', '2'],
      ],
    ],
    [
      'k=1\r\nj=2\rl=3',
      [
        ['k', '1'],
        ['j', '2'],
        ['l', '3'],
      ],
    ],
    ['k=1\n\n\n', [['k', '1']]],
  ];
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)} reads as ${JSON.stringify(expected)}`, () =>
      expect(keys(text)).toEqual(expected));
  }
});

describe('a header', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['[program:c]junk', 'program:c'],
    ['[program:d]]', 'program:d]'],
    ['[ program:f ]', ' program:f '],
    ['[__proto__]', '__proto__'],
    ['[a.b\\.c]', 'a.b\\.c'],
    ['[true]', 'true'],
    ['[7]', '7'],
  ];
  for (const [text, name] of cases) {
    it(`${text} names the section ${JSON.stringify(name)}`, () => {
      expect([...parse(`${text}\nx=1`).document.sections.keys()]).toEqual([name]);
    });
  }

  it('keeps sections and keys in order of first appearance, numbers too', () => {
    expect(plain(parse('[9]\nb=1\n2=x\n1=y\n[3]\n[9]\nb=2').document).sections).toEqual([
      [
        '9',
        [
          ['b', '2'],
          ['2', 'x'],
          ['1', 'y'],
        ],
      ],
      ['3', []],
    ]);
  });

  it('[DEFAULT] is no section of its own', () => {
    expect(plain(parse('[DEFAULT]\nx=1\n[s]\n').document)).toEqual({
      sections: [['s', []]],
      defaults: [['x', '1']],
    });
  });
});

describe('places', () => {
  it('are those of the key that won, and of the first header', () => {
    const { document, problems } = parse('\ufeff; c\n[s]\nx=1\ny=\n  2\n[t]\n[s]\nx=3\n');
    expect(problems).toEqual([]);
    const section = document.sections.get('s');
    expect(section).toMatchObject({ file: '/etc/s.conf', line: 2 });
    expect(section?.values.get('x')).toMatchObject({ line: 8, file: '/etc/s.conf', here: '/etc' });
    expect(section?.values.get('y')).toMatchObject({ line: 4 });
  });

  it('are there for the sections that are needed; problems are found in all', () => {
    const text = '[DEFAULT]\na=1\n[s]\nb=2\n[t]\nc=3\nwrong\n[s]\nd=4\n';
    const { document, problems } = parseDocument(text, '/etc/s.conf', (name) => name === 's');
    expect([...document.sections.keys()]).toEqual(['s']);
    expect([...(document.sections.get('s')?.values.keys() ?? [])]).toEqual(['b', 'd']);
    expect(document.defaults.size).toBe(0);
    expect(problems.map(({ line }) => line)).toEqual([7]);
  });

  it('are those of a text in which all sections are needed, whatever lines there are', () => {
    const line = fc.constantFrom(
      ...[
        '[s]',
        '[t]',
        '[s] ; c',
        ' [s]',
        '[DEFAULT]',
        'a=1',
        'b = 2',
        'C: 3',
        'd= ;',
        'e=x ; c',
        ' f=4',
        '\tg',
        'h',
      ],
      ...['', ' ', '; c', '# c', ' ; c', '=', 'i', 'k k=5', 'l=6\r', '\rm=7', 'n=\u00a08', 'o=9 '],
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = lines.join('\n');
        const all = parse(text);
        const { document, problems } = parseDocument(text, '/etc/s.conf', (name) => name === 's');
        expect(problems).toEqual(all.problems);
        expect(document.sections.get('s')).toEqual(all.document.sections.get('s'));
      }),
      { numRuns: 2000 },
    );
  });

  it('name the file that contributed the value, after a merge', () => {
    const second = parseDocument('[s]\nx=2\n[t]\ny=1\n', '/inc/a.conf').document;
    const merged = mergeDocuments(parse('[s]\nx=1\nz=0\n').document, second);
    expect(merged.sections.get('s')).toMatchObject({ file: '/etc/s.conf', line: 1 });
    expect(merged.sections.get('s')?.values.get('x')).toMatchObject({
      value: '2',
      file: '/inc/a.conf',
      here: '/inc',
    });
    expect(merged.sections.get('s')?.values.get('z')).toMatchObject({ value: '0', file: '/etc/s.conf' });
    expect(merged.sections.get('t')).toMatchObject({ file: '/inc/a.conf', line: 3 });
  });
});

describe('bad lines', () => {
  it('are collected, all of them', () => {
    const { problems, text } = parse('[s]\njunk\nx=1\n=2\n[]\n');
    expect(problems.map(({ line }) => line)).toEqual([2, 4, 5]);
    expect(text).toBe(
      "Source contains parsing errors: '/etc/s.conf'\n\t[line  2]: 'junk\\n'\n\t[line  4]: '=2\\n'\n\t[line  5]: '[]\\n'",
    );
  });

  it('do not hide what stands before the first header', () => {
    const { problems, text } = parse('junk\nmore\n[s]\nbad\n');
    expect(problems.map(({ line }) => line)).toEqual([1, 4]);
    expect(text).toBe("File contains no section headers.\nfile: '/etc/s.conf', line: 1\n'junk\\n'");
  });
});

it('a document does not keep the text in memory that it was read from', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const used = () => {
    collect();
    const { heapUsed, external } = memoryUsage();
    return heapUsed + external;
  };
  const megabyte = 1024 * 1024;
  const before = used();
  // In a function of its own, which leaves nothing behind.
  const read = () => {
    const comment = ';'.repeat(64 * megabyte);
    return parse(`[program:with_a_long_name]\na_key_that_is_long=a value that is long\n${comment}`).document;
  };
  const document = read();
  // V8 itself keeps the text of the last match.
  expect(/^/.test('')).toBe(true);
  expect(used() - before).toBeLessThan(32 * megabyte);
  expect(document.sections.size).toBe(1);
});

describe('any document', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((text) => !/[\r\n\0]|[;#]/.test(text) && text !== 'DEFAULT');
  const key = fc
    .oneof(
      fc.constantFrom('__proto__', 'constructor', 'a.b', 'k[]', 'k[', '"q"', "'", '1', 'true', '\\'),
      fc.string({ unit: 'grapheme', minLength: 1 }),
    )
    .map((text) => text.trim().toLowerCase())
    .filter((text) => text !== '' && !/[=:;#\s]/.test(text) && !text.startsWith('['));
  const value = fc
    .oneof(
      fc.constantFrom('true', 'null', '"a"', "'a'", '[x]', 'a;b', 'a#b', '=', '\\', '\\;', '{}'),
      fc.string({ unit: 'grapheme' }),
    )
    .map((text) => text.replace(/[\s\u0085\u001c-\u001f]/gu, ''))
    .filter((text) => !/^[;#]/.test(text));

  it('reads back as it was written', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(name, fc.uniqueArray(fc.tuple(key, value), { selector: ([first]) => first })),
          {
            selector: ([first]) => first,
          },
        ),
        (sections) => {
          const text = sections.map(
            ([section, pairs]) => `[${section}]\n${pairs.map(([k, v]) => `${k}=${v}\n`).join('')}`,
          );
          const { document, problems } = parse(text.join(''));
          expect(problems).toEqual([]);
          expect(plain(document).sections).toEqual(sections);
        },
      ),
    );
  });

  it('is read whatever it is, without an exception and without a line lost from the count', () => {
    const piece = fc.constantFrom(
      '\n',
      '\r',
      '=',
      ':',
      ';',
      '#',
      '[',
      ']',
      ' ',
      '\t',
      'k',
      '__proto__',
      '"',
      '\\',
      '\u2028',
      '\ufeff',
      '\ud800',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 200 }).map((all) => all.join('')),
        ),
        (text) => {
          const lines = text.split(/\r\n|\r|\n/).length;
          const { document, problems } = parse(text);
          for (const { line } of problems) expect(line).toBeLessThanOrEqual(lines);
          for (const section of document.sections.values()) expect(section.line).toBeLessThanOrEqual(lines);
        },
      ),
    );
  });

  it('takes time in proportion to its size', () => {
    const worst = [
      `x = ${'a;'.repeat(400_000)}`,
      'k=1',
      ...Array.from({ length: 100_000 }, () => '  more'),
      '',
      ' '.repeat(400_000),
    ];
    const before = cpuUsage();
    parse(`[s]\n${worst.join('\n')}`);
    expect(cpuUsage(before).user / 1000).toBeLessThan(5000);
  });
});
